/* SPDX-License-Identifier: Apache-2.0 */
/* The endpoints of visitors: sign-up and sign-in, their pages and their forms. Each sends the
 * whole answer and returns what a handler returns. */
#ifndef LUCI_ENTRANCE_H
#define LUCI_ENTRANCE_H

#include "httpd/account/call.h"

int luci_entrance_show_signup(luci_endpoint_request_t *call);
int luci_entrance_sign_up(luci_endpoint_request_t *call);
int luci_entrance_show_login(luci_endpoint_request_t *call);
int luci_entrance_sign_in(luci_endpoint_request_t *call);

#endif
