/* SPDX-License-Identifier: Apache-2.0 */
/* App passwords in "Authorization: Bearer" (LuciaBearer). They look like session ids, so that one is only
 * looked for where no session has the id. Only a gate asks: they open no page of the account. */
#ifndef LUCI_BEARER_H
#define LUCI_BEARER_H

#include "core/account/user.h"

#include <httpd.h>

/* The user of the id that counts for this request (luci_validation_credential), which no session has; looked
 * up once for a client's request. OK: *user lives as long as the request state. NOT_FOUND: it is no app
 * password, or came in a cookie. BUSY, UNAVAILABLE, INTERNAL. */
luci_result_t luci_bearer_user(request_rec *r, const char *id, const luci_user_t **user) LUCI_MUST_USE;

#endif
