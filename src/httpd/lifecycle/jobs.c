/* SPDX-License-Identifier: Apache-2.0 */
#include "httpd/lifecycle/jobs.h"

#include "core/base/secret.h"
#include "core/guard/times.h"
#include "httpd/lifecycle/job.h"

#include <apr_optional.h>
#include <http_log.h>
#include <mod_watchdog.h>

#include <pthread.h>

APLOG_USE_MODULE(luciauth);

/* One row a job: luci_job_NAME is defined in NAME_job.c. */
#define JOBS(ROW)                                                                                            \
    ROW(purge)                                                                                               \
    ROW(activity)                                                                                            \
    ROW(mail)

#define DECLARE(name) extern const luci_job_t luci_job_##name;
#define ENTRY(name) &luci_job_##name,

JOBS(DECLARE)

static const luci_job_t *const jobs[] = { JOBS(ENTRY) NULL };

#define WATCHDOG "_luciauth_"
#define TICK apr_time_from_sec(1) /* how often the thread looks whether a run is due */

/* A job for those virtual hosts that share what it works on. Made before the children start; in a child, only
 * the thread that runs jobs changes it. */
typedef struct {
    const luci_job_t *job;
    server_rec *server; /* the best one of them */
    server_rec *main_server;
    void *state;
    apr_interval_time_t interval;
    apr_time_t next;
} planned_t;

/* ---- Planning ---- */

/* The run that is one for the virtual host, too; NULL: none yet. */
static planned_t *find_planned(const apr_array_header_t *plan, const luci_job_t *job,
                               const luci_server_config_t *config)
{
    for (int i = 0; i < plan->nelts; i++) {
        planned_t *planned = &APR_ARRAY_IDX(plan, i, planned_t);

        if (planned->job == job && job->is_shared(luci_config_server(planned->server), config))
            return planned;
    }
    return NULL;
}

/* httpd lists the virtual hosts after the main server, and the last one of the configuration first. */
static int is_better(const planned_t *planned, const luci_server_config_t *config)
{
    const luci_job_t *job = planned->job;
    const luci_server_config_t *other = luci_config_server(planned->server);

    return job->is_better &&
           (job->is_better(config, other) || (planned->server->is_virtual && !job->is_better(other, config)));
}

static void plan_job(apr_array_header_t *plan, const luci_job_t *job, server_rec *main_server)
{
    for (server_rec *server = main_server; server; server = server->next) {
        const luci_server_config_t *config = luci_config_server(server);
        planned_t *planned;

        if (!luci_config_parts(config)->shared || job->interval(config) == 0)
            continue;
        planned = find_planned(plan, job, config);
        if (planned && is_better(planned, config))
            planned->server = server;
        if (planned)
            continue;
        APR_ARRAY_PUSH(plan, planned_t) = (planned_t){
            .job = job,
            .server = server,
            .main_server = main_server,
            .state = apr_pcalloc(plan->pool, job->state_size),
            .interval = apr_time_from_msec(job->interval(config)),
        };
    }
}

/* At a random time between min and max percent of the interval from now; without randomness at the end of
 * it. */
static void plan_next(planned_t *planned, int min, int max)
{
    apr_interval_time_t percent = planned->interval / 100;
    apr_uint16_t random;

    if (luci_secret_random((unsigned char *)&random, sizeof random) != LUCI_OK)
        random = APR_UINT16_MAX;
    planned->next = apr_time_now() + percent * min + percent * (max - min) * random / APR_UINT16_MAX;
}

/* A clock that was set back does not delay the next run. */
static int is_due(const planned_t *planned, apr_time_t now)
{
    return now >= planned->next || planned->next - now > 2 * planned->interval;
}

/* ---- A run ---- */

static void run_job(planned_t *planned, apr_pool_t *pool)
{
    const luci_runtime_t *runtime = luci_config_parts(luci_config_server(planned->server))->runtime;
    luci_job_run_t run = {
        .server = planned->server,
        .main_server = planned->main_server,
        .state = planned->state,
        .pool = pool,
        .until = apr_time_now() + LUCI_JOB_RUN_MAX,
    };
    const char *why = NULL;
    luci_result_t result;

    if (!runtime)
        return; /* this process could not start, and has logged why */
    run.source = luci_pool_background(runtime->pool);
    result = planned->job->run(&run, &why);
    luci_pool_background_end(runtime->pool);
    plan_next(planned, 75, 125);
    if (result == LUCI_OK && run.is_behind)
        planned->next = apr_time_now();
    if (result != LUCI_OK)
        ap_log_error(APLOG_MARK, APLOG_WARNING, 0, planned->server,
                     "LUCI0713: %s: %s; the next try is in %" APR_TIME_T_FMT " seconds", planned->job->failed,
                     why, apr_time_sec(planned->next - apr_time_now()));
}

