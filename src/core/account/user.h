/* SPDX-License-Identifier: Apache-2.0 */
/* A user: one row of the user table. */
#ifndef LUCI_USER_H
#define LUCI_USER_H

#include "core/base/secret.h"
#include "core/db/db.h"

/* Strings belong to the pool into which the user was read. */
typedef struct {
    const char *id;
    const char *username;          /* in the spelling of the sign-up */
    luci_ms_t disabled_from;       /* from this time on the user cannot sign in, and all sessions are refused
                                      (luci_user_is_disabled); 0: never; LUCI_USER_DISABLED: always */
    const char *const *attributes; /* in the order of settings->attributes; NULL entries for SQL's NULL; with
                                      LuciaGroups, the groups follow (luci_user_groups) */
    apr_uint32_t lacks;            /* bit i: the table has no column for attribute i */
    const char *created_at;        /* a time, as stored; NULL: unknown or not read */
} luci_user_t;

/* A user that is disabled without a date. A later time is an expiry date, always an even number. */
#define LUCI_USER_DISABLED ((luci_ms_t)1)

/* A new user that an administrator has to approve. As a date it has long passed, so that each program that
 * knows disabled users refuses this one. */
#define LUCI_USER_WAITING ((luci_ms_t)2)

/* 1 if the user is disabled at the time now. */
int luci_user_is_disabled(const luci_user_t *user, luci_ms_t now);

/* The key of the user's change counter (core/base/change_counters.h), which moves after a change of the user,
 * of a key or of its failures. INTERNAL as luci_secret_sha256. */
luci_result_t luci_user_counter_key(const char *id, unsigned char key[LUCI_SHA256_BYTES]) LUCI_MUST_USE;

/* Inserts a user. CONFLICT: the id or the username is taken. */
luci_result_t luci_user_insert(luci_db_t *db, const luci_user_t *user, luci_ms_t now,
                               apr_pool_t *scratch) LUCI_MUST_USE;

/* Sets *user from the user columns (sql.h) of a row that this handle has read; borrows its strings. */
void luci_user_from_row(luci_user_t *user, const luci_db_t *db, const char *const *columns);

/* Reads a user for an administrator, by id or by exact username. NOT_FOUND. */
luci_result_t luci_user_get(luci_db_t *db, const char *id, luci_user_t *user, apr_pool_t *pool) LUCI_MUST_USE;
luci_result_t luci_user_find(luci_db_t *db, const char *username, luci_user_t *user,
                             apr_pool_t *pool) LUCI_MUST_USE;

/* Reads a user and locks the row until the end of the transaction. Every transaction that inserts a session,
 * or revokes the right to one, begins with this lock: they are serialised, and each sees the changes of the
 * previous ones. In a cluster, the lock is a write that meets others at COMMIT, if the table has "disabled".
 * NOT_FOUND. */
luci_result_t luci_user_lock(luci_db_t *db, const char *id, luci_user_t *user,
                             apr_pool_t *pool) LUCI_MUST_USE;

/* A column of the user table that describes a user, and its value; NULL: SQL's NULL. */
typedef struct {
    const char *column;
    const char *value;
} luci_user_value_t;

/* Sets columns of a user, in a transaction. CONFLICT, or on some engines UNAVAILABLE: another row has a value
 * that must be unique. */
luci_result_t luci_user_set_values(luci_db_t *db, const char *id, const luci_user_value_t *values, int count,
                                   apr_pool_t *scratch) LUCI_MUST_USE;

/* Calls each for every user with a username, in the order of usernames; *user is valid during the call. each
 * returns 1 to continue, 0 to stop. Results as luci_paging_walk. */
typedef int luci_user_each_fn(void *baton, const luci_user_t *user, apr_pool_t *scratch);
luci_result_t luci_user_each(luci_db_t *db, luci_user_each_fn *each, void *baton,
                             apr_pool_t *scratch) LUCI_MUST_USE;

/* The value of an attribute by the name of its column, which may be "username"; NULL: none. */
const char *luci_user_attribute(const luci_user_t *user, const luci_settings_t *settings, const char *name);

/* The names of the user's groups with commas between them; NULL: none, or there are no groups. */
const char *luci_user_groups(const luci_user_t *user, const luci_settings_t *settings);

/* 1 if the table has no column of this name, so that the user's value is unknown. */
int luci_user_lacks(const luci_user_t *user, const luci_settings_t *settings, const char *name);

#endif
