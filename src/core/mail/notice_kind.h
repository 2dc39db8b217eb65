/* SPDX-License-Identifier: Apache-2.0 */
/* The kinds of notices that LuciaMailNotices names: mails that tell people what happened to their account
 * (core/mail_notice). Each is one record. */
#ifndef LUCI_NOTICE_KIND_H
#define LUCI_NOTICE_KIND_H

typedef struct {
    int bit;          /* LUCI_MAIL_NOTICE_... of settings.h */
    const char *word; /* in LuciaMailNotices; NULL ends the list */
    const char *mail; /* the kind of the mail in the queue */
} luci_mail_notice_kind_t;

extern const luci_mail_notice_kind_t luci_mail_notice_kind_list[];

#endif