/* ---- The thread ---- */

/* This child's. mod_watchdog ends its thread after the child's pool, which owns everything that a run uses:
 * so the pool waits for the thread. */
static struct {
    pthread_mutex_t lock;
    pthread_cond_t rested;
    int is_running;
    int is_over;
} thread = { .lock = PTHREAD_MUTEX_INITIALIZER, .rested = PTHREAD_COND_INITIALIZER };

static int begin(void)
{
    int may;

    pthread_mutex_lock(&thread.lock);
    may = !thread.is_over;
    thread.is_running = may;
    pthread_mutex_unlock(&thread.lock);
    return may;
}

static void end(void)
{
    pthread_mutex_lock(&thread.lock);
    thread.is_running = 0;
    pthread_cond_broadcast(&thread.rested);
    pthread_mutex_unlock(&thread.lock);
}

static apr_status_t stop(void *unused)
{
    (void)unused;
    pthread_mutex_lock(&thread.lock);
    thread.is_over = 1;
    while (thread.is_running)
        pthread_cond_wait(&thread.rested, &thread.lock);
    pthread_mutex_unlock(&thread.lock);
    return APR_SUCCESS;
}

void luci_jobs_start(apr_pool_t *child_pool)
{
    apr_pool_pre_cleanup_register(child_pool, NULL, stop);
}

/* While the thread starts, or stops, nothing runs. */
static apr_status_t tick(int state, void *data, apr_pool_t *pool)
{
    apr_array_header_t *plan = data;

    if (state != AP_WATCHDOG_STATE_RUNNING || !begin())
        return APR_SUCCESS;
    for (int i = 0; i < plan->nelts; i++) {
        planned_t *planned = &APR_ARRAY_IDX(plan, i, planned_t);

        if (is_due(planned, apr_time_now()))
            run_job(planned, pool);
    }
    end();
    return APR_SUCCESS;
}

static apr_status_t ask_for_thread(apr_array_header_t *plan)
{
    APR_OPTIONAL_FN_TYPE(ap_watchdog_get_instance) *get = APR_RETRIEVE_OPTIONAL_FN(ap_watchdog_get_instance);
    APR_OPTIONAL_FN_TYPE(ap_watchdog_register_callback) *add =
        APR_RETRIEVE_OPTIONAL_FN(ap_watchdog_register_callback);
    ap_watchdog_t *watchdog;
    apr_status_t status = APR_ENOTIMPL;

    if (get && add)
        status = get(&watchdog, WATCHDOG, 0, 1, plan->pool);
    return status == APR_SUCCESS ? add(watchdog, TICK, plan, tick) : status;
}

static int has_job(const apr_array_header_t *plan, const luci_job_t *job)
{
    for (int i = 0; i < plan->nelts; i++) {
        if (APR_ARRAY_IDX(plan, i, planned_t).job == job)
            return 1;
    }
    return 0;
}

void luci_jobs_prepare(apr_pool_t *conf_pool, server_rec *main_server)
{
    apr_array_header_t *plan = apr_array_make(conf_pool, 1, sizeof(planned_t));
    apr_status_t status;

    for (const luci_job_t *const *job = jobs; *job; job++)
        plan_job(plan, *job, main_server);
    if (plan->nelts == 0)
        return;
    for (int i = 0; i < plan->nelts; i++) /* from 0, so that jobs run even if the server restarts often */
        plan_next(&APR_ARRAY_IDX(plan, i, planned_t), 0, 100);
    status = ask_for_thread(plan);
    for (const luci_job_t *const *job = jobs; status != APR_SUCCESS && *job; job++) {
        if (has_job(plan, *job))
            ap_log_error(APLOG_MARK, APLOG_WARNING, status, main_server, "LUCI0711: %s", (*job)->unloaded);
    }
}
