/* SPDX-License-Identifier: Apache-2.0 */
/* The mail with a link to set a new password. The row names the account as the person who asked has: by its
 * username, or by its address. */
#include "core/base/timestamp.h"
#include "core/email/email.h"
#include "core/letter/letter.h"
#include "core/token/token.h"

#include <apr_strings.h>
#include <string.h>

#define VALID LUCI_MS_HOUR

_Static_assert(LUCI_TOKEN_LENGTH <= LUCI_LETTER_TOKEN_MAX, "a letter takes the token");

static luci_result_t prepare(luci_db_t *db, luci_letter_t *letter, apr_pool_t *pool)
{
    char *until = apr_palloc(pool, LUCI_TIMESTAMP_TEXT);
    luci_result_t result =
        luci_email_find_named(db, letter->settings, letter->claim->name, &letter->user, pool);

    if (result == LUCI_OK && luci_user_is_disabled(&letter->user, letter->now))
        return LUCI_DENIED;
    if (result == LUCI_OK)
        result = luci_email_verified(&letter->user, letter->settings, &letter->to, pool);
    if (result != LUCI_OK)
        return result;
    luci_timestamp_to_minutes(letter->now + VALID, until);
    apr_table_setn(letter->values, "username", letter->user.username);
    apr_table_setn(letter->values, "until", until);
    return LUCI_OK;
}

/* The address may have been changed, or brought back, since the recipient was found. A change that comes
 * later voids the token itself. */
static luci_result_t is_still_recipient(luci_db_t *db, const luci_letter_t *letter, apr_pool_t *pool)
{
    luci_user_t user;
    const char *to = "";
    luci_result_t result = luci_user_get(db, letter->user.id, &user, pool);

    if (result == LUCI_OK)
        result = luci_email_verified(&user, letter->settings, &to, pool);
    return result == LUCI_OK && strcmp(to, letter->to) != 0 ? LUCI_NOT_FOUND : result;
}

static luci_result_t make_token(luci_db_t *db, luci_letter_t *letter, apr_pool_t *pool)
{
    luci_token_wanted_t wanted = { .user = letter->user, .now = letter->now, .expires = letter->now + VALID };
    luci_result_t result = luci_token_make(db, &wanted, pool);

    if (result == LUCI_OK)
        result = is_still_recipient(db, letter, pool);
    if (result == LUCI_OK)
        apr_cpystrn(letter->token, wanted.text, sizeof letter->token);
    luci_secret_wipe(wanted.text, sizeof wanted.text);
    return result;
}

const luci_letter_kind_t luci_letter_reset = {
    .name = LUCI_MAIL_RESET,
    .subject = LUCI_MESSAGE("mail_reset_subject"),
    .text = LUCI_MESSAGE("mail_reset_text"),
    .end = LUCI_MESSAGE("mail_reset_end"),
    .link = "/reset?token=",
    .is_reset = 1,
    .prepare = prepare,
    .make_token = make_token,
};
