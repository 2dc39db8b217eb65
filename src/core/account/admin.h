/* SPDX-License-Identifier: Apache-2.0 */
/* What administrators do with accounts. Each function that writes is one transaction, which
 * begins with the user's lock (luci_user_lock): what it ends stays ended, because a sign-in with what was
 * right before comes before it and is ended, too, or comes after it and is refused. NOT_FOUND: the user is
 * gone. Nobody hashes in here: whoever calls has the hash of a new password already (luci_credential_hash). A
 * session cache of httpd's is not told: what ends here is gone there within LuciaSessionCacheTTL. */
#ifndef LUCI_ADMIN_H
#define LUCI_ADMIN_H

#include "core/account/key.h"

/* A column of the user table and what goes into it; NULL: SQL's NULL. */
typedef struct {
    const char *column;
    const char *value;
} luci_admin_value_t;

typedef struct {
    const char *username;
    const char *stored_hash; /* NULL: nobody signs in with it until there is a password */
    const luci_admin_value_t *values;
    int values_count;
    luci_ms_t now;
} luci_admin_user_t;

/* How many rows were deleted. */
typedef struct {
    int keys;
    int sessions;
} luci_admin_deleted_t;

/* The user who signs in with this name, however it is written; else the one whose name it is, when no key
 * leads there. From pool. NOT_FOUND. */
luci_result_t luci_admin_find(luci_db_t *db, const char *username, luci_user_t *user,
                              apr_pool_t *pool) LUCI_MUST_USE;

/* Makes user and key. OK: *id is from pool. INVALID: no username by the settings. CONFLICT: it is taken. */
luci_result_t luci_admin_add(luci_db_t *db, const luci_admin_user_t *wanted, const char **id,
                             apr_pool_t *pool) LUCI_MUST_USE;

/* Renames the user and the key that the old name leads to. INVALID, CONFLICT as above. */
luci_result_t luci_admin_rename(luci_db_t *db, const luci_user_t *user, const char *username,
                                apr_pool_t *scratch) LUCI_MUST_USE;

/* Sets the hash of the name's key, which is made where there is none. *ended: how many sessions were, unless
 * it is NULL and they stay. CONFLICT: the name leads to another user. */
luci_result_t luci_admin_set_password(luci_db_t *db, const luci_user_t *user, const char *stored_hash,
                                      int *ended, apr_pool_t *scratch) LUCI_MUST_USE;

luci_result_t luci_admin_set_values(luci_db_t *db, const luci_user_t *user, const luci_admin_value_t *values,
                                    int count, apr_pool_t *scratch) LUCI_MUST_USE;

/* Only where the table has the column (luci_db_columns). *ended as above. */
luci_result_t luci_admin_set_disabled(luci_db_t *db, const luci_user_t *user, int disabled, int *ended,
                                      apr_pool_t *scratch) LUCI_MUST_USE;

/* Deletes the user with all keys and sessions. */
luci_result_t luci_admin_delete(luci_db_t *db, const luci_user_t *user, luci_admin_deleted_t *deleted,
                                apr_pool_t *scratch) LUCI_MUST_USE;

/* Gives the user a further key; stored_hash may be NULL. CONFLICT: its id is taken. */
luci_result_t luci_admin_add_key(luci_db_t *db, const luci_user_t *user, const char *id,
                                 const char *stored_hash, apr_pool_t *scratch) LUCI_MUST_USE;

/* Deletes a key that was read; sessions stay. */
luci_result_t luci_admin_delete_key(luci_db_t *db, const luci_key_t *key, apr_pool_t *scratch) LUCI_MUST_USE;

/* Ends all sessions of a user. */
luci_result_t luci_admin_end_sessions(luci_db_t *db, const luci_user_t *user, int *ended,
                                      apr_pool_t *scratch) LUCI_MUST_USE;

#endif
