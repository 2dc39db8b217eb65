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

#endif
