/* SPDX-License-Identifier: Apache-2.0 */
/* One-time links by which a person sets a password. A link contains a random token, of which the table stores
 * only the SHA-256. A user has at most one link. It is bound to the account's state: a change of the
 * password, by any program, makes it worthless, and so does deleting or disabling the user. The table is made
 * with the first link; without it, no token is valid.
 *
 * The row of a link that was spent stays for LUCI_TWICE_WITHIN, with an id that is the hash of no token: it
 * says what the link did, for a form that a browser sends twice, and opens nothing. */
#ifndef LUCI_TOKEN_H
#define LUCI_TOKEN_H

#include "core/account/key.h"
#include "core/base/secret.h"

#define LUCI_TOKEN_LENGTH 32 /* characters of [a-z0-9]: 165 bits */

/* A valid token, as it was read. Strings are from the pool into which it was read. */
typedef struct {
    char id[LUCI_SHA256_HEX + 1]; /* its SHA-256, which the table stores */
    luci_user_t user;
    const char *key_id;      /* of the user's name */
    const char *stored_hash; /* of that key; NULL: it has no password */
    int has_key;             /* 0: the key does not exist */
} luci_token_t;

/* A new link of a user, which is valid from now until expires. */
typedef struct {
    luci_user_t user; /* id and name */
    luci_ms_t now;
    luci_ms_t expires;
    char text[LUCI_TOKEN_LENGTH + 1]; /* output: the token, a secret */
} luci_token_wanted_t;

/* Tells whether the table exists. */
luci_result_t luci_token_has_table(luci_db_t *db, int *found) LUCI_MUST_USE;

/* Creates the table, unless another process has done so. */
luci_result_t luci_token_create_table(luci_db_t *db, apr_pool_t *scratch) LUCI_MUST_USE;

/* Makes a link, in one transaction, and voids an earlier one of the user. The table must exist. OK:
 * wanted->text is set. NOT_FOUND: the user does not exist any more. DENIED: the user is disabled. CONFLICT:
 * the key of the user's name belongs to another user. */
luci_result_t luci_token_make(luci_db_t *db, luci_token_wanted_t *wanted, apr_pool_t *scratch) LUCI_MUST_USE;

/* Reads a token that a client presents (NULL: none), and changes nothing. NOT_FOUND: it is not valid, for
 * whatever reason. */
luci_result_t luci_token_find(luci_db_t *db, const char *text, luci_ms_t now, luci_token_t *token,
                              apr_pool_t *pool) LUCI_MUST_USE;

/* Reads a token that was spent within LUCI_TWICE_WITHIN, and changes nothing: token is of the account as it
 * is now. NOT_FOUND: it was not, or the password has changed since, or the user is disabled. */
luci_result_t luci_token_find_spent(luci_db_t *db, const char *text, luci_ms_t now, luci_token_t *token,
                                    apr_pool_t *pool) LUCI_MUST_USE;

/* Spends a token that luci_token_find has read, for a password with this new hash, in a transaction that
 * holds the user's lock (luci_user_lock): looks again whether it is valid; it is not any more afterwards.
 * NOT_FOUND: it is not valid any more. */
luci_result_t luci_token_spend(luci_db_t *db, const luci_token_t *token, const char *new_hash, luci_ms_t now,
                               apr_pool_t *scratch) LUCI_MUST_USE;

/* Voids the link of a user, if there is one. */
luci_result_t luci_token_void(luci_db_t *db, const char *user_id, apr_pool_t *scratch) LUCI_MUST_USE;

/* Deletes the rows of expired links, and of those that were spent; *removed is their number. */
luci_result_t luci_token_purge(luci_db_t *db, luci_ms_t now, int *removed, apr_pool_t *scratch) LUCI_MUST_USE;

#endif
