/* SPDX-License-Identifier: Apache-2.0 */
#include "core/session/purge.h"

#include "core/db/db_problem.h"
#include "core/db/session_table.h"
#include "core/session/session.h"

#include <apr_strings.h>
#include <string.h>

typedef luci_result_t batch_fn(luci_purge_t *purge, luci_db_t *db, apr_pool_t *scratch);

static luci_result_t by_index(luci_purge_t *purge, luci_db_t *db, apr_pool_t *scratch)
{
    const luci_argument_t *arguments = LUCI_ARGUMENTS({ "now", luci_sql_number(purge->now, scratch) },
                                                      { "max", luci_sql_number(purge->batch, scratch) });
    int changed = 0;
    luci_result_t result = luci_db_execute(db, &luci_sql_session_purge, arguments, &changed, scratch);

    if (result != LUCI_OK)
        return result;
    purge->removed += changed;
    purge->is_done = changed == 0;
    return LUCI_OK;
}

/* Sessions created at this time or earlier have exceeded the maximum lifetime. The bound is needed without
 * one, too, because a shared connection may read created_at for other servers. */
static luci_ms_t oldest(const luci_purge_t *purge)
{
    return purge->max_lifetime > 0 ? purge->now - purge->max_lifetime : -LUCI_TIMESTAMP_MAX;
}

/* Sessions created later than this come from a clock that was ahead (session.h). */
static luci_ms_t newest(const luci_purge_t *purge)
{
    return purge->max_lifetime > 0 && purge->now < LUCI_TIMESTAMP_MAX ? purge->now + LUCI_CLOCKS_DIFFER
                                                                      : LUCI_TIMESTAMP_MAX;
}

/* Deletes expired sessions with ids up to last. */
static luci_result_t remove_up_to(luci_purge_t *purge, luci_db_t *db, const char *last, apr_pool_t *scratch)
{
    const luci_argument_t *arguments = LUCI_ARGUMENTS({ "after", purge->after }, { "last", last },
                                                      { "now", luci_sql_number(purge->now, scratch) },
                                                      { "oldest", luci_sql_number(oldest(purge), scratch) },
                                                      { "newest", luci_sql_number(newest(purge), scratch) });
    int changed = 0;
    luci_result_t result = luci_db_execute(db, &luci_sql_session_purge_step, arguments, &changed, scratch);

    if (result == LUCI_OK)
        purge->removed += changed;
    return result;
}

static luci_result_t by_walking(luci_purge_t *purge, luci_db_t *db, apr_pool_t *scratch)
{
    const luci_argument_t *arguments =
        LUCI_ARGUMENTS({ "after", purge->after }, { "max", luci_sql_number(purge->batch, scratch) });
    const char *const *row;
    luci_result_t result = luci_db_select(db, &luci_sql_session_step, arguments, &row, scratch);

    if (result != LUCI_OK)
        return result;
    if (!row[0]) {
        purge->is_done = 1;
        purge->after[0] = '\0';
        return LUCI_OK;
    }
    if (strlen(row[0]) > LUCI_PURGE_ID_MAX)
        return LUCI_INVALID;
    result = remove_up_to(purge, db, row[0], scratch);
    if (result != LUCI_OK)
        return result;
    purge->seen += luci_sql_to_number(row[1], 0);
    apr_cpystrn(purge->after, row[0], sizeof purge->after);
    return LUCI_OK;
}

static luci_result_t choose(const luci_purge_t *purge, luci_db_t *db, batch_fn **batch)
{
    int has_index = 0;
    luci_result_t result = luci_db_has(db, luci_probe_index(&luci_table_session, "idle_expires"), &has_index);

    if (result == LUCI_OK)
        *batch = has_index && purge->max_lifetime == 0 ? by_index : by_walking;
    return result;
}

luci_result_t luci_purge_run(luci_purge_t *purge, const luci_db_source_t *source, const char **why,
                             apr_pool_t *pool)
{
    luci_result_t result = LUCI_OK;
    batch_fn *batch = NULL;
    apr_pool_t *scratch;

    *why = luci_result_name(LUCI_INTERNAL);
    if (apr_pool_create(&scratch, pool) != APR_SUCCESS)
        return LUCI_INTERNAL;
    purge->is_done = 0;
    while (result == LUCI_OK && !purge->is_done && purge->go_on(purge->baton, purge)) {
        luci_db_t *db;

        result = source->borrow(source->baton, &db);
        *why = "no handle was free, or the database does not answer";
        if (result != LUCI_OK)
            break;
        if (!batch)
            result = choose(purge, db, &batch);
        if (result == LUCI_OK)
            result = batch(purge, db, scratch);
        *why = result == LUCI_INVALID ? "an id is too long" : luci_db_problem(db, pool);
        source->give_back(source->baton, db);
        apr_pool_clear(scratch);
    }
    apr_pool_destroy(scratch);
    return result;
}
