/* SPDX-License-Identifier: Apache-2.0 */
#include "httpd/base/attribute_names.h"

#include "core/email/email.h"

#include <apr_lib.h>
#include <apr_strings.h>
#include <string.h>

static const char *variable_of(const char *attribute, apr_pool_t *pool)
{
    char *text = apr_pstrcat(pool, "LUCIA_", attribute, NULL);

    for (char *c = text; *c; c++)
        *c = (char)apr_toupper(*c);
    return text;
}

static const char *header_of(const char *attribute, apr_pool_t *pool)
{
    char *name = apr_pstrcat(pool, "X-Lucia-", attribute, NULL);
    int start = 1;

    for (char *c = name + strlen("X-Lucia-"); *c; c++) {
        *c = *c == '_' ? '-' : (char)(start ? apr_toupper(*c) : *c);
        start = *c == '-';
    }
    return name;
}

const luci_attribute_name_t *luci_attribute_names(const luci_settings_t *settings, apr_pool_t *pool)
{
    int count = settings->attributes->nelts;
    luci_attribute_name_t *names = apr_pcalloc(pool, sizeof *names * ((apr_size_t)count + 2));

    for (int i = 0; i < count; i++) {
        const char *attribute = APR_ARRAY_IDX(settings->attributes, i, const char *);

        names[i] = (luci_attribute_name_t){ variable_of(attribute, pool), header_of(attribute, pool),
                                            LUCI_NAME_OF_ANY };
        if (strcmp(attribute, "username") == 0)
            names[i].of = LUCI_NAME_OF_USERNAME;
        else if (luci_email_is_column(settings, attribute))
            names[i].of = LUCI_NAME_OF_ADDRESS;
    }
    names[count] = (luci_attribute_name_t){ "LUCIA_GROUPS", "X-Lucia-Groups", LUCI_NAME_OF_ANY };
    return names;
}
