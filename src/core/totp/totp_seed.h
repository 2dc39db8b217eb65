/* SPDX-License-Identifier: Apache-2.0 */
/* The seed that a user shares with an app, in the table: sealed with a key of LuciaSecret, so that a dump of
 * the database makes no codes.
 *
 * No code is accepted twice, nor one of an earlier step than one that was accepted: one UPDATE of last_step
 * decides, for all nodes. Its order among the UPDATEs that count wrong codes decides as well whether a right
 * code came in time, so that of any number of simultaneous guesses not more than LUCI_TOTP_FAILURES_MAX in a
 * row have a chance. After these, no code of the app is accepted until a recovery code was used or an
 * administrator has removed the factor. */
#ifndef LUCI_TOTP_SEED_H
#define LUCI_TOTP_SEED_H

#include "core/db/db.h"
#include "core/seal/seal.h"
#include "core/totp/totp.h"

/* The user of a seed. */
typedef struct {
    const luci_seal_keys_t *keys; /* settings->seal_keys */
    const char *user_id;
    luci_ms_t now;
} luci_totp_owner_t;

/* Why a code was not accepted, for logs; a client is told no difference. */
typedef enum {
    LUCI_TOTP_WRONG,
    LUCI_TOTP_LAST_WRONG, /* it was the last one of LUCI_TOTP_FAILURES_MAX */
    LUCI_TOTP_USED,       /* a code of this step or a later one was accepted before */
    LUCI_TOTP_LOCKED,     /* too many wrong codes in a row */
    LUCI_TOTP_UNREADABLE  /* the seed was sealed with a secret that is not in LuciaSecret any more */
} luci_totp_refusal_t;

/* Stores a new seed, of whose app a code of this step has been seen; the code does not work again. CONFLICT:
 * the user has a seed. */
luci_result_t luci_totp_store(luci_db_t *db, const luci_totp_owner_t *owner,
                              const unsigned char seed[LUCI_TOTP_SEED_BYTES], apr_int64_t step,
                              apr_pool_t *scratch) LUCI_MUST_USE;

/* Accepts a code (luci_totp_read_code), or counts it as wrong, in a transaction, which the caller commits in
 * either case. NOT_FOUND: the user has no seed. DENIED: see *refusal. */
luci_result_t luci_totp_accept(luci_db_t *db, const luci_totp_owner_t *owner,
                               const char code[LUCI_TOTP_DIGITS + 1], luci_totp_refusal_t *refusal,
                               apr_pool_t *scratch) LUCI_MUST_USE;

/* With what a user may have set up an app a moment ago. */
typedef struct {
    const unsigned char *seed; /* LUCI_TOTP_SEED_BYTES */
    const char *code;          /* luci_totp_read_code */
    luci_ms_t within;          /* how long ago at most */
    luci_ms_t stored_at;       /* output: when the seed was stored */
} luci_totp_recall_t;

/* Tells whether the user's app was set up with this seed and this code, and no code of it was accepted since;
 * changes nothing. DENIED: it was not. NOT_FOUND: the user has no seed. */
luci_result_t luci_totp_recall(luci_db_t *db, const luci_totp_owner_t *owner, luci_totp_recall_t *recall,
                               apr_pool_t *scratch) LUCI_MUST_USE;

/* What administrators see of a seed. */
typedef struct {
    luci_ms_t created_at;
    int failures; /* wrong codes in a row */
} luci_totp_about_t;

/* NOT_FOUND: the user has no seed. */
luci_result_t luci_totp_about(luci_db_t *db, const char *user_id, luci_totp_about_t *about,
                              apr_pool_t *scratch) LUCI_MUST_USE;

/* Sets the wrong codes of a user back. */
luci_result_t luci_totp_forgive(luci_db_t *db, const char *user_id, apr_pool_t *scratch) LUCI_MUST_USE;

/* Removes the seed of a user. *removed: 1 if there was one. */
luci_result_t luci_totp_remove(luci_db_t *db, const char *user_id, int *removed,
                               apr_pool_t *scratch) LUCI_MUST_USE;

#endif
