/* SPDX-License-Identifier: Apache-2.0 */
/* The step between a right password and a second factor: a sealed text, which the browser keeps in a cookie.
 * It reveals neither the account nor anything of its hash, which a guess at the password could be tested
 * with. It is no session and opens nothing; it says whose password was right, for LUCI_STEP_LIFETIME, so that
 * only those who know a password can guess at codes. It is bound to the hash that the password was verified
 * with, so that a change of the password ends it; for someone whom another module has identified
 * (adoption.h), to that key, which has no hash.
 *
 * The text has random characters that only the browser knows. Their SHA-256 is the id of a row
 * (core/factor/open_step.h), without which the step is worth nothing: it completes once, and nothing that was
 * under way completes after all sessions of the user were ended. */
#ifndef LUCI_STEP_H
#define LUCI_STEP_H

#include "core/auth/auth.h"
#include "core/seal/seal.h"

#define LUCI_STEP_LIFETIME (10 * LUCI_MS_MINUTE)
#define LUCI_STEP_NEXT_MAX 1024 /* bytes; a longer URL is left out */
#define LUCI_STEP_FINGERPRINT_HEX 32
#define LUCI_STEP_NONCE_LENGTH 32 /* characters of [a-z0-9]: 165 bits */

/* What the second factor completes. */
typedef enum {
    LUCI_STEP_SIGN_IN,
    LUCI_STEP_CONFIRM /* of a session that exists (confirmation.h) */
} luci_step_kind_t;

/* Strings are from the pool into which it was read. */
typedef struct {
    luci_step_kind_t kind;
    char id[LUCI_SHA256_HEX + 1]; /* of its row */
    const char *user_id;
    const char *key_id;      /* of the name that the user signed in with */
    const char *fingerprint; /* of the key and its hash: LUCI_STEP_FINGERPRINT_HEX digits */
    const char *next;        /* where the user wants to go; NULL: not known */
} luci_step_t;

/* A step to make. */
typedef struct {
    luci_step_kind_t kind;
    const luci_factor_demand_t *demand; /* what the use case has asked for */
    const char *next;                   /* may be NULL */
} luci_step_wanted_t;

/* A step that was made. */
typedef struct {
    const char *value; /* of the cookie, from the pool of the call */
    char id[LUCI_SHA256_HEX + 1];
} luci_step_made_t;

/* Makes a step, which is not open yet. INTERNAL also if keys is NULL: there is no LuciaSecret. */
luci_result_t luci_step_make(const luci_seal_keys_t *keys, const luci_step_wanted_t *wanted, luci_ms_t now,
                             luci_step_made_t *made, apr_pool_t *pool) LUCI_MUST_USE;

/* Makes a step and opens it: stores its row. *value is the value of the cookie, from pool. BUSY: also if the
 * user was disabled or deleted meanwhile. UNAVAILABLE: also if there is no table. INTERNAL as above. */
luci_result_t luci_step_open(const luci_auth_t *auth, const luci_step_wanted_t *wanted, luci_ms_t now,
                             const char **value, apr_pool_t *pool) LUCI_MUST_USE;

/* Reads the value of a cookie; NULL is none. DENIED: it was not made here. EXPIRED: it is older than
 * LUCI_STEP_LIFETIME, or from a clock that is far ahead. INTERNAL. */
luci_result_t luci_step_read(const luci_seal_keys_t *keys, const char *value, luci_ms_t now,
                             luci_step_t *step, apr_pool_t *pool) LUCI_MUST_USE;

/* 1: the key is the user's, and has the hash that it had when the step was made. */
int luci_step_fits(const luci_step_t *step, const luci_key_t *key);

#endif
