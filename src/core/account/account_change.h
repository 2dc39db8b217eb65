/* SPDX-License-Identifier: Apache-2.0 */
/* Changes of an account that administrators and the user itself make alike. Each is a part of a transaction
 * that holds the user's lock (luci_user_lock). */
#ifndef LUCI_ACCOUNT_CHANGE_H
#define LUCI_ACCOUNT_CHANGE_H

#include "core/account/key.h"

/* Another name for a user. */
typedef struct {
    const luci_user_t *user; /* as the lock has read it */
    const char *username;    /* the new name, which the rules for new names allow */
    int keeps_old;       /* 1: the key of the old name stays, without a password, so that no other user gets
                            the name; 0: it becomes the key of the new name */
    const char *new_key; /* the key id of username; set by luci_account_rename */
    const char
        *stored_hash; /* output, if keeps_old: what the key of the new name has then; NULL: no password */
} luci_account_rename_t;

/* Renames the user and gives the key of the new name the password of the old one. If keeps_old is 0 and the
 * user already has a key of the new name with a password, as an alias, both keys stay as they are. CONFLICT:
 * the name is taken, in the user table or in the key table. INVALID: the old or the new name is not UTF-8. */
luci_result_t luci_account_rename(luci_db_t *db, luci_account_rename_t *renaming,
                                  apr_pool_t *pool) LUCI_MUST_USE;

/* After a transaction with luci_account_rename that returned UNAVAILABLE: CONFLICT if another user has the
 * name, because PostgreSQL's driver does not report that a concurrent transaction has taken it; otherwise
 * UNAVAILABLE. */
luci_result_t luci_account_rename_failure(luci_db_t *db, const luci_account_rename_t *renaming,
                                          apr_pool_t *scratch) LUCI_MUST_USE;

/* The numbers of deleted rows. */
typedef struct {
    int keys;
    int sessions;
} luci_account_deleted_t;

/* Deletes the user with all keys and sessions. CONFLICT: a row of another table, such as one of an
 * application, refers to a row that is to be deleted. */
luci_result_t luci_account_delete(luci_db_t *db, const char *user_id, luci_account_deleted_t *deleted,
                                  apr_pool_t *scratch) LUCI_MUST_USE;

#endif
