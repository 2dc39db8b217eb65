/* SPDX-License-Identifier: Apache-2.0 */
/* The mail with a link to set a new password. The row names the account as the person who asked has: by its
 * username, or by its address. */
#include "core/base/timestamp.h"
#include "core/email/email.h"
#include "core/letter/letter.h"
#include "core/token/token.h"

#include <apr_strings.h>

#define VALID LUCI_MS_HOUR

_Static_assert(LUCI_TOKEN_LENGTH <= LUCI_LETTER_TOKEN_MAX, "a letter takes the token");

static luci_result_t find_user(luci_db_t *db, const luci_letter_t *letter, luci_user_t *user,
                               apr_pool_t *pool)
{
    luci_key_t key;
    const char *id;
    luci_result_t result = luci_email_find(db, letter->settings, letter->claim->name, user, pool);

    if (result != LUCI_NOT_FOUND)
        return result;
    result = luci_key_id(letter->claim->name, &id, pool);
    if (result == LUCI_OK)
        result = luci_key_get(db, id, &key, pool);
    if (result == LUCI_OK)
        *user = key.user;
    return result;
}

static luci_result_t prepare(luci_db_t *db, luci_letter_t *letter, apr_pool_t *pool)
{
    luci_token_wanted_t wanted = { .now = letter->now, .expires = letter->now + VALID };
    char *until = apr_palloc(pool, LUCI_TIMESTAMP_TEXT);
    luci_result_t result = find_user(db, letter, &wanted.user, pool);

    if (result == LUCI_OK)
        result = luci_email_verified(&wanted.user, letter->settings, &letter->to, pool);
    if (result == LUCI_OK)
        result = luci_token_make(db, &wanted, pool);
    if (result != LUCI_OK)
        return result;
    apr_cpystrn(letter->token, wanted.text, sizeof letter->token);
    luci_secret_wipe(wanted.text, sizeof wanted.text);
    luci_timestamp_to_minutes(wanted.expires, until);
    apr_table_setn(letter->values, "username", wanted.user.username);
    apr_table_setn(letter->values, "until", until);
    return LUCI_OK;
}

const luci_letter_kind_t luci_letter_reset = {
    .name = LUCI_MAIL_RESET,
    .subject = LUCI_MESSAGE("mail_reset_subject"),
    .text = LUCI_MESSAGE("mail_reset_text"),
    .end = LUCI_MESSAGE("mail_reset_end"),
    .link = "/reset?token=",
    .prepare = prepare,
};
