/* SPDX-License-Identifier: Apache-2.0 */
#include "core/recovery/recovery.h"

#include "core/base/secret.h"
#include "core/db/recovery_code_table.h"

#include <string.h>

#define CHARACTERS LUCI_BASE32_LENGTH(LUCI_RECOVERY_BYTES)

/* ---- Making ---- */

/* Writes a code with hyphens. */
static void group(const char plain[CHARACTERS + 1], char text[LUCI_RECOVERY_TEXT])
{
    for (int i = 0; i < CHARACTERS; i++) {
        if (i > 0 && i % LUCI_RECOVERY_GROUP == 0)
            *text++ = '-';
        *text++ = plain[i];
    }
    *text = '\0';
}

luci_result_t luci_recovery_new(luci_recovery_codes_t *codes)
{
    unsigned char random[LUCI_RECOVERY_BYTES];
    char plain[CHARACTERS + 1];
    luci_result_t result = LUCI_OK;

    for (int i = 0; i < LUCI_RECOVERY_CODES && result == LUCI_OK; i++) {
        result = luci_secret_random(random, sizeof random);
        luci_base32_encode(random, sizeof random, plain);
        group(plain, codes->text[i]);
    }
    if (result != LUCI_OK)
        luci_secret_wipe(codes, sizeof *codes);
    luci_secret_wipe(random, sizeof random);
    luci_secret_wipe(plain, sizeof plain);
    return result;
}

/* ---- The table ---- */

/* The stored id of a code. It is the hash of its bits, so that its spelling does not matter. */
static luci_result_t id_of(const char *text, char id[LUCI_SHA256_HEX + 1])
{
    unsigned char bits[LUCI_RECOVERY_BYTES];
    luci_result_t result = luci_base32_decode(text, bits, sizeof bits);

    if (result == LUCI_OK)
        result = luci_secret_sha256_hex(bits, sizeof bits, id);
    luci_secret_wipe(bits, sizeof bits);
    return result;
}

luci_result_t luci_recovery_remove(luci_db_t *db, const char *user_id, apr_pool_t *scratch)
{
    int changed;

    return luci_db_execute(db, &luci_sql_recovery_codes_delete, LUCI_ARGUMENTS({ "user", user_id }), &changed,
                           scratch);
}

luci_result_t luci_recovery_replace(luci_db_t *db, const char *user_id, const luci_recovery_codes_t *codes,
                                    apr_pool_t *scratch)
{
    char id[LUCI_SHA256_HEX + 1];
    int changed;
    luci_result_t result = luci_recovery_remove(db, user_id, scratch);

    for (int i = 0; i < LUCI_RECOVERY_CODES && result == LUCI_OK; i++) {
        result = id_of(codes->text[i], id);
        if (result == LUCI_OK)
            result = luci_db_execute(db, &luci_sql_recovery_code_insert,
                                     LUCI_ARGUMENTS({ "id", id }, { "user", user_id }), &changed, scratch);
    }
    return result;
}

/* The database finds the row by the hash of the code, so that the time tells nothing about stored codes. */
luci_result_t luci_recovery_spend(luci_db_t *db, const char *user_id, const char *typed, apr_pool_t *scratch)
{
    char id[LUCI_SHA256_HEX + 1];
    int changed = 0;
    luci_result_t result = id_of(typed, id);

    if (result == LUCI_OK)
        result = luci_db_execute(db, &luci_sql_recovery_code_spend,
                                 LUCI_ARGUMENTS({ "id", id }, { "user", user_id }), &changed, scratch);
    return result == LUCI_OK && changed != 1 ? LUCI_DENIED : result;
}
