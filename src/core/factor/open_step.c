/* SPDX-License-Identifier: Apache-2.0 */
#include "core/factor/open_step.h"

#include "core/db/step_table.h"

/* ---- One step ---- */

luci_result_t luci_open_step_insert(luci_db_t *db, const luci_open_step_t *step, luci_ms_t now,
                                    apr_pool_t *scratch)
{
    int changed;
    luci_result_t result =
        luci_db_execute(db, &luci_sql_steps_trim,
                        LUCI_ARGUMENTS({ "user", step->user_id }, { "now", luci_sql_number(now, scratch) },
                                       { "kept", luci_sql_number(LUCI_OPEN_STEPS_MAX - 1, scratch) }),
                        &changed, scratch);

    return result == LUCI_OK
               ? luci_db_execute(db, &luci_sql_step_insert,
                                 LUCI_ARGUMENTS({ "id", step->id }, { "user", step->user_id },
                                                { "expires", luci_sql_number(step->expires, scratch) }),
                                 &changed, scratch)
               : result;
}

luci_result_t luci_open_step_find(luci_db_t *db, const luci_open_step_t *step, luci_ms_t now,
                                  apr_pool_t *scratch)
{
    const char *const *row;

    return luci_db_select(db, &luci_sql_step_get,
                          LUCI_ARGUMENTS({ "id", step->id }, { "user", step->user_id },
                                         { "now", luci_sql_number(now, scratch) }),
                          &row, scratch);
}

/* One DELETE decides which of several requests completes the step. */
luci_result_t luci_open_step_spend(luci_db_t *db, const luci_open_step_t *step, luci_ms_t now,
                                   apr_pool_t *scratch)
{
    int changed = 0;
    luci_result_t result = luci_db_execute(db, &luci_sql_step_spend,
                                           LUCI_ARGUMENTS({ "id", step->id }, { "user", step->user_id },
                                                          { "now", luci_sql_number(now, scratch) }),
                                           &changed, scratch);

    return result == LUCI_OK && changed != 1 ? LUCI_NOT_FOUND : result;
}

/* ---- All steps ---- */

static luci_result_t find_table(luci_db_t *db, int *found)
{
    const luci_db_target_t *target = luci_db_target(db);

    *found = 0;
    return target->finds_steps || luci_table_is_wanted(&luci_table_step, target->settings)
               ? luci_db_has_table(db, &luci_table_step, found)
               : LUCI_OK;
}

luci_result_t luci_open_steps_void(luci_db_t *db, const char *user_id, apr_pool_t *scratch)
{
    int found, changed;
    luci_result_t result = find_table(db, &found);

    return result == LUCI_OK && found
               ? luci_db_execute(db, &luci_sql_steps_void, LUCI_ARGUMENTS({ "user", user_id }), &changed,
                                 scratch)
               : result;
}

luci_result_t luci_open_steps_purge(luci_db_t *db, luci_ms_t now, int *removed, apr_pool_t *scratch)
{
    int found;
    luci_result_t result = find_table(db, &found);

    *removed = 0;
    return result == LUCI_OK && found
               ? luci_db_execute(db, &luci_sql_steps_purge,
                                 LUCI_ARGUMENTS({ "now", luci_sql_number(now, scratch) }), removed, scratch)
               : result;
}
