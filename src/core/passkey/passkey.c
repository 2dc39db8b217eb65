/* SPDX-License-Identifier: Apache-2.0 */
#include "core/passkey/passkey.h"

#include "core/base/base64url.h"
#include "core/base/timestamp.h"
#include "core/db/passkey_table.h"
#include "core/password/policy.h"

#include <apr_strings.h>
#include <string.h>

/* ---- What rows are made of ---- */

#define HANDLE_LABEL "luciauth passkey\n"

luci_result_t luci_passkey_user_handle(const char *user_id, unsigned char handle[LUCI_USER_HANDLE_BYTES])
{
    char text[sizeof(HANDLE_LABEL) + 255];
    int length = apr_snprintf(text, sizeof text, HANDLE_LABEL "%s", user_id);

    return (size_t)length == strlen(HANDLE_LABEL) + strlen(user_id)
               ? luci_secret_sha256(text, (size_t)length, handle)
               : LUCI_INTERNAL;
}

luci_result_t luci_passkey_check_handle(const luci_bytes_t *handle, const char *user_id)
{
    unsigned char expected[LUCI_USER_HANDLE_BYTES];
    luci_result_t result = luci_passkey_user_handle(user_id, expected);

    if (result == LUCI_OK &&
        (handle->length != sizeof expected || !luci_secret_equal(handle->data, expected, sizeof expected)))
        return LUCI_DENIED;
    return result;
}

luci_result_t luci_passkey_name(const char *typed, const char **name, apr_pool_t *pool)
{
    if (!typed)
        return LUCI_INVALID;
    *name = luci_policy_trim(typed, pool);
    return luci_policy_label(*name, LUCI_PASSKEY_NAME_MAX);
}

static void set_id(luci_passkey_t *passkey, const char *id)
{
    apr_cpystrn(passkey->id, id, sizeof passkey->id);
    apr_cpystrn(passkey->tag, id, sizeof passkey->tag);
}

luci_result_t luci_passkey_new(const luci_passkey_credential_t *credential, luci_passkey_t *passkey,
                               apr_pool_t *pool)
{
    char id[LUCI_SHA256_HEX + 1];
    luci_result_t result = luci_secret_sha256_hex(credential->id.data, credential->id.length, id);

    passkey->credential = *credential;
    passkey->credential_id = luci_base64url_encode(credential->id.data, credential->id.length, pool);
    passkey->last_used = 0;
    set_id(passkey, id);
    return result;
}

static luci_ms_t moment(const char *stored)
{
    return luci_timestamp_clamp(luci_sql_to_number(stored, 0));
}

/* A row that the module did not write has no key, and verifies nothing. */
static void from_row(luci_passkey_t *passkey, const char *const *row, apr_pool_t *pool)
{
    const char *id = row[LUCI_SQL_PASSKEY_CREDENTIAL], *key = row[LUCI_SQL_PASSKEY_KEY];
    unsigned char *bytes = NULL;
    size_t length = 0;

    *passkey = (luci_passkey_t){ .user_id = row[LUCI_SQL_PASSKEY_USER_ID],
                                 .name = row[LUCI_SQL_PASSKEY_NAME] ? row[LUCI_SQL_PASSKEY_NAME] : "",
                                 .credential_id = id ? id : "",
                                 .created_at = moment(row[LUCI_SQL_PASSKEY_CREATED]),
                                 .last_used = moment(row[LUCI_SQL_PASSKEY_USED]) };
    set_id(passkey, row[LUCI_SQL_PASSKEY_ID] ? row[LUCI_SQL_PASSKEY_ID] : "");
    if (luci_base64url_decode(passkey->credential_id, &bytes, &length, pool) == LUCI_OK)
        passkey->credential.id = (luci_bytes_t){ bytes, length };
    if (!key || luci_base64url_decode(key, &bytes, &length, pool) != LUCI_OK ||
        luci_cose_key_read(bytes, length, &passkey->credential.key) != LUCI_OK)
        passkey->credential.key = (luci_cose_key_t){ .algorithm = 0 };
    passkey->credential.sign_count = (apr_uint32_t)luci_sql_to_number(row[LUCI_SQL_PASSKEY_COUNT], 0);
    passkey->credential.flags = (int)luci_sql_to_number(row[LUCI_SQL_PASSKEY_FLAGS], 0);
}

