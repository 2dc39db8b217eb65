/* SPDX-License-Identifier: Apache-2.0 */
/* The mail to a user whose account was approved. It goes to the address that was typed at sign-up, verified
 * or not, because it has no token, and an administrator has looked at the account. As in other mails to such
 * addresses, the text does not name the account. */
#include "core/account/key.h"
#include "core/email/email.h"
#include "core/letter/letter.h"
#include "core/mail/mailbox.h"

static luci_result_t prepare(luci_db_t *db, luci_letter_t *letter, apr_pool_t *pool)
{
    luci_key_t key;
    const char *id, *address;
    luci_result_t result = luci_key_id(letter->claim->name, &id, pool);

    if (result == LUCI_OK)
        result = luci_key_get(db, id, &key, pool);
    if (result != LUCI_OK)
        return result;
    letter->user = key.user;
    address = luci_user_attribute(&key.user, letter->settings, LUCI_EMAIL_COLUMN);
    if (!address || luci_user_is_disabled(&key.user, letter->now))
        return LUCI_NOT_FOUND;
    return luci_mailbox_check(address, &letter->to, pool);
}

const luci_letter_kind_t luci_letter_approved = {
    .name = LUCI_MAIL_APPROVED,
    .subject = LUCI_MESSAGE("mail_approved_subject"),
    .text = LUCI_MESSAGE("mail_approved_text"),
    .end = LUCI_MESSAGE("mail_approved_end"),
    .link = "/login",
    .waits = 1,
    .prepare = prepare,
};
