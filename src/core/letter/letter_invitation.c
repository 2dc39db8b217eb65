/* SPDX-License-Identifier: Apache-2.0 */
/* The mail with an invitation. The row has the address, and what the invitation is to be; it is made when the
 * mail is sent, and a mail that is tried again voids the one of the try before. */
#include "core/base/timestamp.h"
#include "core/invitation/invitation.h"
#include "core/letter/letter.h"
#include "core/mail/mailbox.h"

#include <apr_strings.h>

_Static_assert(LUCI_INVITATION_LENGTH <= LUCI_LETTER_TOKEN_MAX, "a letter takes the token");

static luci_result_t read_order(luci_letter_t *letter, luci_invitation_wanted_t *wanted, apr_pool_t *pool)
{
    const luci_mail_claim_t *claim = letter->claim;

    if (!claim->address || !claim->detail || luci_mailbox_check(claim->address, &letter->to, pool) != LUCI_OK)
        return LUCI_INVALID;
    wanted->address = letter->to;
    return luci_invitation_from_detail(claim->detail, wanted, pool);
}

static luci_result_t prepare(luci_db_t *db, luci_letter_t *letter, apr_pool_t *pool)
{
    luci_invitation_wanted_t wanted = { .now = letter->now };
    char *until = apr_palloc(pool, LUCI_TIMESTAMP_TEXT);
    int found = 0;
    luci_result_t result = read_order(letter, &wanted, pool);

    if (result == LUCI_OK)
        result = luci_invitation_has_table(db, &found);
    if (result != LUCI_OK || !found)
        return result == LUCI_OK ? LUCI_NOT_FOUND : result;
    luci_timestamp_to_minutes(wanted.expires, until);
    apr_table_setn(letter->values, "until", until);
    return LUCI_OK;
}

static luci_result_t make_token(luci_db_t *db, luci_letter_t *letter, apr_pool_t *pool)
{
    luci_invitation_wanted_t wanted = { .now = letter->now };
    luci_result_t result = read_order(letter, &wanted, pool);

    if (result == LUCI_OK)
        result = luci_invitation_make(db, &wanted, pool);
    if (result == LUCI_OK) {
        apr_cpystrn(letter->token, wanted.text, sizeof letter->token);
        apr_cpystrn(letter->invitation, wanted.id, sizeof letter->invitation);
    }
    luci_secret_wipe(wanted.text, sizeof wanted.text);
    return result;
}

const luci_letter_kind_t luci_letter_invitation = {
    .name = LUCI_MAIL_INVITATION,
    .subject = LUCI_MESSAGE("mail_invitation_subject"),
    .text = LUCI_MESSAGE("mail_invitation_text"),
    .end = LUCI_MESSAGE("mail_invitation_end"),
    .link = "/signup?invite=",
    .waits = 1,
    .prepare = prepare,
    .make_token = make_token,
};
