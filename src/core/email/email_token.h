/* SPDX-License-Identifier: Apache-2.0 */
/* Links that verify an address of a user, and links that bring an address back after a change. The row of a
 * link is made when its mail is ordered, with an id that is the hash of no token (luci_email_token_expect);
 * the mail's sender makes the token and gives the row its SHA-256 as id (luci_email_token_make). So the queue
 * of mails has no token, and a row that was deleted meanwhile gets none.
 *
 * A user has at most one link that verifies, the last one. Links that bring an address back stay beside each
 * other: a further change must not void that of the owner.
 *
 * The row of a link that was spent stays for LUCI_TWICE_WITHIN, with another kind and an id that is the hash
 * of no token: it says what the link did, for a form that a browser sends twice, and opens nothing. */
#ifndef LUCI_EMAIL_TOKEN_H
#define LUCI_EMAIL_TOKEN_H

#include "core/account/user.h"

#define LUCI_EMAIL_TOKEN_LENGTH 32 /* characters of [a-z0-9]: 165 bits */
#define LUCI_EMAIL_VERIFY_LASTS LUCI_MS_DAY
#define LUCI_EMAIL_UNDO_LASTS (7 * LUCI_MS_DAY)

/* The kinds of links, as in the table and in the queue of mails. */
#define LUCI_EMAIL_VERIFY "verify"
#define LUCI_EMAIL_UNDO "undo"

/* A link to come. Strings are borrowed. */
typedef struct {
    const char *user_id;
    const char *kind;
    const char *email; /* as typed */
    luci_ms_t expires;
} luci_email_link_t;

/* A valid token, as it was read. Strings are from the pool into which it was read. */
typedef struct {
    char id[LUCI_SHA256_HEX + 1]; /* its SHA-256, which the table stores */
    const char *kind;
    const char *email;
    luci_ms_t expires;
    luci_user_t user;
} luci_email_token_t;

/* 1: links of a user are not valid, because the user is disabled. One who waits for approval is not. */
int luci_email_token_is_refused(const luci_user_t *user, luci_ms_t now);

/* Adds the row of a link, in the transaction that orders its mail; one that verifies voids the earlier ones.
 * UNAVAILABLE: there is no table. */
luci_result_t luci_email_token_expect(luci_db_t *db, const luci_email_link_t *link,
                                      apr_pool_t *scratch) LUCI_MUST_USE;

/* Makes the token of such a row. text is a secret. A further call makes another one, and the earlier one is
 * void. NOT_FOUND: the row is gone, because the link is void. */
luci_result_t luci_email_token_make(luci_db_t *db, const luci_email_link_t *link,
                                    char text[LUCI_EMAIL_TOKEN_LENGTH + 1],
                                    apr_pool_t *scratch) LUCI_MUST_USE;

/* Reads a token that a client presents (NULL: none), and changes nothing. NOT_FOUND: it is not valid, for
 * whatever reason. */
luci_result_t luci_email_token_find(luci_db_t *db, const char *text, luci_ms_t now, luci_email_token_t *token,
                                    apr_pool_t *pool) LUCI_MUST_USE;

/* Reads a token that was spent within LUCI_TWICE_WITHIN, and changes nothing; user is as it is now.
 * NOT_FOUND: it was not, or the user is disabled. */
luci_result_t luci_email_token_find_spent(luci_db_t *db, const char *text, luci_ms_t now,
                                          luci_email_token_t *token, apr_pool_t *pool) LUCI_MUST_USE;

/* Spends a token, in a transaction that holds the user's lock. One that brings an address back voids all that
 * verify, and those that bring back a later address. NOT_FOUND: it is not valid any more. */
luci_result_t luci_email_token_spend(luci_db_t *db, const luci_email_token_t *token, luci_ms_t now,
                                     apr_pool_t *scratch) LUCI_MUST_USE;

/* The address that a user is to verify, from pool. NOT_FOUND: none, or there is no table. */
luci_result_t luci_email_token_awaited(luci_db_t *db, const char *user_id, luci_ms_t now, const char **email,
                                       apr_pool_t *pool) LUCI_MUST_USE;

/* Voids all links of a user. */
luci_result_t luci_email_token_void(luci_db_t *db, const char *user_id, apr_pool_t *scratch) LUCI_MUST_USE;

/* Deletes the rows of expired links, and of those that were spent. */
luci_result_t luci_email_token_purge(luci_db_t *db, luci_ms_t now, apr_pool_t *scratch) LUCI_MUST_USE;

#endif
