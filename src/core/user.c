/* SPDX-License-Identifier: Apache-2.0 */
#include "user.h"

#include <string.h>

luci_result_t luci_user_insert(luci_db_t *db, const luci_user_t *user, luci_ms_t now, apr_pool_t *scratch)
{
    const char *arguments[] = { user->id, user->username, luci_sql_number(now, scratch) };
    int changed;
    luci_result_t result = luci_db_execute(db, LUCI_SQL_USER_INSERT, arguments, &changed, scratch);

    if (result != LUCI_OK)
        return result;
    return changed == 1 ? LUCI_OK : LUCI_CONFLICT;
}

/* Whatever a row says that is not plainly "no" counts: an operator who wrote "yes" meant it. */
static int is_set(const char *flag)
{
    return flag && *flag && strcmp(flag, "0") != 0 && strcmp(flag, "f") != 0 && strcmp(flag, "false") != 0;
}

void luci_user_from_row(luci_user_t *user, const char *const *columns)
{
    user->id = columns[LUCI_SQL_USER_ID];
    user->username = columns[LUCI_SQL_USER_NAME] ? columns[LUCI_SQL_USER_NAME] : "";
    user->disabled = is_set(columns[LUCI_SQL_USER_DISABLED]);
    user->attributes = columns + LUCI_SQL_USER_ATTRIBUTES;
}

const char *luci_user_attribute(const luci_user_t *user, const luci_settings_t *settings, const char *name)
{
    for (int i = 0; i < settings->attributes->nelts; i++) {
        if (strcmp(APR_ARRAY_IDX(settings->attributes, i, const char *), name) == 0)
            return user->attributes ? user->attributes[i] : NULL;
    }
    return strcmp(name, "username") == 0 ? user->username : NULL;
}
