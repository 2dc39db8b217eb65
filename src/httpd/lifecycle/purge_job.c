/* SPDX-License-Identifier: Apache-2.0 */
/* LuciaCleanup: expired sessions are deleted, once for each database. */
#include "core/db/db_problem.h"
#include "core/db/step_table.h"
#include "core/email/email_token.h"
#include "core/factor/open_step.h"
#include "core/passkey/challenge.h"
#include "core/session/purge.h"
#include "core/token/token.h"
#include "httpd/lifecycle/job.h"

#include <http_log.h>

APLOG_USE_MODULE(luciauth);

static luci_ms_t interval(const luci_server_config_t *config)
{
    return config->cleanup;
}

/* The longest of all virtual hosts with the same sessions, because a session that is valid for one of them
 * must stay; 0: one has none. */
static luci_ms_t longest_lifetime(const luci_server_config_t *config, server_rec *main_server)
{
    luci_ms_t longest = config->settings.max_lifetime;

    for (server_rec *server = main_server; server && longest > 0; server = server->next) {
        const luci_server_config_t *other = luci_config_server(server);

        if (!luci_config_parts(other)->shared || !luci_config_has_same_sessions(config, other))
            continue;
        if (other->settings.max_lifetime == 0 || other->settings.max_lifetime > longest)
            longest = other->settings.max_lifetime;
    }
    return longest;
}

static int goes_on(void *baton, const luci_purge_t *purge)
{
    (void)purge;
    return luci_job_goes_on(baton);
}

/* Challenges are spent by people, one a sign-in. */
static luci_result_t purge_challenges(luci_db_t *db, apr_pool_t *scratch)
{
    int removed;
    luci_result_t result = LUCI_OK;

    if (luci_db_target(db)->settings->passkeys != LUCI_PASSKEYS_OFF)
        result = luci_challenge_purge(db, luci_runtime_now(), &removed, scratch);
    return result == LUCI_NOT_FOUND ? LUCI_OK : result;
}

/* Expired one-time links are few, so that one statement deletes them, and so are spent challenges. */
static luci_result_t purge_links(luci_job_run_t *run, const char **why)
{
    luci_db_t *db;
    int removed = 0;
    luci_result_t result = run->source.borrow(run->source.baton, &db);

    *why = "no handle was free, or the database does not answer";
    if (result != LUCI_OK)
        return result;
    result = luci_token_purge(db, luci_runtime_now(), &removed, run->pool);
    if (result == LUCI_OK)
        result = luci_email_token_purge(db, luci_runtime_now(), run->pool);
    if (result == LUCI_OK)
        result = purge_challenges(db, run->pool);
    *why = luci_db_problem(db, run->pool);
    run->source.give_back(run->source.baton, db);
    return result;
}

/* Steps between password and second factor that have expired. A flood of right passwords leaves many. */
static luci_result_t purge_steps(luci_job_run_t *run, const char **why)
{
    int removed = LUCI_STEP_BATCH;
    luci_result_t result = LUCI_OK;

    while (result == LUCI_OK && removed >= LUCI_STEP_BATCH && luci_job_goes_on(run)) {
        luci_db_t *db;

        *why = "no handle was free, or the database does not answer";
        result = run->source.borrow(run->source.baton, &db);
        if (result != LUCI_OK)
            return result;
        result = luci_open_steps_purge(db, luci_runtime_now(), &removed, run->pool);
        *why = luci_db_problem(db, run->pool);
        run->source.give_back(run->source.baton, db);
    }
    return result;
}

static luci_result_t run_purge(luci_job_run_t *run, const char **why)
{
    luci_purge_t *purge = run->state;
    luci_result_t result;

    purge->now = luci_runtime_now();
    purge->max_lifetime = longest_lifetime(luci_config_server(run->server), run->main_server);
    purge->is_anywhere = 1;
    purge->go_on = goes_on;
    purge->baton = run;
    purge->removed = purge->seen = 0;
    result = luci_purge_run(purge, &run->source, why, run->pool);
    run->is_behind = purge->is_behind && !purge->is_done;
    if (purge->removed > 0)
        ap_log_error(APLOG_MARK, APLOG_INFO, 0, run->server,
                     "LUCI0712: %" APR_INT64_T_FMT " expired sessions were deleted%s", purge->removed,
                     purge->is_done ? "" : "; the rest follows later");
    if (result == LUCI_OK && luci_job_goes_on(run))
        result = purge_links(run, why);
    return result == LUCI_OK ? purge_steps(run, why) : result;
}

const luci_job_t luci_job_purge = {
    .failed = "expired sessions could not be deleted",
    .unloaded = "mod_watchdog is not loaded, so expired sessions are not deleted: load it, or run "
                "luciactl purge from cron and write LuciaCleanup off",
    .interval = interval,
    .is_shared = luci_config_has_same_sessions,
    .state_size = sizeof(luci_purge_t),
    .run = run_purge,
};
