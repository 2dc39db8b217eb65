/* SPDX-License-Identifier: Apache-2.0 */
#include "core/base/settings.h"

#include <string.h>

int luci_settings_has_attribute(const luci_settings_t *settings, const char *column)
{
    for (int i = 0; i < settings->attributes->nelts; i++) {
        if (strcmp(APR_ARRAY_IDX(settings->attributes, i, const char *), column) == 0)
            return 1;
    }
    return 0;
}

const char *luci_settings_attribute_line(const luci_settings_t *settings, const char *column)
{
    int is_of_email = strcmp(column, "email") == 0 || strcmp(column, "email_verified") == 0;

    return is_of_email && settings->email != LUCI_EMAIL_OFF ? "LuciaEmail" : "LuciaUserAttributes";
}

int luci_settings_same_attributes(const luci_settings_t *one, const luci_settings_t *other)
{
    const apr_array_header_t *a = one->attributes, *b = other->attributes;

    if (a == b)
        return 1;
    if (a->nelts != b->nelts)
        return 0;
    for (int i = 0; i < a->nelts; i++) {
        if (strcmp(APR_ARRAY_IDX(a, i, const char *), APR_ARRAY_IDX(b, i, const char *)) != 0)
            return 0;
    }
    return 1;
}

int luci_settings_values(const luci_settings_t *settings)
{
    return settings->attributes->nelts + settings->groups;
}

int luci_settings_count_factors(const luci_settings_t *settings)
{
    return settings->second_factor != LUCI_SECOND_FACTOR_OFF || settings->passkeys != LUCI_PASSKEYS_OFF;
}

int luci_settings_share_columns(const luci_settings_t *a, const luci_settings_t *b)
{
    return strcmp(a->tables.user, b->tables.user) == 0 && strcmp(a->tables.key, b->tables.key) == 0 &&
           strcmp(a->tables.session, b->tables.session) == 0 && !a->max_lifetime == !b->max_lifetime &&
           !a->second_factor == !b->second_factor && !a->passkeys == !b->passkeys && a->groups == b->groups &&
           !a->mail == !b->mail && !a->email == !b->email && luci_settings_same_attributes(a, b);
}

int luci_settings_asks_for(const apr_array_header_t *asked, const char *column)
{
    for (int i = 0; i < asked->nelts; i++) {
        if (strcmp(APR_ARRAY_IDX(asked, i, luci_asked_attribute_t).name, column) == 0)
            return 1;
    }
    return 0;
}
