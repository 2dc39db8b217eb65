/* SPDX-License-Identifier: Apache-2.0 */
/* LuciaActivity: rows that are too old are deleted, at the interval of LuciaCleanup, once for each database.
 */
#include "core/activity/activity.h"

#include "core/config/connect_params.h"
#include "core/db/db_problem.h"
#include "httpd/lifecycle/job.h"

#include <string.h>

static luci_ms_t interval(const luci_server_config_t *config)
{
    return config->settings.activity ? config->cleanup : 0;
}

static int is_shared(const luci_server_config_t *one, const luci_server_config_t *other)
{
    return luci_database_is_same(&one->database, &other->database) &&
           strcmp(one->settings.tables.user, other->settings.tables.user) == 0;
}

/* NOT_FOUND: there is no such table, as the start has said. */
static luci_result_t run_activity(luci_job_run_t *run, const char **why)
{
    int removed = LUCI_ACTIVITY_BATCH;
    luci_result_t result = LUCI_OK;

    while (result == LUCI_OK && removed >= LUCI_ACTIVITY_BATCH && luci_job_goes_on(run)) {
        luci_db_t *db;

        *why = "no handle was free, or the database does not answer";
        result = run->source.borrow(run->source.baton, &db);
        if (result != LUCI_OK)
            return result;
        result = luci_activity_purge(db, luci_runtime_now(), &removed, run->pool);
        *why = luci_db_problem(db, run->pool);
        run->source.give_back(run->source.baton, db);
    }
    run->is_behind = result == LUCI_OK && removed >= LUCI_ACTIVITY_BATCH;
    return result == LUCI_NOT_FOUND ? LUCI_OK : result;
}

const luci_job_t luci_job_activity = {
    .failed = "old rows of LuciaActivity could not be deleted",
    .unloaded = "mod_watchdog is not loaded, so old rows of LuciaActivity are not deleted: load it, or run "
                "luciactl purge from cron and write LuciaCleanup off",
    .interval = interval,
    .is_shared = is_shared,
    .state_size = 1,
    .run = run_activity,
};