/* ---- The table ---- */

luci_result_t luci_passkey_has_table(luci_db_t *db)
{
    int found = 0;
    luci_result_t result = luci_db_has_table(db, &luci_table_passkey, &found);

    return result == LUCI_OK && !found ? LUCI_NOT_FOUND : result;
}

static luci_result_t count_rows(luci_db_t *db, const char *user_id, int *count, apr_pool_t *scratch)
{
    const char *const *row;
    luci_result_t result =
        luci_db_select(db, &luci_sql_passkeys_count, LUCI_ARGUMENTS({ "user", user_id }), &row, scratch);

    *count = result == LUCI_OK ? (int)luci_sql_to_number(row[0], 0) : 0;
    return result;
}

luci_result_t luci_passkey_count(luci_db_t *db, const char *user_id, int *count, apr_pool_t *scratch)
{
    luci_result_t result = luci_passkey_has_table(db);

    *count = 0;
    if (result == LUCI_OK)
        result = count_rows(db, user_id, count, scratch);
    return result == LUCI_NOT_FOUND ? LUCI_OK : result;
}

luci_result_t luci_passkey_has_any(luci_db_t *db, const char *user_id, int *has, apr_pool_t *scratch)
{
    int count = 0;
    luci_result_t result = luci_passkey_has_table(db);

    if (result == LUCI_OK)
        result = count_rows(db, user_id, &count, scratch);
    *has = count > 0;
    return result == LUCI_NOT_FOUND ? LUCI_UNAVAILABLE : result;
}

static luci_result_t insert(luci_db_t *db, const luci_passkey_t *passkey, apr_pool_t *scratch)
{
    const luci_passkey_credential_t *credential = &passkey->credential;
    unsigned char key[LUCI_COSE_KEY_MAX];
    size_t length;
    int changed = 0;
    luci_result_t result = luci_cose_key_write(&credential->key, key, &length);

    if (result == LUCI_OK)
        result = luci_db_execute(
            db, &luci_sql_passkey_insert,
            LUCI_ARGUMENTS(
                { "id", passkey->id }, { "user", passkey->user_id }, { "credential", passkey->credential_id },
                { "key", luci_base64url_encode(key, length, scratch) },
                { "algorithm", luci_sql_number(credential->key.algorithm, scratch) },
                { "count", luci_sql_number(credential->sign_count, scratch) },
                { "flags", luci_sql_number(credential->flags, scratch) }, { "name", passkey->name },
                { "now", luci_sql_number(passkey->created_at, scratch) }),
            &changed, scratch);
    return result == LUCI_OK && changed != 1 ? LUCI_CONFLICT : result;
}

luci_result_t luci_passkey_insert(luci_db_t *db, const luci_passkey_t *passkey, apr_pool_t *scratch)
{
    int count;
    luci_result_t result = count_rows(db, passkey->user_id, &count, scratch);

    if (result == LUCI_OK && count >= LUCI_PASSKEYS_MAX)
        return LUCI_EXPIRED;
    return result == LUCI_OK ? insert(db, passkey, scratch) : result;
}

luci_result_t luci_passkey_find(luci_db_t *db, const luci_bytes_t *credential_id, luci_passkey_t *passkey,
                                luci_user_t *user, apr_pool_t *pool)
{
    const char *const *row;
    char id[LUCI_SHA256_HEX + 1];
    luci_result_t result = luci_passkey_has_table(db);

    if (result == LUCI_OK)
        result = luci_secret_sha256_hex(credential_id->data, credential_id->length, id);
    if (result == LUCI_OK)
        result = luci_db_select(db, &luci_sql_passkey_get, LUCI_ARGUMENTS({ "id", id }), &row, pool);
    if (result != LUCI_OK)
        return result;
    from_row(passkey, row, pool);
    luci_user_from_row(user, db, row + LUCI_SQL_PASSKEY_USER);
    return LUCI_OK;
}

