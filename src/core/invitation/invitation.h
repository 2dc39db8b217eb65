/* SPDX-License-Identifier: Apache-2.0 */
/* Invitations to sign up, with LuciaSignup invite. A link contains a random token, of which the table stores
 * only the SHA-256. An invitation has a number of uses and an expiry, and may put the new user into groups.
 * The table is made with the first invitation; without it, no token is valid. */
#ifndef LUCI_INVITATION_H
#define LUCI_INVITATION_H

#include "core/base/secret.h"
#include "core/db/db.h"

#define LUCI_INVITATION_LENGTH 32  /* characters of [a-z0-9]: 165 bits */
#define LUCI_INVITATION_TAG_HEX 12 /* of the id, by which administrators name an invitation */

/* An invitation that can be used, as it was read. */
typedef struct {
    char id[LUCI_SHA256_HEX + 1]; /* the SHA-256 of its token, which the table stores */
    const char *groups;           /* names with commas between them; NULL: none; from the pool of the call */
    const char *address;          /* where its token was mailed, in lower case; NULL: nowhere */
} luci_invitation_t;

/* A new invitation. */
typedef struct {
    int uses;
    luci_ms_t now;
    luci_ms_t expires;
    const char *groups;                    /* as above */
    const char *address;                   /* where the token is mailed, as luci_mailbox_check (core/mail)
                                              returns it; NULL: nowhere */
    char text[LUCI_INVITATION_LENGTH + 1]; /* output: the token, a secret */
    char id[LUCI_SHA256_HEX + 1];          /* output */
} luci_invitation_wanted_t;

/* 1 if the text may be a token; NULL: 0. */
int luci_invitation_is_formed(const char *text);

/* Tells whether the table exists. */
luci_result_t luci_invitation_has_table(luci_db_t *db, int *found) LUCI_MUST_USE;

/* Makes an invitation. The table must exist. One with an address voids an earlier one to that address, so
 * that a mail that is sent again leaves one invitation. */
luci_result_t luci_invitation_make(luci_db_t *db, luci_invitation_wanted_t *wanted,
                                   apr_pool_t *scratch) LUCI_MUST_USE;

/* The uses, the groups and the time of validity of an invitation that is made when its mail is sent, as the
 * queue of mails has them, from pool: for luci_invitation_from_detail, where wanted->now is when it is made.
 * INVALID: it is none. */
const char *luci_invitation_detail(const luci_invitation_wanted_t *wanted, apr_pool_t *pool);
luci_result_t luci_invitation_from_detail(const char *detail, luci_invitation_wanted_t *wanted,
                                          apr_pool_t *pool) LUCI_MUST_USE;

/* Finds the invitation of a token, and changes nothing. NOT_FOUND: it cannot be used, for whatever reason. */
luci_result_t luci_invitation_find(luci_db_t *db, const char *text, luci_ms_t now,
                                   luci_invitation_t *invitation, apr_pool_t *pool) LUCI_MUST_USE;

/* Takes one use, in the transaction of the sign-up. NOT_FOUND: it cannot be used any more. */
luci_result_t luci_invitation_spend(luci_db_t *db, const luci_invitation_t *invitation, luci_ms_t now,
                                    apr_pool_t *scratch) LUCI_MUST_USE;

/* Deletes the invitation whose id begins with a tag; *removed: their number. NOT_FOUND: there is no table. */
luci_result_t luci_invitation_delete(luci_db_t *db, const char *tag, int *removed,
                                     apr_pool_t *scratch) LUCI_MUST_USE;

/* Deletes the rows of expired invitations. */
luci_result_t luci_invitation_purge(luci_db_t *db, luci_ms_t now, apr_pool_t *scratch) LUCI_MUST_USE;

#endif
