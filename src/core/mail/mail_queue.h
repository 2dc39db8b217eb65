/* SPDX-License-Identifier: Apache-2.0 */
/* Mails that wait to be sent, in the table mail. A row says what is to be sent to which account; the mail is
 * written when it is sent, so that the database has no link. Senders of all nodes share the queue:
 *
 * - a row is claimed by one sender at a time (a conditional UPDATE), for LUCI_MAIL_CLAIM, much longer than a
 *   transport may take;
 * - before the first byte of a mail leaves, the row is marked as handed over, which only the last claim can
 *   do, and only once. A sender that ends before that leaves a row that another sender claims later;
 * - after the answer, the row is deleted; or, if the answer says that the mail was not accepted, it waits for
 *   the next try. A row that was handed over, and whose sender ended without an answer, is not sent again.
 *
 * So no mail is accepted by a mail server twice. One is lost only if the connection or the sender ends
 * between its first byte and the answer; that is logged. */
#ifndef LUCI_MAIL_QUEUE_H
#define LUCI_MAIL_QUEUE_H

#include "core/base/secret.h"
#include "core/db/db.h"
#include "core/db/mail_table.h"

#define LUCI_MAIL_ID_LENGTH 25 /* characters of an id and of a claim */
#define LUCI_MAIL_CLAIM (5 * LUCI_MS_MINUTE)
#define LUCI_MAIL_GRACE LUCI_MS_MINUTE /* by which a transaction of a request is over */

/* Kinds: a link to set a new password; an invitation; that users wait for approval; that one is approved. */
#define LUCI_MAIL_RESET "reset"
#define LUCI_MAIL_INVITATION "invitation"
#define LUCI_MAIL_APPROVAL "approval"
#define LUCI_MAIL_APPROVED "approved"

/* A mail to come. */
typedef struct {
    const char *kind;
    const char *name;     /* of the account: what identifies it depends on the kind; at most 320 bytes */
    const char *address;  /* of the recipient, if the kind needs it in the queue; NULL: none */
    const char *detail;   /* what the kind needs besides, at most 2,000 bytes, without secrets; NULL: none */
    const char *language; /* a tag; NULL: the first of LuciaLanguages */
    luci_ms_t now;
    luci_ms_t expires; /* it is not sent later */
    luci_ms_t gather;  /* more than 0: the orders of a kind to an address within such a time are one mail,
                          which is sent LUCI_MAIL_GRACE after its end; 0: each is a mail, sent at once */
} luci_mail_order_t;

/* Adds a row, or none if the order is one with another. NOT_FOUND: there is no table. */
luci_result_t luci_mail_queue_add(luci_db_t *db, const luci_mail_order_t *order,
                                  apr_pool_t *scratch) LUCI_MUST_USE;

/* A row that this sender has claimed. Strings are from the pool of luci_mail_queue_claim. */
typedef struct {
    const char *id;
    const char *kind;
    const char *name;
    const char *address;  /* NULL: none */
    const char *detail;   /* NULL: none */
    const char *language; /* NULL: none */
    luci_ms_t created;
    luci_ms_t expires;
    int tries; /* this one included */
    char claim[LUCI_MAIL_ID_LENGTH + 1];
} luci_mail_claim_t;

/* Claims the row that has been due for the longest time. NOT_FOUND: none is due, another sender was faster,
 * or there is no table. */
luci_result_t luci_mail_queue_claim(luci_db_t *db, luci_ms_t now, luci_mail_claim_t *claim,
                                    apr_pool_t *pool) LUCI_MUST_USE;

/* Marks the row as handed over. CONFLICT: another sender has claimed it since, or it was deleted: the mail
 * must not be sent. */
luci_result_t luci_mail_queue_hand_over(luci_db_t *db, const luci_mail_claim_t *claim,
                                        apr_pool_t *scratch) LUCI_MUST_USE;

/* Puts the row back until a later time, which grows with each try. */
luci_result_t luci_mail_queue_postpone(luci_db_t *db, const luci_mail_claim_t *claim, luci_ms_t now,
                                       apr_pool_t *scratch) LUCI_MUST_USE;

/* Puts the row back until that time. */
luci_result_t luci_mail_queue_wait(luci_db_t *db, const luci_mail_claim_t *claim, luci_ms_t until,
                                   apr_pool_t *scratch) LUCI_MUST_USE;

/* Deletes the row. */
luci_result_t luci_mail_queue_finish(luci_db_t *db, const luci_mail_claim_t *claim,
                                     apr_pool_t *scratch) LUCI_MUST_USE;

/* ---- Mails that strangers ask for: their rows must neither fill the table nor delay others ---- */

#define LUCI_MAIL_WAITING_MAX LUCI_MAIL_COUNTED_MAX /* further mails of strangers are refused */

/* Tells whether LUCI_MAIL_WAITING_MAX mails wait. NOT_FOUND: there is no table. */
luci_result_t luci_mail_queue_is_full(luci_db_t *db, int *is_full, apr_pool_t *scratch) LUCI_MUST_USE;

/* A row that no sender has claimed. */
typedef struct {
    const char *id;
    const char *name;
} luci_mail_waiting_t;

/* Reads some rows of LUCI_MAIL_RESET (luci_mail_waiting_t, from pool), in the order of their ids, which are
 * random, from an id on; "" is the first. NOT_FOUND: there are no more. */
luci_result_t luci_mail_queue_part(luci_db_t *db, const char *from, luci_ms_t now, apr_array_header_t **rows,
                                   apr_pool_t *pool) LUCI_MUST_USE;

/* Deletes such a row, unless a sender has claimed it since. */
luci_result_t luci_mail_queue_drop(luci_db_t *db, const char *id, luci_ms_t now,
                                   apr_pool_t *scratch) LUCI_MUST_USE;

/* A row that was given up. */
typedef struct {
    const char *id;
    const char *kind;
    int tries;
    int is_uncertain; /* 1: it was handed over, and no answer came */
} luci_mail_given_up_t;

/* Deletes rows that have expired, and those whose sender ended without an answer. *rows
 * (luci_mail_given_up_t, from pool) are those that this call has deleted. */
luci_result_t luci_mail_queue_give_up(luci_db_t *db, luci_ms_t now, apr_array_header_t **rows,
                                      apr_pool_t *pool) LUCI_MUST_USE;

#endif
