/* SPDX-License-Identifier: Apache-2.0 */
#include "core/email/email_order.h"

#include "core/mail/mail_queue.h"

static luci_result_t add(luci_db_t *db, const luci_email_order_t *order, const char *kind, luci_ms_t lasts,
                         apr_pool_t *scratch)
{
    luci_email_link_t link = {
        .user_id = order->user_id,
        .kind = kind,
        .email = order->address,
        .expires = order->now + lasts,
    };
    luci_mail_order_t mail = {
        .kind = kind,
        .name = order->user_id,
        .address = order->address,
        .language = order->language,
        .now = order->now,
        .expires = link.expires,
    };
    luci_result_t result = luci_email_token_expect(db, &link, scratch);

    if (result == LUCI_OK)
        result = luci_mail_queue_add(db, &mail, scratch);
    return result == LUCI_NOT_FOUND ? LUCI_UNAVAILABLE : result;
}

luci_result_t luci_email_order_verify(luci_db_t *db, const luci_email_order_t *order, apr_pool_t *scratch)
{
    return add(db, order, LUCI_EMAIL_VERIFY, LUCI_EMAIL_VERIFY_LASTS, scratch);
}

luci_result_t luci_email_order_undo(luci_db_t *db, const luci_email_order_t *order, apr_pool_t *scratch)
{
    return add(db, order, LUCI_EMAIL_UNDO, LUCI_EMAIL_UNDO_LASTS, scratch);
}
