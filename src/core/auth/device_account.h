/* SPDX-License-Identifier: Apache-2.0 */
/* What the tokens of device cookies (device.h) are bound to, and what the use cases read from them. */
#ifndef LUCI_DEVICE_ACCOUNT_H
#define LUCI_DEVICE_ACCOUNT_H

#include "core/auth/auth.h"

/* The account that a device token is bound to: it includes the password hash, so that changing the password
 * invalidates all tokens. NULL without a password. */
const char *luci_auth_device_account(const char *key_id, const char *stored_hash, apr_pool_t *pool);

/* The same for a sign-in without a password, so that a device is known whichever way its user
 * signs in: that of the password, if there is one, otherwise one that is made of the user's id. In the
 * transaction of the sign-in; *account is from pool, or NULL where no notice needs it, and nothing is read
 * then. */
luci_result_t luci_auth_find_device_account(luci_db_t *db, const luci_auth_t *auth, const luci_user_t *user,
                                            const char **account, apr_pool_t *pool) LUCI_MUST_USE;

/* 1: device cookies are sent and read: attempts are counted by account. */
int luci_auth_has_devices(const luci_auth_t *auth);

/* 1: the device cookie of the request proves an earlier sign-in with the account (NULL: none). */
int luci_auth_knows_device(const luci_auth_t *auth, const luci_auth_request_t *request, const char *account);

/* A sign-in in its transaction, under the user's lock. */
typedef struct {
    const luci_user_t *user; /* with attributes, as the lock has read it */
    const char *account;     /* of its device tokens; NULL: none */
} luci_device_owner_t;

/* Queues a notice if the device is new (core/mail_notice/device_notice.h), before the session is inserted.
 * Without device cookies no device is known, and nothing is done. */
luci_result_t luci_auth_tell_device(luci_db_t *db, const luci_auth_t *auth,
                                    const luci_auth_request_t *request, const luci_device_owner_t *owner,
                                    apr_pool_t *scratch) LUCI_MUST_USE;

#endif
