/* SPDX-License-Identifier: Apache-2.0 */
#include "ctl/commands/purge_run.h"

#include "core/db/step_table.h"
#include "core/factor/open_step.h"
#include "core/session/purge.h"
#include "ctl/cli/progress.h"
#include "ctl/cli/say.h"

#include <apr_time.h>

#define PAUSE_MAX apr_time_from_msec(100)
#define TRIES_MAX 6 /* in a row, while the database is busy; each waits as long as a call may */
#define TRY_PAUSE apr_time_from_sec(1)

typedef struct {
    luci_progress_t progress;
    apr_time_t batch_began; /* 0 before the first batch */
} watch_t;

/* Pauses for as long as the batch took, so that other connections get half of the time. */
static void pause_after(apr_time_t took)
{
    apr_sleep(took < PAUSE_MAX ? took : PAUSE_MAX);
}

static int go_on(void *baton, const luci_purge_t *purge)
{
    watch_t *watch = baton;

    luci_progress_show(&watch->progress, purge->removed);
    if (watch->batch_began)
        pause_after(apr_time_now() - watch->batch_began);
    watch->batch_began = apr_time_now();
    return !luci_progress_interrupted();
}

/* luciactl has a single handle, which is always free. */
static luci_result_t borrow(void *baton, luci_db_t **db)
{
    *db = baton;
    return LUCI_OK;
}

static void give_back(void *baton, luci_db_t *db)
{
    (void)baton;
    (void)db;
}

/* A purge that takes hours does not end because the database is busy for some seconds. */
static luci_result_t run_patiently(luci_purge_t *purge, const luci_db_source_t *source, const char **why,
                                   apr_pool_t *pool)
{
    for (int tries = 1;; tries++) {
        apr_int64_t before = purge->removed;
        luci_result_t result = luci_purge_run(purge, source, why, pool);

        if (purge->removed > before)
            tries = 1;
        if (result != LUCI_BUSY || tries == TRIES_MAX || luci_progress_interrupted())
            return result;
        apr_sleep(TRY_PAUSE);
    }
}

luci_exit_t luci_purge_run_until(luci_invocation_t *call, luci_ctl_database_t *database, luci_ms_t now,
                                 apr_int64_t *removed)
{
    watch_t watch = { .batch_began = 0 };
    luci_db_source_t source = { borrow, give_back, database->db };
    luci_purge_t purge = {
        .now = now,
        .max_lifetime = database->config.settings.max_lifetime,
        .waits = 1,
        .go_on = go_on,
        .baton = &watch,
    };
    const char *why = NULL;
    luci_result_t result;

    luci_progress_catch_signals();
    luci_progress_begin(&watch.progress, "sessions deleted", 0);
    result = run_patiently(&purge, &source, &why, call->pool);
    luci_progress_end(&watch.progress);
    *removed = purge.removed;
    if (result == LUCI_INVALID)
        return luci_say_error(LUCI_EXIT_DATABASE,
                              "the session table contains an id of more than %d bytes; delete that row",
                              LUCI_PURGE_ID_MAX);
    if (result != LUCI_OK)
        return luci_say_error(LUCI_EXIT_DATABASE,
                              "the database failed after %" APR_INT64_T_FMT " sessions were deleted: %s",
                              purge.removed, why ? why : luci_result_name(result));
    if (!purge.is_done)
        return luci_say_error(
            LUCI_EXIT_REFUSED,
            "interrupted after %" APR_INT64_T_FMT " sessions were deleted; there may be more", purge.removed);
    return LUCI_EXIT_DONE;
}

luci_exit_t luci_purge_run_steps(luci_invocation_t *call, luci_ctl_database_t *database, luci_ms_t now)
{
    int removed = LUCI_STEP_BATCH;
    luci_result_t result = LUCI_OK;

    while (result == LUCI_OK && removed >= LUCI_STEP_BATCH)
        result = luci_open_steps_purge(database->db, now, &removed, call->pool);
    return result == LUCI_OK ? LUCI_EXIT_DONE : luci_ctl_database_failed(database, result);
}
