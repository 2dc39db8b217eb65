/* SPDX-License-Identifier: Apache-2.0 */
/* A key connects a username and a password to a user; it is one row of the key table. Its id is "username:"
 * and the lower-cased name, as in Lucia's provider "username". */
#ifndef LUCI_KEY_H
#define LUCI_KEY_H

#include "core/account/user.h"

typedef struct {
    const char *id;
    const char *stored_hash; /* NULL: the key has no password and cannot be used to sign in */
    luci_user_t user;
    int failures; /* failed checks of the password in a row (failures.h); LUCI_KEY_UNCOUNTED */
} luci_key_t;

#define LUCI_KEY_UNCOUNTED (-1) /* the table has no column for it */

/* The key id of a username, from pool. INVALID, INTERNAL as luci_policy_key. */
luci_result_t luci_key_id(const char *username, const char **id, apr_pool_t *pool) LUCI_MUST_USE;

/* 1: this module itself has keys that begin with this provider and a colon, so that no other one may. */
int luci_key_is_own_provider(const char *provider);

/* The name in a key's id (the end of the same string); NULL: the key belongs to another provider. */
const char *luci_key_name(const char *id);

/* Reads a key and its user by the key's id, from pool. NOT_FOUND; failures is set nevertheless, to 0 or
 * LUCI_KEY_UNCOUNTED. */
luci_result_t luci_key_get(luci_db_t *db, const char *id, luci_key_t *key, apr_pool_t *pool) LUCI_MUST_USE;

/* Checks that a key still belongs to the user and still has this hash (NULL: none), and locks it until the
 * end of the transaction, which must hold the user's lock (luci_user_lock). CONFLICT: it has changed or was
 * deleted. */
luci_result_t luci_key_lock(luci_db_t *db, const char *id, const char *user_id, const char *stored_hash,
                            apr_pool_t *scratch) LUCI_MUST_USE;

/* Reads the user id, the hash (NULL: none) and the failures of the key key->id, from pool, and locks it as
 * above. NOT_FOUND. */
luci_result_t luci_key_lock_any(luci_db_t *db, luci_key_t *key, apr_pool_t *pool) LUCI_MUST_USE;

/* The same for a key whose id, stored_hash and user.id are set; sets key->failures. */
luci_result_t luci_key_confirm(luci_db_t *db, luci_key_t *key, apr_pool_t *scratch) LUCI_MUST_USE;

/* Inserts a key of a user. CONFLICT: the id is taken. */
luci_result_t luci_key_insert(luci_db_t *db, const char *id, const char *user_id, const char *stored_hash,
                              apr_pool_t *scratch) LUCI_MUST_USE;

/* Replaces the hash that was read by a new one. NOT_FOUND: the hash has been changed since; the new one is
 * not stored. */
luci_result_t luci_key_replace_hash(luci_db_t *db, const luci_key_t *key, const char *new_hash,
                                    apr_pool_t *scratch) LUCI_MUST_USE;

#endif
