/* SPDX-License-Identifier: Apache-2.0 */
/* The address of a user, as it is read and changed (email.h). */
#ifndef LUCI_EMAIL_ADDRESS_H
#define LUCI_EMAIL_ADDRESS_H

#include "core/email/email.h"

/* 1: the key of this id is that of an address. */
int luci_email_is_key(const char *key_id);

/* The address of a user; NULL: none. */
const char *luci_email_of(const luci_user_t *user, const luci_settings_t *settings);

/* 1: the user has an address and has verified it. */
int luci_email_is_verified(const luci_user_t *user, const luci_settings_t *settings, apr_pool_t *scratch);

/* Each of the following is a part of a transaction that holds the user's lock; user is as the lock has read
 * it. */

/* Gives a user an address that is not verified. */
luci_result_t luci_email_claim(luci_db_t *db, const luci_user_t *user, const char *address,
                               apr_pool_t *scratch) LUCI_MUST_USE;

/* Gives a user a verified address, with its key; NULL: none. The key of the address before goes. CONFLICT:
 * another user has verified it. INVALID: it is no address. */
luci_result_t luci_email_set(luci_db_t *db, const luci_user_t *user, const char *address,
                             apr_pool_t *scratch) LUCI_MUST_USE;

/* After such a transaction that returned UNAVAILABLE: CONFLICT if the column takes each address once and
 * another user has this one, which not every engine says; otherwise UNAVAILABLE. */
luci_result_t luci_email_failure(luci_db_t *db, const char *user_id, const char *address,
                                 apr_pool_t *scratch) LUCI_MUST_USE;

#endif