luci_result_t luci_passkey_list(luci_db_t *db, const char *user_id, apr_array_header_t **list,
                                apr_pool_t *pool)
{
    apr_array_header_t *rows;
    luci_result_t result = luci_passkey_has_table(db);

    *list = apr_array_make(pool, 4, sizeof(luci_passkey_t));
    if (result == LUCI_OK)
        result = luci_db_select_all(db, &luci_sql_passkeys_of_user, LUCI_ARGUMENTS({ "user", user_id }),
                                    &rows, pool);
    for (int i = 0; result == LUCI_OK && i < rows->nelts; i++)
        from_row(apr_array_push(*list), APR_ARRAY_IDX(rows, i, const char *const *), pool);
    return result;
}

/* MySQL counts only rows whose values differ, and two uses in one millisecond may write the same ones. */
static luci_result_t is_there(luci_db_t *db, const luci_passkey_t *passkey, apr_pool_t *scratch)
{
    apr_array_header_t *list;
    luci_result_t result = luci_passkey_list(db, passkey->user_id, &list, scratch);

    for (int i = 0; result == LUCI_OK && i < list->nelts; i++) {
        if (strcmp(APR_ARRAY_IDX(list, i, luci_passkey_t).id, passkey->id) == 0)
            return LUCI_OK;
    }
    return result == LUCI_OK ? LUCI_NOT_FOUND : result;
}

luci_result_t luci_passkey_used(luci_db_t *db, const luci_passkey_t *passkey, luci_ms_t now,
                                apr_pool_t *scratch)
{
    int changed = 0;
    luci_result_t result =
        luci_db_execute(db, &luci_sql_passkey_used,
                        LUCI_ARGUMENTS({ "id", passkey->id }, { "user", passkey->user_id },
                                       { "count", luci_sql_number(passkey->credential.sign_count, scratch) },
                                       { "flags", luci_sql_number(passkey->credential.flags, scratch) },
                                       { "now", luci_sql_number(now, scratch) }),
                        &changed, scratch);

    return result == LUCI_OK && changed == 0 ? is_there(db, passkey, scratch) : result;
}

/* ---- By tag ---- */

/* Finds the one of a user that has this tag. */
static luci_result_t find_tag(luci_db_t *db, const char *user_id, const char *tag, const char **id,
                              apr_pool_t *scratch)
{
    apr_array_header_t *list;
    luci_result_t result = luci_passkey_list(db, user_id, &list, scratch);

    for (int i = 0; result == LUCI_OK && i < list->nelts; i++) {
        *id = APR_ARRAY_IDX(list, i, luci_passkey_t).id;
        if (strcmp(APR_ARRAY_IDX(list, i, luci_passkey_t).tag, tag) == 0)
            return LUCI_OK;
    }
    return result == LUCI_OK ? LUCI_NOT_FOUND : result;
}

luci_result_t luci_passkey_rename(luci_db_t *db, const char *user_id, const char *tag, const char *name,
                                  apr_pool_t *scratch)
{
    const char *id;
    int changed;
    luci_result_t result = find_tag(db, user_id, tag, &id, scratch);

    return result == LUCI_OK
               ? luci_db_execute(db, &luci_sql_passkey_rename,
                                 LUCI_ARGUMENTS({ "id", id }, { "user", user_id }, { "name", name }),
                                 &changed, scratch)
               : result;
}

luci_result_t luci_passkey_delete(luci_db_t *db, const char *user_id, const char *tag, apr_pool_t *scratch)
{
    const char *id;
    int changed;
    luci_result_t result = find_tag(db, user_id, tag, &id, scratch);

    return result == LUCI_OK
               ? luci_db_execute(db, &luci_sql_passkey_delete,
                                 LUCI_ARGUMENTS({ "id", id }, { "user", user_id }), &changed, scratch)
               : result;
}
