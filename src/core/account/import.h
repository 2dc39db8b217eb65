/* SPDX-License-Identifier: Apache-2.0 */
/* Imports users with existing password hashes, in batches of one transaction each. */
#ifndef LUCI_IMPORT_H
#define LUCI_IMPORT_H

#include "core/account/admin.h"

#define LUCI_IMPORT_BATCH 200 /* users per transaction, which bounds how long it blocks others */

typedef enum {
    LUCI_IMPORT_ADDED,
    LUCI_IMPORT_REPLACED, /* the user existed: the hash was replaced, all sessions were ended */
    LUCI_IMPORT_THERE,    /* the user existed and was not changed */
    LUCI_IMPORT_TAKEN     /* the username belongs to a user with another key */
} luci_import_outcome_t;

typedef struct {
    const char *username;
    const char *stored_hash;
    luci_import_outcome_t outcome;
} luci_import_user_t;

typedef struct {
    luci_import_user_t *users;
    int count;
    int replace; /* 1: the hashes of existing users are replaced */
    int dry_run; /* 1: only the outcomes are determined, nothing is written */
    luci_ms_t now;
} luci_import_batch_t;

/* Imports a batch in one transaction and sets the outcomes. INVALID: a username is not UTF-8. BUSY,
 * UNAVAILABLE, INTERNAL. */
luci_result_t luci_import_batch(luci_db_t *db, luci_import_batch_t *batch, apr_pool_t *scratch) LUCI_MUST_USE;

/* A complete user with all keys, as exported from another database. */
typedef struct {
    const char *id;
    const char *stored_hash; /* may be NULL */
} luci_import_key_t;

typedef struct {
    const char *id;
    const char *username;
    const char *created_at;  /* a time in decimal digits; NULL: unknown */
    luci_ms_t disabled_from; /* as of luci_user_t; not 0 requires the column in the user table */
    const luci_user_value_t *values;
    int values_count;
    const luci_import_key_t *keys;
    int keys_count;
    const char *const *groups; /* names; a user of a database with groups */
    int groups_count;
    luci_import_outcome_t outcome; /* ADDED; THERE: the same user with the same keys; TAKEN */
    const char *taken;             /* with TAKEN: what belongs to another user, or differs */
} luci_import_account_t;

/* Imports one user with all keys in one transaction; dry_run: only determines the outcome. BUSY, UNAVAILABLE.
 */
luci_result_t luci_import_account(luci_db_t *db, luci_import_account_t *account, int dry_run,
                                  apr_pool_t *scratch) LUCI_MUST_USE;

#endif
