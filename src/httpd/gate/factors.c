/* SPDX-License-Identifier: Apache-2.0 */
#include "httpd/gate/factors.h"

#include "core/config/directive_types.h"
#include "httpd/base/config.h"
#include "httpd/gate/identity.h"
#include "httpd/gate/rules.h"
#include "httpd/request/proof.h"
#include "httpd/request/validation.h"

#include <string.h>

/* A Require line. */
typedef struct {
    int wanted;
} rule_t;

static const char *parse(cmd_parms *command, const char *line, const void **parsed)
{
    luci_dir_config_t *dir = ap_set_config_vectors(command->server, command->context, command->path,
                                                   &luciauth_module, command->pool);
    rule_t *rule = apr_pcalloc(command->pool, sizeof *rule);
    const apr_array_header_t *words = luci_words(line, command->pool);
    const char *word = words->nelts == 1 ? LUCI_WORD(words, 0) : "";

    if (strcmp(word, "1") != 0 && strcmp(word, "2") != 0)
        return "Require lucia-factors: the number of factors is needed, 1 or 2";
    rule->wanted = *word - '0';
    dir->rules.ask_user = 1;
    dir->rules.read_proof |= luci_rules_refusal(command) == AUTHZ_DENIED;
    *parsed = rule;
    return NULL;
}

/* Only a session can get another factor. */
static authz_status refuse(request_rec *r, const luci_user_t *user)
{
    const luci_session_t *session = luci_validated_session(luci_state_of(r));
    luci_proof_t *proof = luci_proof_of(luci_state_of(r));

    if (!session || user != &session->user || !luci_config_server(r->server)->settings.second_factor)
        return AUTHZ_DENIED;
    proof->half = r;
    return proof->suppose & LUCI_LACKS_FACTOR ? AUTHZ_GRANTED : AUTHZ_DENIED;
}

static authz_status check(request_rec *r, const char *line, const void *parsed)
{
    const rule_t *rule = parsed;
    const luci_user_t *user = luci_state_user(r);

    (void)line;
    if (!r->user)
        return AUTHZ_DENIED_NO_USER;
    if (!user || !*r->user)
        return AUTHZ_DENIED;
    return luci_identity_factors(r, user) >= rule->wanted ? AUTHZ_GRANTED : refuse(r, user);
}

const authz_provider luci_gate_factors = { check, parse };
