/* SPDX-License-Identifier: Apache-2.0 */
#include "core/db/table.h"

#include <apr_strings.h>
#include <string.h>

/* One row per table; luci_table_NAME is defined in NAME_table.c. */
#define TABLES(ROW)                                                                                          \
    ROW(user)                                                                                                \
    ROW(key)                                                                                                 \
    ROW(session)                                                                                             \
    ROW(token)                                                                                               \
    ROW(activity)                                                                                            \
    ROW(totp)                                                                                                \
    ROW(recovery_code)                                                                                       \
    ROW(step)                                                                                                \
    ROW(app_password)                                                                                        \
    ROW(passkey)                                                                                             \
    ROW(passkey_challenge)                                                                                   \
    ROW(user_group)                                                                                          \
    ROW(invitation)                                                                                          \
    ROW(email_token)                                                                                         \
    ROW(mail)                                                                                                \
    ROW(device_notice)

#define DECLARE(name) extern const luci_table_t luci_table_##name;
#define ENTRY(name) &luci_table_##name,

TABLES(DECLARE)

const luci_table_t *const luci_table_list[] = { TABLES(ENTRY) NULL };

const char *luci_table_name(const luci_table_t *table, const luci_tables_t *tables, apr_pool_t *pool)
{
    if (table->suffix)
        return apr_pstrcat(pool, tables->user, "_", table->suffix, NULL);
    return *(const char *const *)((const char *)tables + table->setting);
}

int luci_table_is_wanted(const luci_table_t *table, const luci_settings_t *settings)
{
    return !table->is_wanted || table->is_wanted(settings);
}

int luci_table_wants_column(const luci_table_column_t *column, const luci_settings_t *settings)
{
    return !(column->flags & LUCI_COLUMN_FACTORS) || luci_settings_count_factors(settings);
}

const char *luci_table_failure(const luci_table_t *table, const char *column, const luci_settings_t *settings)
{
    for (const luci_table_need_t *need = table->needs; need && need->column; need++) {
        if (strcmp(need->column, column) == 0 && need->is_needed(settings))
            return need->failure;
    }
    return NULL;
}

static int have_same_needs(const luci_table_t *table, const luci_settings_t *a, const luci_settings_t *b)
{
    for (const luci_table_need_t *need = table->needs; need && need->column; need++) {
        if (!need->is_needed(a) != !need->is_needed(b))
            return 0;
    }
    return 1;
}

int luci_tables_are_alike(const luci_settings_t *a, const luci_settings_t *b)
{
    for (const luci_table_t *const *table = luci_table_list; *table; table++) {
        if (luci_table_is_wanted(*table, a) != luci_table_is_wanted(*table, b) ||
            !have_same_needs(*table, a, b))
            return 0;
    }
    return 1;
}

int luci_table_later(int number, const luci_table_t **table, const luci_table_column_t **column)
{
    for (const luci_table_t *const *t = luci_table_list; *t; t++) {
        for (*table = *t, *column = (*t)->columns; (*column)->name; (*column)++) {
            if ((*column)->flags & LUCI_COLUMN_LATER && number-- == 0)
                return 1;
        }
    }
    return 0;
}

const luci_table_column_t *luci_table_column(const luci_table_t *table, const char *name)
{
    for (const luci_table_column_t *column = table->columns; column->name; column++) {
        if (strcmp(column->name, name) == 0)
            return column;
    }
    return NULL;
}
