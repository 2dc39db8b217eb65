/* SPDX-License-Identifier: Apache-2.0 */
/* The passkeys of users, as they are stored: a row per credential, whose primary key is the SHA-256 of the
 * credential id, so that no credential belongs to two users. The database has the table only where
 * LuciaPasskeys is not off. What is stored is public: a dump of it signs no user in. */
#ifndef LUCI_PASSKEY_H
#define LUCI_PASSKEY_H

#include "core/account/user.h"
#include "core/base/secret.h"
#include "core/passkey/ceremony.h"

#define LUCI_PASSKEY_TAG_HEX 12  /* characters that name one of a user's */
#define LUCI_PASSKEY_NAME_MAX 64 /* characters (code points) */
#define LUCI_PASSKEYS_MAX 20     /* of a user */
#define LUCI_USER_HANDLE_BYTES 32

/* A row. Strings and bytes are from the pool into which it was read. */
typedef struct {
    char id[LUCI_SHA256_HEX + 1];       /* the SHA-256 of the credential id */
    char tag[LUCI_PASSKEY_TAG_HEX + 1]; /* the first digits of id */
    const char *user_id;
    const char *name;
    const char *credential_id; /* base64url */
    luci_passkey_credential_t credential;
    luci_ms_t created_at;
    luci_ms_t last_used; /* 0: never */
} luci_passkey_t;

/* The user handle, which authenticators store and return: the SHA-256 of the user id, so that it says nothing
 * and has the same length for each id. */
luci_result_t luci_passkey_user_handle(const char *user_id,
                                       unsigned char handle[LUCI_USER_HANDLE_BYTES]) LUCI_MUST_USE;

/* Compares the handle of an answer with that of a user. DENIED: it is another one, or none. INTERNAL. */
luci_result_t luci_passkey_check_handle(const luci_bytes_t *handle, const char *user_id) LUCI_MUST_USE;

/* The name that a user typed without white space at its ends, from pool. INVALID: it is not UTF-8, empty, too
 * long, or contains invisible characters. */
luci_result_t luci_passkey_name(const char *typed, const char **name, apr_pool_t *pool) LUCI_MUST_USE;

/* Sets the ids of a passkey whose credential luci_registration_verify has accepted; the user, the name (as
 * luci_passkey_name made it) and created_at are the caller's to set. */
luci_result_t luci_passkey_new(const luci_passkey_credential_t *credential, luci_passkey_t *passkey,
                               apr_pool_t *pool) LUCI_MUST_USE;

/* OK: the database has the table. NOT_FOUND. */
luci_result_t luci_passkey_has_table(luci_db_t *db) LUCI_MUST_USE;

/* Inserts it, in a transaction that holds the user's lock (luci_user_lock). CONFLICT: the credential is
 * registered, for this user or another one. EXPIRED: the user has the maximum number. */
luci_result_t luci_passkey_insert(luci_db_t *db, const luci_passkey_t *passkey,
                                  apr_pool_t *scratch) LUCI_MUST_USE;

/* Finds a passkey and its user by the credential id. NOT_FOUND. */
luci_result_t luci_passkey_find(luci_db_t *db, const luci_bytes_t *credential_id, luci_passkey_t *passkey,
                                luci_user_t *user, apr_pool_t *pool) LUCI_MUST_USE;

/* Lists those of a user, the oldest first: an array of luci_passkey_t from pool. NOT_FOUND: there is no
 * table. */
luci_result_t luci_passkey_list(luci_db_t *db, const char *user_id, apr_array_header_t **list,
                                apr_pool_t *pool) LUCI_MUST_USE;

/* The number of those of a user; 0 without the table. */
luci_result_t luci_passkey_count(luci_db_t *db, const char *user_id, int *count,
                                 apr_pool_t *scratch) LUCI_MUST_USE;

/* Tells whether a user has one, where that decides who may sign in. UNAVAILABLE also if there is no table. */
luci_result_t luci_passkey_has_any(luci_db_t *db, const char *user_id, int *has,
                                   apr_pool_t *scratch) LUCI_MUST_USE;

/* Writes down an assertion: the counter, the flags and the time, in the transaction that makes the session.
 * NOT_FOUND: the passkey was deleted in the meantime. */
luci_result_t luci_passkey_used(luci_db_t *db, const luci_passkey_t *passkey, luci_ms_t now,
                                apr_pool_t *scratch) LUCI_MUST_USE;

/* Renames or deletes the one of a user that has this tag. NOT_FOUND: the user has none. */
luci_result_t luci_passkey_rename(luci_db_t *db, const char *user_id, const char *tag, const char *name,
                                  apr_pool_t *scratch) LUCI_MUST_USE;
luci_result_t luci_passkey_delete(luci_db_t *db, const char *user_id, const char *tag,
                                  apr_pool_t *scratch) LUCI_MUST_USE;

#endif
