/* SPDX-License-Identifier: Apache-2.0 */
/* Which settings need the same tables and columns. */
#include "core/base/settings.h"

#include "lib/tap.h"

#include <apr_general.h>
#include <apr_strings.h>

static apr_pool_t *pool;

/* Each call makes texts of its own, as two lines of a configuration do. */
static luci_settings_t settings(const char *session, const char *attribute)
{
    luci_settings_t settings = { .tables = { apr_pstrdup(pool, "auth_user"), apr_pstrdup(pool, "user_key"),
                                             apr_pstrdup(pool, session) } };

    settings.attributes = apr_array_make(pool, 2, sizeof(const char *));
    APR_ARRAY_PUSH(settings.attributes, const char *) = "username";
    if (attribute)
        APR_ARRAY_PUSH(settings.attributes, const char *) = apr_pstrdup(pool, attribute);
    return settings;
}

static void check_attribute_line(luci_settings_t with)
{
    tap_is_str(luci_settings_attribute_line(&with, "email"), "LuciaUserAttributes",
               "S4.36: without LuciaEmail, email is an attribute like any other");
    with.email = LUCI_EMAIL_OPTIONAL;
    tap_is_str(luci_settings_attribute_line(&with, "email"), "LuciaEmail",
               "S4.36: LuciaEmail has email read");
    tap_is_str(luci_settings_attribute_line(&with, "email_verified"), "LuciaEmail",
               "S4.36: LuciaEmail has email_verified read");
    tap_is_str(luci_settings_attribute_line(&with, "role"), "LuciaUserAttributes",
               "S4.36: LuciaEmail has no other attribute read");
}

int main(void)
{
    luci_settings_t a, b, other_table, other_attribute, fewer, limited;

    if (apr_initialize() != APR_SUCCESS || apr_pool_create(&pool, NULL) != APR_SUCCESS)
        return 1;
    a = settings("user_session", "email");
    b = limited = settings("user_session", "email");
    check_attribute_line(a);
    other_table = settings("session", "email");
    other_attribute = settings("user_session", "name");
    fewer = settings("user_session", NULL);
    limited.max_lifetime = LUCI_MS_SECOND;
    tap_ok(luci_settings_share_columns(&a, &b), "settings with equal texts share columns");
    tap_ok(!luci_settings_share_columns(&a, &other_table),
           "settings with another table do not share columns");
    tap_ok(!luci_settings_share_columns(&a, &other_attribute),
           "settings with another attribute do not share columns");
    tap_ok(!luci_settings_share_columns(&a, &fewer), "settings with one attribute less do not share columns");
    tap_ok(!luci_settings_share_columns(&a, &limited),
           "settings with a maximum lifetime need a further column");
    return tap_done();
}
