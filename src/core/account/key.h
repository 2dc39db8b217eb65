/* SPDX-License-Identifier: Apache-2.0 */
/* A key: what a username and its password open (one row of the key table). Its id is "username:"
 * and the lower-cased name, as Lucia's provider "username" has it. */
#ifndef LUCI_KEY_H
#define LUCI_KEY_H

#include "core/account/user.h"

typedef struct {
    const char *id;
    const char *stored_hash; /* NULL: this key has no password and never signs in */
    luci_user_t user;
} luci_key_t;

/* The id for a username. INVALID, INTERNAL as luci_policy_key. */
luci_result_t luci_key_id(const char *username, const char **id, apr_pool_t *pool) LUCI_MUST_USE;

/* The name in a key's id, which ends with it; NULL: the key is another provider's. */
const char *luci_key_name(const char *id);

/* The key of that id and its user, from pool. NOT_FOUND. */
luci_result_t luci_key_get(luci_db_t *db, const char *id, luci_key_t *key, apr_pool_t *pool) LUCI_MUST_USE;

/* Whether the key of that id is still the user's and has still this hash (NULL: none); it stays so until the
 * transaction ends that this belongs to. The user's lock comes before (luci_user_lock). CONFLICT: it is
 * another one now, or none. */
luci_result_t luci_key_lock(luci_db_t *db, const char *id, const char *user_id, const char *stored_hash,
                            apr_pool_t *scratch) LUCI_MUST_USE;

/* Inserts a key for user_id. CONFLICT when the id is taken. */
luci_result_t luci_key_insert(luci_db_t *db, const char *id, const char *user_id, const char *stored_hash,
                              apr_pool_t *scratch) LUCI_MUST_USE;

/* Puts a new hash in the place of the one that was read. NOT_FOUND when another one has come in between: that
 * one stays. */
luci_result_t luci_key_replace_hash(luci_db_t *db, const luci_key_t *key, const char *new_hash,
                                    apr_pool_t *scratch) LUCI_MUST_USE;

#endif
