/* SPDX-License-Identifier: Apache-2.0 */
/* What mails say and to whom: each kind of mail in the queue (core/mail/mail_queue.h) is one const record,
 * letter_NAME.c, with a row in the list of letter.c and its texts in messages.txt. A letter is made when its
 * mail is sent: only then are the account and its address looked up, and a token made. */
#ifndef LUCI_LETTER_H
#define LUCI_LETTER_H

#include "core/account/user.h"
#include "core/base/settings.h"
#include "core/db/db.h"
#include "core/invitation/invitation.h"
#include "core/mail/mail_queue.h"
#include "core/web/messages.h"

#include <apr_tables.h>

#define LUCI_LETTER_TOKEN_MAX 64

/* One letter. Strings are from the pool of prepare, or borrowed. */
typedef struct {
    const luci_settings_t *settings; /* input */
    const luci_mail_claim_t *claim;  /* input: the row of the queue */
    luci_ms_t now;                   /* input */
    luci_user_t user;                /* output: the account, as soon as it is known; id NULL: none */
    const char *to;                  /* output: as luci_mailbox_check returns it */
    apr_table_t *values; /* output: for the texts; made by the caller, with "site", the name of the site. No
                            value has a line break or another control character */
    const char *list;    /* output: lines after the text, as they are; NULL: none */
    luci_ms_t waiting;   /* output: the number of users that it tells of; 0: it is not about several */
    char invitation[LUCI_INVITATION_TAG_HEX + 1]; /* output, with the token: of which invitation it is; "" */
    char token[LUCI_LETTER_TOKEN_MAX + 1];        /* output: of the link, a secret; "": none */
} luci_letter_t;

/* A kind. */
typedef struct {
    const char *name; /* in the queue */
    luci_message_t subject;
    luci_message_t text;
    luci_message_t more; /* another paragraph, before the link; LUCI_NO_MESSAGE: none */
    luci_message_t end;  /* after the link; LUCI_NO_MESSAGE: nothing */
    const char *link;    /* what follows LuciaSiteURL and LuciaMount, before the token; NULL: no link */
    int waits;    /* 1: it tells of a change, or an administrator has ordered it: mails to its recipient
                     are counted apart from those that others can ask for, and beyond the limit it is
                     sent later. 0: it is dropped */
    int is_reset; /* 1: its link sets a new password: it is counted apart from both */

    /* Finds the recipient, and sets the outputs but the token. NOT_FOUND, EXPIRED, CONFLICT, INVALID: there
     * is nothing to send, and the row is deleted; DENIED: because the user is disabled. */
    luci_result_t (*prepare)(luci_db_t *db, luci_letter_t *letter, apr_pool_t *pool);

    /* Makes the token, which may void an earlier one, once it is certain that a mail may be sent to the
     * recipient. Results as above. NULL: there is none. */
    luci_result_t (*make_token)(luci_db_t *db, luci_letter_t *letter, apr_pool_t *pool);
} luci_letter_kind_t;

/* The kind of this name; NULL: unknown, for example of a newer version on another node. */
const luci_letter_kind_t *luci_letter_kind(const char *name);

#endif
