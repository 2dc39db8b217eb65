/* SPDX-License-Identifier: Apache-2.0 */
/* The mail to an address that another one has replaced, with a link that brings it back. */
#include "core/email/email_token.h"
#include "core/letter/letter_link.h"

static luci_result_t prepare(luci_db_t *db, luci_letter_t *letter, apr_pool_t *pool)
{
    luci_result_t result = luci_letter_link_prepare(db, letter, pool);

    if (result == LUCI_OK)
        apr_table_setn(letter->values, "username", letter->user.username);
    return result;
}

const luci_letter_kind_t luci_letter_undo = {
    .name = LUCI_EMAIL_UNDO,
    .subject = LUCI_MESSAGE("mail_undo_subject"),
    .text = LUCI_MESSAGE("mail_undo_text"),
    .end = LUCI_MESSAGE("mail_undo_end"),
    .link = "/verify?token=",
    .waits = 1,
    .prepare = prepare,
    .make_token = luci_letter_link_make,
};
