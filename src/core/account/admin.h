/* SPDX-License-Identifier: Apache-2.0 */
/* Administration of accounts. Each function that writes is one transaction, which begins with the user's lock
 * (luci_user_lock). A concurrent sign-in with the old password either comes first, and its session is ended
 * as well, or comes later, and is refused. NOT_FOUND: the user does not exist any more. Nothing is hashed
 * here: the caller passes the hash of a new password (luci_credential_hash). httpd's session cache is not
 * notified here: ended sessions disappear from it within LuciaSessionCacheTTL, or when luciactl names them
 * (control_client.h). */
#ifndef LUCI_ADMIN_H
#define LUCI_ADMIN_H

#include "core/account/account_change.h"
#include "core/mail/mail_queue.h"

typedef struct {
    const char *username;
    const char *stored_hash; /* NULL: the account has no password, and cannot sign in until it gets one */
    const luci_user_value_t *values;
    int values_count;
    luci_ms_t now;
} luci_admin_user_t;

/* The sessions that were ended. */
typedef struct {
    int count;
    apr_array_header_t *stored_ids; /* const char *, as the table had them; from the pool of the call */
} luci_admin_ended_t;

/* What was deleted with a user. */
typedef struct {
    int keys; /* number of rows */
    luci_admin_ended_t sessions;
} luci_admin_deleted_t;

/* Finds the user that signs in with this name, in any spelling; if no key has the name, the user with exactly
 * this username. From pool. NOT_FOUND. */
luci_result_t luci_admin_find(luci_db_t *db, const char *username, luci_user_t *user,
                              apr_pool_t *pool) LUCI_MUST_USE;

/* Inserts a user and a key. OK: *id is from pool. INVALID: the settings do not allow the username. CONFLICT:
 * it is taken. */
luci_result_t luci_admin_add(luci_db_t *db, const luci_admin_user_t *wanted, const char **id,
                             apr_pool_t *pool) LUCI_MUST_USE;

/* What a caller does in the transaction of a change, after it; a result other than OK undoes both. user is as
 * the lock has read it, before the change. run NULL: nothing. */
typedef struct {
    luci_result_t (*run)(luci_db_t *db, void *baton, const luci_user_t *user, apr_pool_t *scratch);
    void *baton;
} luci_admin_then_t;

/* Renames the user and the key of the old name (luci_account_rename), and runs then, which may be NULL.
 * INVALID, CONFLICT as above. */
luci_result_t luci_admin_rename(luci_db_t *db, const luci_user_t *user, const char *username,
                                const luci_admin_then_t *then, apr_pool_t *scratch) LUCI_MUST_USE;

typedef struct {
    const char *stored_hash;
    luci_admin_ended_t *ended; /* output: the sessions that were ended; NULL: they stay */
    luci_admin_then_t then;
} luci_admin_password_t;

/* Sets the hash of the username's key, which is inserted if missing, ends all sessions of the user, and in
 * any case the steps between password and second factor (core/factor/open_step.h). CONFLICT: the key belongs
 * to another user. */
luci_result_t luci_admin_set_password(luci_db_t *db, const luci_user_t *user,
                                      const luci_admin_password_t *password, apr_pool_t *pool) LUCI_MUST_USE;

/* Runs only what then says. */
luci_result_t luci_admin_run(luci_db_t *db, const luci_user_t *user, const luci_admin_then_t *then,
                             apr_pool_t *scratch) LUCI_MUST_USE;

/* Sets disabled_from of a user (user.h): 0, LUCI_USER_DISABLED or an even time. Requires that the table has
 * the column (luci_db_columns). Disabling a user, also with a date, ends the user's sessions, unless ended is
 * NULL, and in any case the steps between password and second factor. Enabling a user (0) sets the failures
 * in a row back (failures.h). */
luci_result_t luci_admin_set_disabled(luci_db_t *db, const luci_user_t *user, luci_ms_t disabled_from,
                                      luci_admin_ended_t *ended, apr_pool_t *pool) LUCI_MUST_USE;

/* Lets a user sign in who waits for approval (LUCI_USER_WAITING), and queues a mail with it; mail may be
 * NULL, and is not sent where there is no queue. Requires that the table has the column "disabled". CONFLICT:
 * the user does not wait. */
luci_result_t luci_admin_approve(luci_db_t *db, const luci_user_t *user, const luci_mail_order_t *mail,
                                 apr_pool_t *scratch) LUCI_MUST_USE;

/* Deletes the user with all keys and sessions. CONFLICT as luci_account_delete: nothing was deleted. */
luci_result_t luci_admin_delete(luci_db_t *db, const luci_user_t *user, luci_admin_deleted_t *deleted,
                                apr_pool_t *pool) LUCI_MUST_USE;

/* Adds a key to the user; stored_hash may be NULL. CONFLICT: its id is taken. */
luci_result_t luci_admin_add_key(luci_db_t *db, const luci_user_t *user, const char *id,
                                 const char *stored_hash, apr_pool_t *scratch) LUCI_MUST_USE;

/* Deletes a key; sessions stay. */
luci_result_t luci_admin_delete_key(luci_db_t *db, const luci_key_t *key, apr_pool_t *scratch) LUCI_MUST_USE;

/* Ends all sessions of a user, and the steps between password and second factor. */
luci_result_t luci_admin_end_sessions(luci_db_t *db, const luci_user_t *user, luci_admin_ended_t *ended,
                                      apr_pool_t *pool) LUCI_MUST_USE;

#endif
