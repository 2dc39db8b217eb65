/* SPDX-License-Identifier: Apache-2.0 */
#include "core/config/email_columns.h"

void luci_email_columns_add(luci_settings_t *settings, apr_pool_t *pool)
{
    static const char *const columns[] = { "email", "email_verified" };

    for (size_t i = 0; settings->email != LUCI_EMAIL_OFF && i < sizeof columns / sizeof *columns; i++) {
        if (luci_settings_has_attribute(settings, columns[i]))
            continue;
        settings->attributes = apr_array_copy(pool, settings->attributes);
        APR_ARRAY_PUSH(settings->attributes, const char *) = columns[i];
    }
}
