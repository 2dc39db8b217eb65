/* SPDX-License-Identifier: Apache-2.0 */
#include "core/account/failures.h"

int luci_failures_are_too_many(const luci_key_t *key)
{
    return key->failures >= LUCI_FAILURES_MAX;
}

/* The second statement only runs when the first one has found that few failures are left. */
luci_result_t luci_failures_add(luci_db_t *db, const char *key_id, int *is_last, apr_pool_t *scratch)
{
    const luci_argument_t *argument = LUCI_ARGUMENTS({ "id", key_id });
    int changed = 0;
    luci_result_t result = luci_db_execute(db, &luci_sql_key_fail, argument, &changed, scratch);

    *is_last = 0;
    if (result == LUCI_OK && changed == 0)
        result = luci_db_execute(db, &luci_sql_key_fail_last, argument, is_last, scratch);
    return result;
}

luci_result_t luci_failures_set(luci_db_t *db, const char *key_id, int failures, apr_pool_t *scratch)
{
    int changed;

    return luci_db_execute(
        db, &luci_sql_key_set_failures,
        LUCI_ARGUMENTS({ "failures", luci_sql_number(failures, scratch) }, { "id", key_id }), &changed,
        scratch);
}

luci_result_t luci_failures_clear(luci_db_t *db, const char *key_id, apr_pool_t *scratch)
{
    int changed;

    return luci_db_execute(db, &luci_sql_key_forgive, LUCI_ARGUMENTS({ "id", key_id }), &changed, scratch);
}

/* Runs a statement about a user's keys, unless the column does not exist. */
static luci_result_t run_if_counted(luci_db_t *db, const luci_statement_t *statement, const char *user_id,
                                    apr_pool_t *scratch)
{
    int is_counted, changed;
    luci_result_t result = luci_db_has_later(db, &luci_table_key, "failures", &is_counted);

    return result == LUCI_OK && is_counted
               ? luci_db_execute(db, statement, LUCI_ARGUMENTS({ "user", user_id }), &changed, scratch)
               : result;
}

luci_result_t luci_failures_clear_all(luci_db_t *db, const char *user_id, apr_pool_t *scratch)
{
    return run_if_counted(db, &luci_sql_keys_forgive, user_id, scratch);
}

luci_result_t luci_failures_try(luci_db_t *db, apr_pool_t *scratch)
{
    return run_if_counted(db, &luci_sql_keys_try, NULL, scratch);
}

luci_result_t luci_failures_of_user(luci_db_t *db, const char *user_id, int *failures, apr_pool_t *scratch)
{
    const char *const *row;
    luci_result_t result =
        luci_db_select(db, &luci_sql_keys_failures, LUCI_ARGUMENTS({ "user", user_id }), &row, scratch);

    *failures = result == LUCI_OK ? (int)luci_sql_to_number(row[0], LUCI_KEY_UNCOUNTED) : LUCI_KEY_UNCOUNTED;
    return result == LUCI_NOT_FOUND ? LUCI_OK : result;
}
