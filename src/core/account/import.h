/* SPDX-License-Identifier: Apache-2.0 */
/* Users with hashes that were made elsewhere, many in one transaction. */
#ifndef LUCI_IMPORT_H
#define LUCI_IMPORT_H

#include "core/account/admin.h"

#define LUCI_IMPORT_BATCH 200 /* users in a transaction: few enough that nobody waits long for its end */

typedef enum {
    LUCI_IMPORT_ADDED,
    LUCI_IMPORT_REPLACED, /* there was such a user: the hash is replaced, sessions ended */
    LUCI_IMPORT_THERE,    /* there was such a user, who stays as it was */
    LUCI_IMPORT_TAKEN     /* the username belongs to a user whose key is another one */
} luci_import_outcome_t;

typedef struct {
    const char *username;
    const char *stored_hash;
    luci_import_outcome_t outcome;
} luci_import_user_t;

typedef struct {
    luci_import_user_t *users;
    int count;
    int replace; /* users who are there get the hash */
    int dry_run; /* outcomes are foreseen, nothing is written */
    luci_ms_t now;
} luci_import_batch_t;

/* Brings in a batch, as a whole or not at all, and sets the outcomes. INVALID: a username that is not UTF-8;
 * BUSY, UNAVAILABLE, INTERNAL. */
luci_result_t luci_import_batch(luci_db_t *db, luci_import_batch_t *batch, apr_pool_t *scratch) LUCI_MUST_USE;

/* A user as another database had it, whole. */
typedef struct {
    const char *id;
    const char *stored_hash; /* may be NULL */
} luci_import_key_t;

typedef struct {
    const char *id;
    const char *username;
    const char *created_at; /* a moment in decimal digits; NULL: not known */
    int disabled;           /* the user table has to have the column */
    const luci_admin_value_t *values;
    int values_count;
    const luci_import_key_t *keys;
    int keys_count;
    luci_import_outcome_t outcome; /* ADDED; THERE: the same user with the same keys; TAKEN */
    const char *taken;             /* with TAKEN: what belongs to another one, or differs */
} luci_import_account_t;

/* Brings in one user with all keys, in one transaction, or not at all; dry_run: the outcome is foreseen.
 * BUSY, UNAVAILABLE. */
luci_result_t luci_import_account(luci_db_t *db, luci_import_account_t *account, int dry_run,
                                  apr_pool_t *scratch) LUCI_MUST_USE;

#endif
