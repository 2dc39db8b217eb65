/* SPDX-License-Identifier: Apache-2.0 */
/* A name and a password: whose they are, and the hash of a new one. It owns the dummy hash for
 * unknown users and the replacing of outdated hashes. All hashing goes through the hasher, which limits how
 * many run at once; no database handle is held meanwhile. */
#ifndef LUCI_CREDENTIAL_H
#define LUCI_CREDENTIAL_H

#include "core/account/key.h"
#include "core/auth/password_memory.h"
#include "core/event/event.h"
#include "core/event/log.h"
#include "core/session/session_cache.h"
#include "core/throttle/throttle.h"

/* Runs work when it is its turn, in this thread or another while this one waits: work's answer, or BUSY when
 * its turn did not come in time and it was not run. Without a run every work runs at once. is_full: whether
 * run would refuse at once now, so that who asks first spares the database; NULL: never. */
typedef luci_result_t luci_hash_work_fn(void *work_baton);
typedef struct {
    luci_result_t (*run)(void *baton, luci_hash_work_fn *work, void *work_baton);
    int (*is_full)(void *baton);
    void *baton;
} luci_hasher_t;

/* What every use case stands on; read-only, shared by threads. */
typedef struct {
    const luci_settings_t *settings;
    luci_db_source_t source;
    luci_hasher_t hasher;
    const luci_session_cache_t *cache;         /* NULL: none */
    const luci_session_cache_t *const *others; /* further ones that sessions of this database may lie in,
                                                  closed by NULL: an end goes there, too. NULL: none */
    const luci_throttle_t *throttle;           /* NULL: tries are not counted */
    const luci_password_memory_t *passwords;   /* of checks without a session; NULL: none are remembered */
    const luci_log_t *log;                     /* may be NULL */
    luci_event_sink_t events;
} luci_auth_t;

/* A name and a password, and what is done in the hasher's turn before anything is hashed: OK goes on,
 * anything else is the answer. start may be NULL. */
typedef struct {
    const char *username;
    const char *password;
    luci_hash_work_fn *start;
    void *start_baton;
} luci_credential_t;

/* The key of an id (luci_key_id), on a handle borrowed for it. As luci_key_get. */
luci_result_t luci_credential_find(const luci_auth_t *auth, const char *id, luci_key_t *key,
                                   apr_pool_t *pool) LUCI_MUST_USE;

/* The name that somebody means who typed *username: the account of just that name, which may be from before
 * white space at the ends was refused; else the name without it. OK: *username is from pool where it changed.
 * BUSY, UNAVAILABLE, INTERNAL. */
luci_result_t luci_credential_name(const luci_auth_t *auth, const char **username,
                                   apr_pool_t *pool) LUCI_MUST_USE;

/* Whose name it is, and why the password was not good enough: for who may know, never for the client. */
typedef struct {
    luci_user_t user;        /* also of a wrong password; its id is NULL when there is no such user */
    const char *stored_hash; /* that the password was compared with, or which has replaced it just now as an
                                outdated one */
    luci_reason_t reason;
    int is_repeated; /* by luci_auth_check: it was known to be wrong */
} luci_verdict_t;

/* Whose name and password these are. OK: verdict->user is from pool, and an outdated hash was replaced if
 * possible. NOT_FOUND: no such user, in the time of a wrong password. DENIED: wrong password, none, or
 * disabled. BUSY, UNAVAILABLE, INTERNAL, and what start says. *verdict is set in each case. */
luci_result_t luci_credential_check(const luci_auth_t *auth, const luci_credential_t *credential,
                                    luci_verdict_t *verdict, apr_pool_t *pool) LUCI_MUST_USE;

/* The hash of a new password as the settings want it, from pool. BUSY, INTERNAL, and what start says. */
luci_result_t luci_credential_hash(const luci_auth_t *auth, const luci_credential_t *credential,
                                   char **stored, apr_pool_t *pool) LUCI_MUST_USE;

#endif
