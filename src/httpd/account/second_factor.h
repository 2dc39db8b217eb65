/* SPDX-License-Identifier: Apache-2.0 */
/* A right password whose user has a second factor: there is no session yet, and the page "factor" comes next.
 */
#ifndef LUCI_SECOND_FACTOR_H
#define LUCI_SECOND_FACTOR_H

#include "core/auth/step.h"
#include "httpd/account/endpoint.h"

#include <jansson.h>

/* Answers a sign-in or a confirmation for which the demand asks for a second factor: sets the cookie of the
 * step, and leads a browser to the page with its next, or tells a script which kinds of factors the user has,
 * with 401. */
int luci_second_factor_ask(luci_endpoint_request_t *request, const luci_factor_demand_t *demand,
                           luci_step_kind_t kind);

/* 1: with LuciaPasskeys only, the user has a passkey, so that nothing else is good for anything. */
int luci_second_factor_is_passkey_alone(const luci_endpoint_request_t *request,
                                        const luci_factor_demand_t *demand);

/* The names of a set of kinds (core/factor/factor.h), as a JSON array; a new reference. */
json_t *luci_second_factor_json(int kinds);

#endif
