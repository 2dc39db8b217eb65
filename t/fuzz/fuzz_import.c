/* SPDX-License-Identifier: Apache-2.0 */
/* The input is a line that luciactl export could have written. */
#include "fuzz.h"

#include "core/base/timestamp.h"
#include "core/config/directive_types.h"
#include "ctl/commands/import_record.h"

#include <jansson.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static int fuzz_import_same(const char *a, const char *b)
{
    return a && b ? strcmp(a, b) == 0 : a == b;
}

static json_t *fuzz_import_json(const luci_import_account_t *account)
{
    json_t *object = json_object(), *values = json_object(), *keys = json_object();
    char iso[LUCI_TIMESTAMP_TEXT];

    json_object_set_new(object, "userId", json_string(account->id));
    json_object_set_new(object, "username", json_string(account->username));
    json_object_set_new(object, "disabled", json_boolean(account->disabled_from == LUCI_USER_DISABLED));
    if (account->disabled_from > LUCI_USER_DISABLED) {
        luci_timestamp_to_iso(account->disabled_from, iso);
        json_object_set_new(object, "expiresAt", json_string(iso));
    }
    if (account->created_at) {
        luci_timestamp_to_iso(luci_timestamp_from_digits(account->created_at), iso);
        json_object_set_new(object, "createdAt", json_string(iso));
    }
    for (int i = 0; i < account->values_count; i++) {
        FUZZ_CHECK(luci_word_is_identifier(account->values[i].column));
        json_object_set_new(values, account->values[i].column, json_string(account->values[i].value));
    }
    for (int i = 0; i < account->keys_count; i++) {
        const char *hash = account->keys[i].stored_hash;

        FUZZ_CHECK(!hash || strlen(hash) <= 255);
        json_object_set_new(keys, account->keys[i].id, hash ? json_string(hash) : json_null());
    }
    json_object_set_new(object, "attributes", values);
    json_object_set_new(object, "keys", keys);
    return object;
}

/* What was read is written, and read again the same. */
static void fuzz_import_again(const luci_import_account_t *account, apr_pool_t *pool)
{
    json_t *object = fuzz_import_json(account);
    char *text = json_dumps(object, JSON_COMPACT);
    luci_import_account_t again;

    FUZZ_CHECK(text && !luci_import_record_read(text, strlen(text), 0, &again, pool));
    FUZZ_CHECK(fuzz_import_same(account->id, again.id) &&
               fuzz_import_same(account->username, again.username) &&
               fuzz_import_same(account->created_at, again.created_at) &&
               account->disabled_from == again.disabled_from && account->values_count == again.values_count &&
               account->keys_count == again.keys_count);
    for (int i = 0; i < account->values_count; i++)
        FUZZ_CHECK(fuzz_import_same(account->values[i].column, again.values[i].column) &&
                   fuzz_import_same(account->values[i].value, again.values[i].value));
    for (int i = 0; i < account->keys_count; i++)
        FUZZ_CHECK(fuzz_import_same(account->keys[i].id, again.keys[i].id) &&
                   fuzz_import_same(account->keys[i].stored_hash, again.keys[i].stored_hash));
    free(text);
    json_decref(object);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    apr_pool_t *pool = fuzz_pool();
    char *text = fuzz_copy(data, size, 0);
    luci_import_account_t account, without;
    const char *problem = luci_import_record_read(text, size, 0, &account, pool);
    const char *problem_without = luci_import_record_read(text, size, 1, &without, pool);

    FUZZ_CHECK(!problem || *problem);
    FUZZ_CHECK(problem || !problem_without); /* without keys more is taken, never less */
    if (!problem_without) {
        FUZZ_CHECK(without.id && *without.id && without.username && *without.username);
        fuzz_import_again(&without, pool);
    }
    if (!problem)
        fuzz_import_again(&account, pool);
    free(text);
    apr_pool_destroy(pool);
    return 0;
}
