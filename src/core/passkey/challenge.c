/* SPDX-License-Identifier: Apache-2.0 */
#include "core/passkey/challenge.h"

#include "core/base/base64url.h"
#include "core/base/secret.h"
#include "core/db/passkey_table.h"

#include <apr_strings.h>
#include <string.h>

/* The label of the key that signs; a token of one purpose is of no use for another. */
static const char *label_of(luci_challenge_purpose_t purpose)
{
    switch (purpose) {
    case LUCI_CHALLENGE_REGISTRATION: return "passkey registration";
    case LUCI_CHALLENGE_SIGN_IN: return "passkey sign-in";
    case LUCI_CHALLENGE_FACTOR: return "passkey factor";
    }
    return "";
}

static luci_seal_t seal_of(const luci_challenge_use_t *use)
{
    return (luci_seal_t){ .keys = use->keys, .use = label_of(use->purpose), .owner = use->user_id };
}

luci_result_t luci_challenge_make(const luci_challenge_use_t *use, luci_ms_t now, luci_challenge_t *challenge,
                                  apr_pool_t *pool)
{
    luci_seal_t seal = seal_of(use);
    unsigned char bytes[LUCI_CHALLENGE_BYTES];
    luci_result_t result = luci_secret_random(bytes, sizeof bytes);

    if (result != LUCI_OK)
        return result;
    apr_cpystrn(challenge->text, luci_base64url_encode(bytes, sizeof bytes, pool), sizeof challenge->text);
    return luci_seal_sign(&seal, challenge->text, now + LUCI_CHALLENGE_LASTS, &challenge->token, pool);
}

luci_result_t luci_challenge_read(const luci_challenge_use_t *use, const char *token, luci_ms_t now,
                                  luci_challenge_t *challenge, apr_pool_t *pool)
{
    luci_seal_t seal = seal_of(use);
    const char *text;
    luci_result_t result = token ? luci_seal_verify(&seal, token, now, &text, pool) : LUCI_DENIED;

    if (result != LUCI_OK)
        return result;
    apr_cpystrn(challenge->text, text, sizeof challenge->text);
    challenge->token = token;
    return LUCI_OK;
}

luci_result_t luci_challenge_spend(luci_db_t *db, const luci_challenge_t *challenge, luci_ms_t now,
                                   apr_pool_t *scratch)
{
    char id[LUCI_SHA256_HEX + 1];
    int changed = 0;
    luci_result_t result = luci_secret_sha256_hex(challenge->text, strlen(challenge->text), id);

    if (result == LUCI_OK)
        result = luci_db_execute(
            db, &luci_sql_passkey_challenge_spend,
            LUCI_ARGUMENTS({ "id", id }, { "expires", luci_sql_number(now + LUCI_CHALLENGE_KEPT, scratch) }),
            &changed, scratch);
    return result == LUCI_OK && changed != 1 ? LUCI_DENIED : result;
}

luci_result_t luci_challenge_purge(luci_db_t *db, luci_ms_t now, int *removed, apr_pool_t *scratch)
{
    int found = 0;
    luci_result_t result = luci_db_has_table(db, &luci_table_passkey_challenge, &found);

    *removed = 0;
    if (result == LUCI_OK && !found)
        return LUCI_NOT_FOUND;
    return result == LUCI_OK
               ? luci_db_execute(db, &luci_sql_passkey_challenges_purge,
                                 LUCI_ARGUMENTS({ "now", luci_sql_number(now, scratch) }), removed, scratch)
               : result;
}
