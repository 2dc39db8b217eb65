/* SPDX-License-Identifier: Apache-2.0 */
/* The gate (doc/specification.md, S4): "AuthType Lucia" with any Require, whatever serves the location;
 * "Require lucia-attribute". */
#ifndef LUCI_GATE_H
#define LUCI_GATE_H

#include <ap_provider.h>
#include <httpd.h>
#include <mod_auth.h>

/* The access_checker_ex hook, before mod_authz_core's. */
int luci_gate_access(request_rec *r);

/* The check_authn hook, before every other module's. */
int luci_gate_authenticate(request_rec *r);

/* The check_authz hook, before mod_authz_core's: it asks for that module's verdict and answers a refusal
 * itself, with 403 for users and with a way to sign in for anonymous requests. */
int luci_gate_authorize(request_rec *r);

/* Require lucia-attribute NAME VALUE... */
extern const authz_provider luci_gate_attribute;

#endif
