/* SPDX-License-Identifier: Apache-2.0 */
/* What Require lines may lack that the user of a session can add at once: a recent proof (freshness.h), or a
 * second factor (factors.h). */
#ifndef LUCI_PROOFS_H
#define LUCI_PROOFS_H

#include "httpd/request/proof.h"

/* Whether the Require lines in force for this request may include one that lacks something: not those under
 * "not", and not those of a section <AuthzProviderAlias>. */
int luci_proofs_matter(request_rec *r);

/* What the lines of this request lacked that were not satisfied although the user could satisfy them, as
 * LUCI_LACKS_ bits. */
int luci_proofs_lacking(request_rec *r);

/* Lets the lines of this client's request answer as if they had what they lack, as LUCI_LACKS_ bits; 0: as
 * they are. In both cases they note what they lack, and that a proof could not be read. */
void luci_proofs_suppose(request_rec *r, int lacking);

/* If a line of this request could not be judged, answers with 503, 501 or 500; otherwise DECLINED. */
int luci_proofs_undecided(request_rec *r);

#endif
