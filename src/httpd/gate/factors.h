/* SPDX-License-Identifier: Apache-2.0 */
/* "Require lucia-factors N": the user has signed in with so many factors. A user of HTTP Basic has one, a
 * bearer token has those of its session. */
#ifndef LUCI_FACTORS_H
#define LUCI_FACTORS_H

#include <httpd.h>
#include <mod_auth.h>

/* Require lucia-factors N */
extern const authz_provider luci_gate_factors;

#endif
