/* SPDX-License-Identifier: Apache-2.0 */
/* The use case of people who have forgotten their password: a mail with a one-time link is asked for. Whether
 * there is such an account is looked up when the mail is sent (core/letter), never at the request, so
 * that neither its answer nor its time tells which accounts exist. */
#ifndef LUCI_RESET_REQUEST_H
#define LUCI_RESET_REQUEST_H

#include "core/auth/auth.h"

/* A request. Strings are borrowed as in luci_auth_request_t. */
typedef struct {
    const char *name;     /* of the account, as the client typed it; NULL if absent */
    const char *language; /* of the mail: a tag; NULL: the first of LuciaLanguages */
    luci_client_t client;
    luci_ms_t now;
    luci_ms_t retry_after; /* output, with THROTTLED */
} luci_reset_request_t;

/* Queues the mail. Reports one event. OK: it is queued; or it is not, because no account can have such a
 * name, or because mails were asked for too often with this name. INVALID: there is no name. THROTTLED: the
 * client's address has asked too often. BUSY: too many mails wait. UNAVAILABLE, INTERNAL. */
luci_result_t luci_reset_request(const luci_auth_t *auth, luci_reset_request_t *request,
                                 apr_pool_t *pool) LUCI_MUST_USE;

#endif
