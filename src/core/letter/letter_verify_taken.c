/* SPDX-License-Identifier: Apache-2.0 */
/* The mail to an address that was given for one account and that another one has verified, whose user's id
 * the row has as name. */
#include "core/email/email.h"
#include "core/letter/letter_link.h"

#include <string.h>

static luci_result_t prepare(luci_db_t *db, luci_letter_t *letter, apr_pool_t *pool)
{
    luci_user_t owner;
    luci_result_t result = luci_letter_link_prepare(db, letter, pool);

    if (result == LUCI_OK)
        result = luci_email_find(db, letter->settings, letter->claim->address, &owner, pool);
    if (result == LUCI_OK && strcmp(owner.id, letter->user.id) != 0)
        return LUCI_NOT_FOUND;
    if (result == LUCI_OK)
        apr_table_setn(letter->values, "username", letter->user.username);
    return result;
}

const luci_letter_kind_t luci_letter_verify_taken = {
    .name = LUCI_LETTER_VERIFY_TAKEN,
    .subject = LUCI_MESSAGE("mail_verify_taken_subject"),
    .text = LUCI_MESSAGE("mail_verify_taken_text"),
    .end = LUCI_MESSAGE("mail_verify_taken_end"),
    .link = "/login",
    .prepare = prepare,
};
