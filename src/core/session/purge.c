/* SPDX-License-Identifier: Apache-2.0 */
#include "core/session/purge.h"

#include "core/base/secret.h"
#include "core/db/db_problem.h"
#include "core/db/session_table.h"
#include "core/guard/times.h"
#include "core/session/session.h"

#include <apr_strings.h>
#include <string.h>

/* One run of a job. */
typedef struct run_t run_t;
struct run_t {
    luci_purge_t *purge;
    luci_result_t (*batch)(run_t *run, luci_db_t *db, apr_pool_t *scratch); /* NULL: not yet chosen */
    int walks;                        /* 1: the table is walked after the index was used */
    luci_ms_t from;                   /* where the next search by the index begins */
    luci_ms_t passed;                 /* the last idle_expires of the batch before */
    luci_ms_t left;                   /* the first idle_expires of a batch that was not deleted as a whole */
    char last[LUCI_PURGE_ID_MAX + 1]; /* the last id of the walk's step */
    apr_int64_t rows;                 /* of the step */
    int has_expired;                  /* rows of the step have expired and may not be deleted yet */
};

/* ---- By the index ---- */

/* range is the first and the last idle_expires. A server that still keeps deleted rows before the first one
 * in its index does not read them again to lock them. */
static luci_result_t remove_between(run_t *run, luci_db_t *db, const luci_ms_t range[2], int *changed,
                                    apr_pool_t *scratch)
{
    luci_purge_t *purge = run->purge;
    const luci_argument_t *arguments = LUCI_ARGUMENTS({ "first", luci_sql_number(range[0], scratch) },
                                                      { "last", luci_sql_number(range[1], scratch) },
                                                      { "now", luci_sql_number(purge->now, scratch) });
    luci_result_t result =
        luci_db_execute(db, purge->waits ? &luci_sql_session_purge_waiting : &luci_sql_session_purge,
                        arguments, changed, scratch);

    if (result == LUCI_OK)
        purge->removed += *changed;
    return result;
}

static luci_result_t by_walking(run_t *run, luci_db_t *db, apr_pool_t *scratch);

/* A search that took too long has met too many deleted rows, so that the next one begins behind most of them.
 * What it leaves is searched again after LUCI_PURGE_ALL. */
static luci_ms_t nearer(luci_ms_t from, luci_ms_t now)
{
    luci_ms_t day = now - LUCI_MS_DAY, hour = now - LUCI_MS_HOUR;

    if (from < day)
        return day;
    return from < hour ? hour : from;
}

/* A server keeps deleted rows in the index for a while. Therefore each search begins where the batch before
 * began: PostgreSQL then marks the rows of that one as dead, once and while they are in memory, so that a
 * search from the first row, by any process, passes them without reading them again. Rows that are locked are
 * met twice. */
static void pass_batch(run_t *run, const luci_ms_t range[2], int rows, int changed)
{
    if (changed < rows && range[0] < run->left)
        run->left = range[0];
    if (changed == 0) /* the rest of these rows is locked */
        run->from = range[1] + (range[1] == run->from);
    else
        run->from = range[0] > run->passed ? range[0] : run->passed;
    run->passed = range[1] > run->from ? range[1] : run->from;
}

static luci_result_t by_index(run_t *run, luci_db_t *db, apr_pool_t *scratch)
{
    luci_purge_t *purge = run->purge;
    const luci_argument_t *arguments = LUCI_ARGUMENTS({ "from", luci_sql_number(run->from, scratch) },
                                                      { "now", luci_sql_number(purge->now, scratch) });
    const char *const *row;
    luci_result_t result = luci_db_select(db, &luci_sql_sessions_expired, arguments, &row, scratch);
    int changed = 0, rows;
    luci_ms_t range[2];

    if (result == LUCI_BUSY)
        run->from = nearer(run->from, purge->now);
    if (result != LUCI_OK)
        return result;
    rows = row[0] ? (int)luci_sql_to_number(row[2], 0) : 0;
    purge->is_behind = rows >= LUCI_SQL_PURGE_ROWS;
    if (rows == 0) {
        run->batch = by_walking;
        purge->is_done = !run->walks;
        return LUCI_OK;
    }
    range[0] = luci_sql_to_number(row[1], run->from);
    range[1] = luci_sql_to_number(row[0], run->from);
    result = remove_between(run, db, range, &changed, scratch);
    if (result == LUCI_OK)
        pass_batch(run, range, rows, changed);
    return result;
}

/* Rows whose idle_expires is before that of others which were deleted come from locks, or from a clock that
 * is behind by more than a session lasts. */
static void begin_search(run_t *run)
{
    luci_purge_t *purge = run->purge;

    if (!purge->searched_all || purge->now < purge->from ||
        purge->now - purge->searched_all >= LUCI_PURGE_ALL) {
        purge->searched_all = purge->now;
        purge->from = -LUCI_TIMESTAMP_MAX;
    }
    run->from = run->passed = purge->from;
    run->left = LUCI_TIMESTAMP_MAX;
    purge->is_behind = 0;
}

static void end_search(const run_t *run)
{
    run->purge->from = run->left < run->from ? run->left : run->from;
}

/* ---- By walking ---- */

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

/* The arguments of both statements of a step. */
#define STEP_ARGUMENTS(run, scratch)                                                                         \
    LUCI_ARGUMENTS({ "after", (run)->purge->after }, { "last", (run)->last },                                \
                   { "now", luci_sql_number((run)->purge->now, scratch) },                                   \
                   { "oldest", luci_sql_number(oldest((run)->purge), scratch) },                             \
                   { "newest", luci_sql_number(newest((run)->purge), scratch) })

