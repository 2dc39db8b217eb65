/* SPDX-License-Identifier: Apache-2.0 */
#include "httpd/gate/proofs.h"

#include "httpd/base/config.h"

int luci_proofs_matter(request_rec *r)
{
    return luci_config_dir(r)->rules.read_proof;
}

int luci_proofs_lacking(request_rec *r)
{
    const luci_proof_t *proof = luci_state_of(r)->proof;

    if (!proof)
        return 0;
    return (proof->half == r ? LUCI_LACKS_FACTOR : 0) | (proof->refused == r ? LUCI_LACKS_PROOF : 0);
}

void luci_proofs_suppose(request_rec *r, int lacking)
{
    luci_proof_of(luci_state_of(r))->suppose = lacking;
}

int luci_proofs_undecided(request_rec *r)
{
    const luci_proof_t *proof = luci_state_of(r)->proof;
    luci_problem_t problem;

    if (!proof || proof->undecided != r)
        return DECLINED;
    problem = luci_proof_problem(r, proof->result);
    return luci_reply_problem(r, &problem, LUCI_REPLY_AT_GATE);
}
