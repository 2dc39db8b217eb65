/* SPDX-License-Identifier: Apache-2.0 */
#include "ctl/commands/import_record.h"

#include "core/base/timestamp.h"
#include "core/config/directive_types.h"
#include "core/group/group.h"

#include <apr_strings.h>
#include <jansson.h>
#include <string.h>

const char luci_import_record_keyless[] = "the member \"keys\" is missing: export --with-hashes writes it; "
                                          "--without-keys imports users without keys";

#define HASH_BYTES_MAX 255 /* the width of the column on MariaDB and SQLite */

static const char *read_values(json_t *object, luci_import_account_t *account, apr_pool_t *pool)
{
    luci_user_value_t *values = apr_pcalloc(pool, (json_object_size(object) + 1) * sizeof *values);
    const char *column;
    json_t *value;

    json_object_foreach(object, column, value)
    {
        if (!luci_word_is_identifier(column))
            return "the name of an attribute is not a valid column name";
        if (!json_is_string(value) && !json_is_null(value))
            return apr_psprintf(pool, "the attribute %s is neither a string nor null", column);
        if (json_is_string(value))
            values[account->values_count++] =
                (luci_user_value_t){ apr_pstrdup(pool, column), apr_pstrdup(pool, json_string_value(value)) };
    }
    account->values = values;
    return NULL;
}

static const char *read_keys(json_t *object, luci_import_account_t *account, apr_pool_t *pool)
{
    luci_import_key_t *keys = apr_pcalloc(pool, (json_object_size(object) + 1) * sizeof *keys);
    const char *id;
    json_t *hash;

    json_object_foreach(object, id, hash)
    {
        if (!json_is_string(hash) && !json_is_null(hash))
            return "a key's hash is neither a string nor null";
        if (json_string_length(hash) > HASH_BYTES_MAX)
            return apr_psprintf(pool, "the hash of the key %s is longer than %d bytes", id, HASH_BYTES_MAX);
        keys[account->keys_count++] =
            (luci_import_key_t){ apr_pstrdup(pool, id),
                                 json_is_string(hash) ? apr_pstrdup(pool, json_string_value(hash)) : NULL };
    }
    account->keys = keys;
    return NULL;
}

static const char *read_groups(json_t *array, luci_import_account_t *account, apr_pool_t *pool)
{
    const char **names = apr_pcalloc(pool, (json_array_size(array) + 1) * sizeof *names);
    size_t i, bytes = 0;
    json_t *name;

    json_array_foreach(array, i, name)
    {
        if (!json_is_string(name) || !luci_group_is_name(json_string_value(name)))
            return "groups has something that is not the name of a group";
        bytes += json_string_length(name) + 1;
        names[account->groups_count++] = apr_pstrdup(pool, json_string_value(name));
    }
    account->groups = names;
    return bytes > LUCI_GROUPS_BYTES_MAX ? "the user has too many groups" : NULL;
}

static const char *read_text(json_t *value, const char **text, apr_pool_t *pool)
{
    if (!json_is_string(value) || !*json_string_value(value))
        return "username or userId is not a string, or is empty";
    *text = apr_pstrdup(pool, json_string_value(value));
    return NULL;
}

static const char *read_created(json_t *value, luci_import_account_t *account, apr_pool_t *pool)
{
    luci_ms_t moment;

    if (json_is_null(value))
        return NULL;
    if (!json_is_string(value) || !luci_timestamp_from_iso(json_string_value(value), &moment))
        return "createdAt is not a time such as 2026-03-01T09:30:00.250Z";
    account->created_at = apr_psprintf(pool, "%" APR_INT64_T_FMT, moment);
    return NULL;
}

/* A user whom the flag disables has no date. */
static const char *read_expiry(json_t *value, luci_import_account_t *account)
{
    luci_ms_t moment;

    if (json_is_null(value))
        return NULL;
    if (!json_is_string(value) || !luci_timestamp_from_iso(json_string_value(value), &moment) ||
        moment <= LUCI_USER_DISABLED)
        return "expiresAt is not a time such as 2027-01-01T00:00:00.000Z";
    if (account->disabled_from != LUCI_USER_DISABLED)
        account->disabled_from = moment & ~(luci_ms_t)1;
    return NULL;
}

static const char *read_member(const char *name, json_t *value, luci_import_account_t *account,
                               apr_pool_t *pool)
{
    if (strcmp(name, "username") == 0)
        return read_text(value, &account->username, pool);
    if (strcmp(name, "userId") == 0)
        return read_text(value, &account->id, pool);
    if (strcmp(name, "createdAt") == 0)
        return read_created(value, account, pool);
    if (strcmp(name, "disabled") == 0) {
        if (json_is_true(value))
            account->disabled_from = LUCI_USER_DISABLED;
        return json_is_boolean(value) ? NULL : "disabled is neither true nor false";
    }
    if (strcmp(name, "expiresAt") == 0)
        return read_expiry(value, account);
    if (strcmp(name, "attributes") == 0)
        return json_is_object(value) ? read_values(value, account, pool) : "attributes is not an object";
    if (strcmp(name, "keys") == 0)
        return json_is_object(value) ? read_keys(value, account, pool) : "keys is not an object";
    if (strcmp(name, "groups") == 0)
        return json_is_array(value) ? read_groups(value, account, pool) : "groups is not an array";
    return apr_psprintf(pool, "the member \"%s\" is unknown", name);
}

static const char *read_object(json_t *object, int without_keys, luci_import_account_t *account,
                               apr_pool_t *pool)
{
    const char *name, *problem = NULL;
    json_t *value;

    if (!json_is_object(object))
        return "the line is not a JSON object";
    /* The name is read first, so that messages about the other members can contain it. */
    (void)read_text(json_object_get(object, "username"), &account->username, pool);
    json_object_foreach(object, name, value)
    {
        problem = read_member(name, value, account, pool);
        if (problem)
            return problem;
    }
    if (!account->username || !account->id)
        return "username or userId is missing";
    if (!json_object_get(object, "disabled"))
        return "the member \"disabled\" is missing";
    if (!json_object_get(object, "keys") && !without_keys)
        return luci_import_record_keyless;
    return NULL;
}

const char *luci_import_record_read(const char *text, size_t length, int without_keys,
                                    luci_import_account_t *account, apr_pool_t *pool)
{
    json_error_t error;
    json_t *object = json_loadb(text, length, JSON_REJECT_DUPLICATES, &error);
    const char *problem;

    *account = (luci_import_account_t){ 0 };
    problem = object ? read_object(object, without_keys, account, pool)
                     : apr_pstrcat(pool, "the line is not JSON: ", error.text, NULL);
    json_decref(object);
    return problem;
}
