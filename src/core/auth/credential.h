/* SPDX-License-Identifier: Apache-2.0 */
/* Verifies a name and a credential, and makes what is stored of a new one. A kind of credential is a const
 * record (password_credential.h); the caller chooses it. For unknown users a dummy hash is computed, so
 * that the time of the answer does not tell which users exist; outdated hashes are replaced. All hashing goes
 * through the hasher, which limits concurrency; no database handle is held while a hash is computed. */
#ifndef LUCI_CREDENTIAL_H
#define LUCI_CREDENTIAL_H

#include "core/auth/auth.h"

/* A kind of credential. presented is what the client sent; prepared is the form that is compared, a secret
 * that the caller wipes; stored is what the key has of it, or NULL. */
typedef struct {
    luci_result_t (*prepare)(const char *presented, char **prepared, apr_pool_t *pool);

    /* OK: it matches. DENIED: it does not. INVALID: stored can't be compared, and nothing was computed. */
    luci_result_t (*verify)(const luci_settings_t *settings, const char *stored, const char *prepared);

    /* Takes as long as verify with what make stores. DENIED, or an error; never OK. */
    luci_result_t (*verify_dummy)(const luci_settings_t *settings, const char *prepared);

    int (*is_cheap)(
        const char *stored); /* 1: verify takes so little time that a refusal needs verify_dummy */

    /* 1: make stores something better today, which replaces it after a successful check. */
    int (*is_outdated)(const luci_settings_t *settings, const char *stored);

    luci_result_t (*make)(const luci_settings_t *settings, const char *prepared, char **stored,
                          apr_pool_t *pool);
} luci_credential_kind_t;

/* A name and a credential. start (may be NULL) is called when the hasher has granted a slot, before anything
 * is hashed; any result other than OK ends the check and is returned. is_locked (may be NULL) tells whether
 * the key takes no credential at all: it is verified all the same, for the time that takes. */
typedef struct {
    const luci_credential_kind_t *kind;
    const char *key_id; /* luci_key_id of the username; not needed for luci_credential_hash */
    const char *presented;
    luci_hash_work_fn *start;
    void *start_baton; /* of both functions */
    luci_ms_t now;     /* not needed for luci_credential_hash */
    int (*is_locked)(void *start_baton, const luci_key_t *key);
} luci_credential_t;

/* luci_key_get for a key id (luci_key_id), with a database handle that is borrowed for this call. */
luci_result_t luci_credential_find(const luci_auth_t *auth, const char *id, luci_key_t *key,
                                   apr_pool_t *pool) LUCI_MUST_USE;

/* Resolves white space at the ends of a typed name: the name stays as it is if an account of exactly this
 * name exists (it may predate the rule against such white space), and is trimmed otherwise. OK: *username is
 * from pool if it changed. BUSY, UNAVAILABLE, INTERNAL. */
luci_result_t luci_credential_resolve_name(const luci_auth_t *auth, const char **username,
                                           apr_pool_t *pool) LUCI_MUST_USE;

/* The details of a check, for events; the client must not see them. */
typedef struct {
    luci_user_t user;        /* set for a wrong password, too; the id is NULL if there is no such user */
    const char *stored_hash; /* the hash that the password was compared with, or its replacement if it was
                                outdated */
    int failures;            /* of the key (key.h); also set if there is no such user */
    luci_reason_t reason;
    luci_ms_t right_until; /* set by luci_auth_check: the password memory knows until then that the password
                              is right; 0: it did not */
    int is_repeated;       /* set by luci_auth_check: the password memory already knew the result */
} luci_verdict_t;

/* Verifies name and credential. OK: verdict->user is from pool, and an outdated hash was replaced if
 * possible. NOT_FOUND: no such user; takes as long as a wrong password. DENIED: wrong password, no password,
 * key locked, or user disabled. BUSY, UNAVAILABLE, INTERNAL, and any result of start. *verdict is always set.
 */
luci_result_t luci_credential_check(const luci_auth_t *auth, const luci_credential_t *credential,
                                    luci_verdict_t *verdict, apr_pool_t *pool) LUCI_MUST_USE;

/* Makes what is stored of a new credential, such as the hash of a password; *stored is from pool. BUSY,
 * INTERNAL, and any result of start. */
luci_result_t luci_credential_hash(const luci_auth_t *auth, const luci_credential_t *credential,
                                   char **stored, apr_pool_t *pool) LUCI_MUST_USE;

#endif
