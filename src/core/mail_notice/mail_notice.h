/* SPDX-License-Identifier: Apache-2.0 */
/* Notices by mail: an owner is told what happened to the account (LuciaMailNotices), in case it was another
 * person. A notice is queued in the transaction of the change: there is no change without its notice, and no
 * notice without its change. The record of an event (event.h) says which kind of notice tells of it, if any.
 *
 * The recipient is the verified address that the account had before the change, and it is written into the
 * queue, so that a later change of the address does not lead the notice away. An account without
 * such an address gets none. Nothing is asked of the database without LuciaMail. */
#ifndef LUCI_MAIL_NOTICE_H
#define LUCI_MAIL_NOTICE_H

#include "core/account/user.h"
#include "core/event/event.h"

/* Where a change comes from. Strings are borrowed, as the client sent them, and NULL if they are unknown. */
typedef struct {
    const char *address;
    const char *user_agent;
    const char *language; /* the tag that is chosen for the client */
} luci_mail_origin_t;

typedef struct {
    luci_event_kind_t event;
    const char *factor;               /* the kind of second factor (factor.h); NULL: none */
    const char *new_address;          /* of a change of the address: what replaces it; NULL: nothing does */
    const char *new_username;         /* of a change of the name; NULL: none */
    const luci_user_t *user;          /* with attributes, as before the change */
    const luci_mail_origin_t *origin; /* NULL: an administrator made the change */
    luci_ms_t now;
    int is_last; /* 1: of the notices of sign-ins that are sent for now */
} luci_mail_notice_t;

/* 1 if these settings want notices of a kind (LUCI_MAIL_NOTICE_...). */
int luci_mail_notice_is_wanted(const luci_settings_t *settings, int kind);

/* Queues the notice, if its kind is wanted, the user has an address, and new_address or new_username is
 * another one than before. Call it in the transaction of the
 * change. OK also if there is nothing to do, or no queue. BUSY, UNAVAILABLE, INTERNAL. */
luci_result_t luci_mail_notice_queue(luci_db_t *db, const luci_settings_t *settings,
                                     const luci_mail_notice_t *notice, apr_pool_t *scratch) LUCI_MUST_USE;

/* What a row of the queue says. Strings are printable ASCII, but for the last one, not NULL, and "" if
 * unknown. */
typedef struct {
    luci_event_kind_t event;
    const char *factor;
    const char *address;
    const char *browser; /* in words: letters, digits and blanks, so that it is no link */
    const char *system;
    int is_by_admin;
    int is_last;
    const char *new_username; /* the only one that need not be ASCII, but one line of UTF-8 */
} luci_mail_notice_detail_t;

/* Reads the detail of a row whose kind is mail. INVALID: no notice of this kind, or of an event that this
 * version does not know. */
luci_result_t luci_mail_notice_read(const char *mail, const char *detail, luci_mail_notice_detail_t *read,
                                    apr_pool_t *pool) LUCI_MUST_USE;

#endif
