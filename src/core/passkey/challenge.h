/* SPDX-License-Identifier: Apache-2.0 */
/* Challenges: random bytes that a page contains and an authenticator signs, so that its answer is new.
 *
 * A page that is only looked at stores nothing, or else anonymous requests would fill the database. The page
 * has the challenge twice: for the browser, and in a token that the form sends back. The token is signed
 * (core/seal), expires, and is bound to a ceremony and a user. Any node that has the LuciaSecret accepts it.
 *
 * A challenge is accepted once. After everything else about the answer was found right, the transaction that
 * makes a session or stores a passkey inserts the SHA-256 of the challenge into a table, whose primary key
 * lets exactly one of several nodes do so, even at the same moment; the others wait for its commit, and are
 * refused. If that transaction is rolled back, the challenge was not spent. So an answer can be repeated only
 * as long as it changed nothing, and no wrong answer writes a row. A row is kept until no token with its
 * challenge is valid any more. */
#ifndef LUCI_CHALLENGE_H
#define LUCI_CHALLENGE_H

#include "core/db/db.h"
#include "core/seal/seal.h"

#define LUCI_CHALLENGE_BYTES 32
#define LUCI_CHALLENGE_TEXT 43                     /* characters of base64url */
#define LUCI_CHALLENGE_LASTS (10 * LUCI_MS_MINUTE) /* from page to answer */

/* Nodes whose clocks differ by less agree on which rows are still needed. */
#define LUCI_CHALLENGE_KEPT (2 * LUCI_CHALLENGE_LASTS)

typedef enum {
    LUCI_CHALLENGE_REGISTRATION, /* of a user's new passkey */
    LUCI_CHALLENGE_SIGN_IN,      /* the user is not known yet */
    LUCI_CHALLENGE_FACTOR        /* of a user whose password was right, or who has a session */
} luci_challenge_purpose_t;

/* What a challenge is for; all are borrowed. */
typedef struct {
    const luci_seal_keys_t *keys;
    luci_challenge_purpose_t purpose;
    const char *user_id; /* "" for SIGN_IN */
} luci_challenge_use_t;

typedef struct {
    char text[LUCI_CHALLENGE_TEXT + 1]; /* base64url, as in client data */
    const char *token;
} luci_challenge_t;

/* Makes a challenge; its token is from pool. INTERNAL: no randomness, or libcrypto failed. */
luci_result_t luci_challenge_make(const luci_challenge_use_t *use, luci_ms_t now, luci_challenge_t *challenge,
                                  apr_pool_t *pool) LUCI_MUST_USE;

/* Reads the challenge in a token (NULL: none); token is borrowed. DENIED: it was not made for this use.
 * EXPIRED. INTERNAL. */
luci_result_t luci_challenge_read(const luci_challenge_use_t *use, const char *token, luci_ms_t now,
                                  luci_challenge_t *challenge, apr_pool_t *pool) LUCI_MUST_USE;

/* Spends a challenge, in a transaction. DENIED: it was spent before. */
luci_result_t luci_challenge_spend(luci_db_t *db, const luci_challenge_t *challenge, luci_ms_t now,
                                   apr_pool_t *scratch) LUCI_MUST_USE;

/* Deletes the rows that are not needed any more; *removed is their number. NOT_FOUND: the database has no
 * such table. */
luci_result_t luci_challenge_purge(luci_db_t *db, luci_ms_t now, int *removed,
                                   apr_pool_t *scratch) LUCI_MUST_USE;

#endif
