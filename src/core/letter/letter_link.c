/* SPDX-License-Identifier: Apache-2.0 */
#include "core/letter/letter_link.h"

#include "core/base/timestamp.h"
#include "core/email/email_token.h"
#include "core/mail/mailbox.h"

_Static_assert(LUCI_EMAIL_TOKEN_LENGTH <= LUCI_LETTER_TOKEN_MAX, "a letter takes the token");

luci_result_t luci_letter_link_prepare(luci_db_t *db, luci_letter_t *letter, apr_pool_t *pool)
{
    const luci_mail_claim_t *claim = letter->claim;
    char *until = apr_palloc(pool, LUCI_TIMESTAMP_TEXT);
    luci_result_t result =
        claim->address ? luci_mailbox_check(claim->address, &letter->to, pool) : LUCI_INVALID;

    if (result == LUCI_OK)
        result = luci_user_get(db, claim->name, &letter->user, pool);
    if (result == LUCI_OK && luci_email_token_is_refused(&letter->user, letter->now))
        return LUCI_DENIED;
    luci_timestamp_to_minutes(claim->expires, until);
    apr_table_setn(letter->values, "until", until);
    return result;
}

luci_result_t luci_letter_link_make(luci_db_t *db, luci_letter_t *letter, apr_pool_t *pool)
{
    const luci_mail_claim_t *claim = letter->claim;
    luci_email_link_t link = { claim->name, claim->kind, claim->address, claim->expires };

    return luci_email_token_make(db, &link, letter->token, pool);
}