/* Without random numbers, the walk begins at the first id. */
static void begin_walk(luci_purge_t *purge)
{
    if (purge->is_anywhere && luci_secret_random_id(purge->place, LUCI_SESSION_ID_LENGTH) != LUCI_OK)
        purge->place[0] = '\0';
    apr_cpystrn(purge->after, purge->place, sizeof purge->after);
    purge->has_wrapped = 0;
    purge->is_walking = 1;
}

static void end_walk(luci_purge_t *purge)
{
    purge->is_walking = 0;
    purge->is_done = 1;
}

/* Behind the last id: continues from the first one. If nothing came after a random id, the ids may be hashes,
 * whose letters end earlier; so another place is chosen among hashes. */
static void pass_end(luci_purge_t *purge)
{
    char hash[LUCI_SHA256_HEX + 1];
    int is_fresh = purge->is_anywhere && strcmp(purge->after, purge->place) == 0 &&
                   strlen(purge->place) == LUCI_SESSION_ID_LENGTH;

    if (purge->has_wrapped || !purge->place[0]) {
        end_walk(purge);
    }
    else if (is_fresh && luci_secret_sha256_hex(purge->place, strlen(purge->place), hash) == LUCI_OK) {
        apr_cpystrn(purge->place, hash, sizeof purge->place);
        apr_cpystrn(purge->after, hash, sizeof purge->after);
    }
    else {
        purge->has_wrapped = 1;
        purge->after[0] = '\0';
    }
}

/* The order of the database may differ from that of bytes in ids that neither Lucia nor this module made; the
 * walk then ends elsewhere, and the next one begins elsewhere. */
static void pass_step(run_t *run)
{
    luci_purge_t *purge = run->purge;

    purge->seen += run->rows;
    apr_cpystrn(purge->after, run->last, sizeof purge->after);
    if (purge->has_wrapped && strcmp(purge->after, purge->place) >= 0)
        end_walk(purge);
}

/* Reads which ids come next, and whether any has expired. */
static luci_result_t read_step(run_t *run, luci_db_t *db, apr_pool_t *scratch)
{
    const char *const *row;
    luci_result_t result =
        luci_db_select(db, &luci_sql_session_step, STEP_ARGUMENTS(run, scratch), &row, scratch);

    if (result != LUCI_OK)
        return result;
    run->rows = row[0] ? luci_sql_to_number(row[1], 0) : 0;
    if (!row[0])
        return LUCI_OK;
    if (strlen(row[0]) > LUCI_PURGE_ID_MAX)
        return LUCI_INVALID;
    apr_cpystrn(run->last, row[0], sizeof run->last);
    run->has_expired = luci_sql_to_number(row[2], 0) > 0;
    return LUCI_OK;
}

static luci_result_t remove_in_step(run_t *run, luci_db_t *db, apr_pool_t *scratch)
{
    luci_purge_t *purge = run->purge;
    int changed = 0;
    luci_result_t result = luci_db_execute(
        db, purge->waits ? &luci_sql_session_purge_step_waiting : &luci_sql_session_purge_step,
        STEP_ARGUMENTS(run, scratch), &changed, scratch);

    if (result != LUCI_OK)
        return result;
    purge->removed += changed;
    run->has_expired = changed >= LUCI_SQL_PURGE_ROWS;
    return LUCI_OK;
}

static luci_result_t by_walking(run_t *run, luci_db_t *db, apr_pool_t *scratch)
{
    luci_result_t result = LUCI_OK;

    if (!run->purge->is_walking)
        begin_walk(run->purge);
    if (!run->has_expired)
        result = read_step(run, db, scratch);
    if (result == LUCI_OK && run->has_expired)
        result = remove_in_step(run, db, scratch);
    if (result != LUCI_OK || run->has_expired)
        return result;
    if (run->rows > 0)
        pass_step(run);
    else
        pass_end(run->purge);
    return LUCI_OK;
}

/* ---- A run ---- */

static luci_result_t choose(run_t *run, luci_db_t *db)
{
    int has_index = 0;
    luci_result_t result = luci_db_has(db, luci_probe_index(&luci_table_session, "idle_expires"), &has_index);

    run->walks = !has_index || run->purge->max_lifetime > 0;
    if (result == LUCI_OK)
        run->batch = has_index ? by_index : by_walking;
    return result;
}

luci_result_t luci_purge_run(luci_purge_t *purge, const luci_db_source_t *source, const char **why,
                             apr_pool_t *pool)
{
    run_t run = { .purge = purge };
    luci_result_t result = LUCI_OK;
    apr_pool_t *scratch;

    *why = luci_result_name(LUCI_INTERNAL);
    if (apr_pool_create(&scratch, pool) != APR_SUCCESS)
        return LUCI_INTERNAL;
    purge->is_done = 0;
    begin_search(&run);
    while (result == LUCI_OK && !purge->is_done && purge->go_on(purge->baton, purge)) {
        luci_db_t *db;

        result = source->borrow(source->baton, &db);
        *why = "no handle was free, or the database does not answer";
        if (result != LUCI_OK)
            break;
        if (!run.batch)
            result = choose(&run, db);
        if (result == LUCI_OK)
            result = run.batch(&run, db, scratch);
        *why = result == LUCI_INVALID ? "an id is too long" : luci_db_problem(db, pool);
        source->give_back(source->baton, db);
        apr_pool_clear(scratch);
    }
    end_search(&run);
    apr_pool_destroy(scratch);
    return result;
}
