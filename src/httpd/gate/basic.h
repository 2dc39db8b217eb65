/* SPDX-License-Identifier: Apache-2.0 */
/* HTTP Basic: the provider "lucia" of AuthBasicProvider, and what its result means for the answer. A name and
 * password is verified once per client request. */
#ifndef LUCI_BASIC_H
#define LUCI_BASIC_H

#include "core/account/user.h"

#include <httpd.h>
#include <mod_auth.h>

/* AuthBasicProvider lucia. */
extern const authn_provider luci_basic_provider;

/* Whether AuthType is Basic for this request. */
int luci_basic_is_gate(request_rec *r);

/* Around the hooks that ask the providers: begin, then end with their status, which returns the status to
 * answer with. A name that is unknown here and known to another provider does not count as a failed attempt.
 */
void luci_basic_begin(request_rec *r);
int luci_basic_end(request_rec *r, int status);

/* The user that the request proved to be by a name and password, NULL: none. root is the client's request. */
const luci_user_t *luci_basic_user(request_rec *root);

/* 1: that password was an app password, which its holder may have stored long ago. */
int luci_basic_is_app_password(request_rec *root);

#endif
