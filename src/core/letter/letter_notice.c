/* SPDX-License-Identifier: Apache-2.0 */
/* The mails that tell of what happened to an account. The row has all that they say. */
#include "core/base/timestamp.h"
#include "core/letter/letter.h"
#include "core/mail/mailbox.h"
#include "core/mail_notice/mail_notice.h"

/* A section of the texts is named like the event or the factor that it is about. */
static luci_result_t prepare(luci_db_t *db, luci_letter_t *letter, apr_pool_t *pool)
{
    const luci_mail_claim_t *claim = letter->claim;
    luci_mail_notice_detail_t detail;
    char *at = apr_palloc(pool, LUCI_TIMESTAMP_TEXT);
    luci_result_t result = luci_mail_notice_read(claim->kind, claim->detail, &detail, pool);

    (void)db;
    if (result == LUCI_OK)
        result = luci_mailbox_check(claim->address ? claim->address : "", &letter->to, pool);
    if (result != LUCI_OK)
        return result;
    letter->user.username = claim->name;
    luci_timestamp_to_minutes(claim->created, at);
    apr_table_setn(letter->values, "username", claim->name);
    apr_table_setn(letter->values, "at", at);
    apr_table_setn(letter->values, "address", detail.address);
    apr_table_setn(letter->values, "browser", detail.browser);
    apr_table_setn(letter->values, "system", detail.system);
    apr_table_setn(letter->values, "administrator", detail.is_by_admin ? "1" : "");
    apr_table_setn(letter->values, "new_username", detail.new_username);
    apr_table_setn(letter->values, "last", detail.is_last ? "1" : "");
    apr_table_setn(letter->values, luci_event_name(detail.event), "1");
    if (*detail.factor)
        apr_table_setn(letter->values, detail.factor, "1");
    return LUCI_OK;
}

#define NOTICE(kind, title, what, advice, page)                                                              \
    const luci_letter_kind_t luci_letter_notice_##kind = {                                                   \
        .name = "notice_" #kind,                                                                             \
        .subject = { title },                                                                                \
        .text = { what },                                                                                    \
        .more = { advice },                                                                                  \
        .link = (page),                                                                                      \
        .waits = 1,                                                                                          \
        .prepare = prepare,                                                                                  \
    }

NOTICE(device, "mail_notice_device_subject", "mail_notice_device_text", "mail_notice_more", "/forgot");
NOTICE(password, "mail_notice_password_subject", "mail_notice_password_text", "mail_notice_more", "/forgot");
NOTICE(email, "mail_notice_email_subject", "mail_notice_email_text", "mail_notice_email_more", NULL);
NOTICE(factor, "mail_notice_factor_subject", "mail_notice_factor_text", "mail_notice_factor_more", "/forgot");
NOTICE(username, "mail_notice_username_subject", "mail_notice_username_text", "mail_notice_more", "/forgot");
