/* SPDX-License-Identifier: Apache-2.0 */
/* The endpoints of who is signed in: the profile and sign-out. Each sends the whole answer and
 * returns what a handler returns. */
#ifndef LUCI_MEMBER_H
#define LUCI_MEMBER_H

#include "httpd/account/call.h"

int luci_member_show_profile(luci_endpoint_request_t *call);
int luci_member_show_sign_out(luci_endpoint_request_t *call);
int luci_member_sign_out(luci_endpoint_request_t *call);

#endif
