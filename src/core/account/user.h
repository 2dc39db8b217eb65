/* SPDX-License-Identifier: Apache-2.0 */
/* A user: one row of the user table. */
#ifndef LUCI_USER_H
#define LUCI_USER_H

#include "core/db/db.h"

/* Strings belong to the pool it was read into. */
typedef struct {
    const char *id;
    const char *username;          /* as it was typed at sign-up */
    int disabled;                  /* may not sign in, and has no sessions while it's so */
    const char *const *attributes; /* in the order of settings->attributes; NULL entries for SQL's NULL */
    apr_uint32_t lacks;            /* a bit for each of these that the table has no column for */
    const char *created_at;        /* moment as the table has it; NULL: not known, or not read */
} luci_user_t;

/* Inserts it. CONFLICT when the id or the username is taken. */
luci_result_t luci_user_insert(luci_db_t *db, const luci_user_t *user, luci_ms_t now,
                               apr_pool_t *scratch) LUCI_MUST_USE;

/* The user in the user columns of a row (luci_sql.h) that this handle read, borrowing its strings. */
void luci_user_from_row(luci_user_t *user, const luci_db_t *db, const char *const *columns);

/* Reads one for an administrator, by id or by its username as it was typed. NOT_FOUND. */
luci_result_t luci_user_get(luci_db_t *db, const char *id, luci_user_t *user, apr_pool_t *pool) LUCI_MUST_USE;
luci_result_t luci_user_find(luci_db_t *db, const char *username, luci_user_t *user,
                             apr_pool_t *pool) LUCI_MUST_USE;

/* Reads one and keeps it as it is until the transaction ends that this belongs to. Every transaction that
 * stores a session, or takes away the right to one, begins with it: so they come one after the other, and one
 * that waited sees what the other did. NOT_FOUND. */
luci_result_t luci_user_lock(luci_db_t *db, const char *id, luci_user_t *user,
                             apr_pool_t *pool) LUCI_MUST_USE;

/* Calls each for every user with a username, in its order; the user is gone afterwards. 1: go on; 0: that was
 * enough. As luci_paging_walk. */
typedef int luci_user_each_fn(void *baton, const luci_user_t *user, apr_pool_t *scratch);
luci_result_t luci_user_each(luci_db_t *db, luci_user_each_fn *each, void *baton,
                             apr_pool_t *scratch) LUCI_MUST_USE;

/* An attribute's value by column name ("username" too), NULL when there is none. */
const char *luci_user_attribute(const luci_user_t *user, const luci_settings_t *settings, const char *name);

/* 1 when that is because the table has no such column, so that nothing is known of the user's. */
int luci_user_lacks(const luci_user_t *user, const luci_settings_t *settings, const char *name);

#endif
