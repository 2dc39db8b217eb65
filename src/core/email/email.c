/* SPDX-License-Identifier: Apache-2.0 */
#include "core/email/email.h"

#include "core/mail/mailbox.h"
#include "core/password/policy.h"

#include <apr_lib.h>
#include <apr_strings.h>

#include <string.h>

#define PROVIDER "email:"
#define HASHED PROVIDER "sha256-"
#define KEY_ID_MAX 255 /* characters of the column, as Lucia's adapters for servers make it */

luci_result_t luci_email_key_id(const char *address, const char **id, apr_pool_t *pool)
{
    const char *mailbox;
    char *lower, hash[LUCI_SHA256_HEX + 1];
    luci_result_t result = luci_mailbox_check(address, &mailbox, pool);

    if (result != LUCI_OK)
        return result;
    lower = apr_pstrdup(pool, mailbox);
    for (char *c = lower; *c; c++)
        *c = (char)apr_tolower(*c);
    *id = apr_pstrcat(pool, PROVIDER, lower, NULL);
    if (strlen(*id) <= KEY_ID_MAX)
        return LUCI_OK;
    result = luci_secret_sha256_hex(lower, strlen(lower), hash);
    *id = apr_pstrcat(pool, HASHED, hash, NULL);
    return result;
}

luci_result_t luci_email_find(luci_db_t *db, const luci_settings_t *settings, const char *address,
                              luci_user_t *user, apr_pool_t *pool)
{
    luci_key_t key;
    const char *id;
    luci_result_t result =
        settings->email == LUCI_EMAIL_OFF ? LUCI_INVALID : luci_email_key_id(address, &id, pool);

    if (result == LUCI_OK)
        result = luci_key_get(db, id, &key, pool);
    if (result == LUCI_OK)
        *user = key.user;
    return result == LUCI_INVALID ? LUCI_NOT_FOUND : result;
}

static luci_result_t find_by_username(luci_db_t *db, const char *name, luci_user_t *user, apr_pool_t *pool)
{
    luci_key_t key;
    const char *id;
    luci_result_t result = luci_key_id(name, &id, pool);

    if (result == LUCI_OK)
        result = luci_key_get(db, id, &key, pool);
    if (result == LUCI_OK)
        *user = key.user;
    return result == LUCI_INVALID ? LUCI_NOT_FOUND : result;
}

/* A name may be older than the rule that it has no blanks at its ends. */
luci_result_t luci_email_find_named(luci_db_t *db, const luci_settings_t *settings, const char *name,
                                    luci_user_t *user, apr_pool_t *pool)
{
    const char *trimmed = luci_policy_trim(name, pool);
    luci_result_t result = luci_email_find(db, settings, trimmed, user, pool);

    if (result == LUCI_NOT_FOUND)
        result = find_by_username(db, name, user, pool);
    return result == LUCI_NOT_FOUND && strcmp(trimmed, name) != 0 ? find_by_username(db, trimmed, user, pool)
                                                                  : result;
}

/* A boolean of each engine. */
static int is_true(const char *value)
{
    return value &&
           (strcmp(value, "1") == 0 || strcasecmp(value, "t") == 0 || strcasecmp(value, "true") == 0);
}

luci_result_t luci_email_verified(const luci_user_t *user, const luci_settings_t *settings,
                                  const char **address, apr_pool_t *pool)
{
    const char *value = luci_user_attribute(user, settings, LUCI_EMAIL_COLUMN);

    if (!value || !*value)
        return LUCI_NOT_FOUND;
    if (luci_settings_has_attribute(settings, LUCI_EMAIL_VERIFIED_COLUMN) &&
        !is_true(luci_user_attribute(user, settings, LUCI_EMAIL_VERIFIED_COLUMN)))
        return LUCI_NOT_FOUND;
    return luci_mailbox_check(value, address, pool);
}

int luci_email_is_proved(const luci_user_t *user, const luci_settings_t *settings)
{
    const char *address = luci_user_attribute(user, settings, LUCI_EMAIL_COLUMN);

    return address && *address && is_true(luci_user_attribute(user, settings, LUCI_EMAIL_VERIFIED_COLUMN));
}

int luci_email_is_missing(const luci_user_t *user, const luci_settings_t *settings)
{
    return settings->email == LUCI_EMAIL_REQUIRED && !luci_email_is_proved(user, settings);
}

int luci_email_is_column(const luci_settings_t *settings, const char *column)
{
    return settings->email != LUCI_EMAIL_OFF && strcasecmp(column, LUCI_EMAIL_COLUMN) == 0;
}

int luci_email_is_same(const char *one, const char *other, apr_pool_t *scratch)
{
    const char *first, *second;

    return luci_email_key_id(one, &first, scratch) == LUCI_OK &&
           luci_email_key_id(other, &second, scratch) == LUCI_OK && strcmp(first, second) == 0;
}
