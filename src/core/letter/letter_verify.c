/* SPDX-License-Identifier: Apache-2.0 */
/* The mail with a link that verifies an address. If another account has verified the address, its owner is
 * told instead, by a mail of another kind. The text does not name the account, because anyone may have
 * chosen the name and typed the address of another person. */
#include "core/email/email.h"
#include "core/email/email_token.h"
#include "core/letter/letter_link.h"

#include <string.h>

static luci_result_t tell_owner(luci_db_t *db, const luci_letter_t *letter, const luci_user_t *owner,
                                apr_pool_t *scratch)
{
    const luci_mail_claim_t *claim = letter->claim;
    luci_mail_order_t order = {
        .kind = LUCI_LETTER_VERIFY_TAKEN,
        .name = owner->id,
        .address = claim->address,
        .language = claim->language,
        .now = letter->now,
        .expires = claim->expires,
    };
    luci_result_t result = luci_mail_queue_add(db, &order, scratch);

    return result == LUCI_OK ? LUCI_NOT_FOUND : result;
}

/* NOT_FOUND: a later order, or something else, has voided this one. */
static luci_result_t find_order(luci_db_t *db, const luci_letter_t *letter, apr_pool_t *pool)
{
    const luci_mail_claim_t *claim = letter->claim;
    const char *awaited;
    luci_result_t result = luci_email_token_awaited(db, claim->name, letter->now, &awaited, pool);

    return result == LUCI_OK && strcmp(awaited, claim->address) != 0 ? LUCI_NOT_FOUND : result;
}

static luci_result_t prepare(luci_db_t *db, luci_letter_t *letter, apr_pool_t *pool)
{
    luci_user_t owner;
    luci_result_t result = luci_letter_link_prepare(db, letter, pool);

    if (result == LUCI_OK)
        result = find_order(db, letter, pool);
    if (result != LUCI_OK)
        return result;
    result = luci_email_find(db, letter->settings, letter->claim->address, &owner, pool);
    if (result == LUCI_OK && strcmp(owner.id, letter->user.id) != 0)
        return tell_owner(db, letter, &owner, pool);
    return result == LUCI_NOT_FOUND ? LUCI_OK : result;
}

const luci_letter_kind_t luci_letter_verify = {
    .name = LUCI_EMAIL_VERIFY,
    .subject = LUCI_MESSAGE("mail_verify_subject"),
    .text = LUCI_MESSAGE("mail_verify_text"),
    .end = LUCI_MESSAGE("mail_verify_end"),
    .link = "/verify?token=",
    .prepare = prepare,
    .make_token = luci_letter_link_make,
};
