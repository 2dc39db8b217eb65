/* SPDX-License-Identifier: Apache-2.0 */
/* "Require lucia-fresh [TIME]": the user has proved with the password, at most that long ago, to be the user
 * of the session. A user of HTTP Basic proves it with each request, a bearer token counts as its session
 * does. */
#ifndef LUCI_FRESHNESS_H
#define LUCI_FRESHNESS_H

#include <httpd.h>
#include <mod_auth.h>

/* Require lucia-fresh [TIME] */
extern const authz_provider luci_gate_fresh;

/* Whether the Require lines in force for this request may include one that needs a proof: not those under
 * "not", and not those of a section <AuthzProviderAlias>. */
int luci_freshness_matters(request_rec *r);

/* Whether a line of this request was not satisfied although a confirmation might satisfy it. */
int luci_freshness_is_wanted(request_rec *r);

/* Lets the lines of this client's request answer as if the user had just confirmed (1), or as they are (0).
 * In both cases they note that a confirmation is wanted, and that a proof could not be read. */
void luci_freshness_suppose(request_rec *r, int proved);

/* If a line of this request could not be judged, answers with 503, 501 or 500; otherwise DECLINED. */
int luci_freshness_undecided(request_rec *r);

#endif
