/* SPDX-License-Identifier: Apache-2.0 */
#include "httpd/lifecycle/purge_job.h"

#include "core/base/secret.h"
#include "core/session/purge.h"
#include "httpd/server/runtime.h"

#include <ap_mpm.h>
#include <apr_optional.h>
#include <apr_strings.h>
#include <http_log.h>
#include <mod_watchdog.h>

#include <pthread.h>
#include <string.h>

APLOG_USE_MODULE(luciauth);

#define WATCHDOG "_luciauth_"
#define TICK apr_time_from_sec(1) /* how often it is looked whether something is due */
#define RUN_MAX apr_time_from_sec(30)
#define REST_MIN apr_time_from_msec(20)
#define REST_SLICE apr_time_from_msec(50) /* the longest until it's noticed that the process is to end */

/* One database. Made before the children start, changed by the one thread that cleans. */
typedef struct {
    server_rec *server;     /* the first that wants it; its pool is used */
    luci_ms_t max_lifetime; /* the longest of all servers that share it; 0: one has none */
    apr_interval_time_t every;
    apr_time_t next;
    luci_purge_t purge; /* where the last run stopped */
} job_t;

/* ---- What there is to do ---- */

/* What one server lets live is not dead. */
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

static int is_listed(const apr_array_header_t *jobs, const luci_server_config_t *config)
{
    for (int i = 0; i < jobs->nelts; i++) {
        if (luci_config_has_same_sessions(luci_config_server(APR_ARRAY_IDX(jobs, i, job_t).server), config))
            return 1;
    }
    return 0;
}

static apr_array_header_t *find_jobs(apr_pool_t *pool, server_rec *main_server)
{
    apr_array_header_t *jobs = apr_array_make(pool, 1, sizeof(job_t));

    for (server_rec *server = main_server; server; server = server->next) {
        const luci_server_config_t *config = luci_config_server(server);

        if (!luci_config_parts(config)->shared || config->cleanup == 0 || is_listed(jobs, config))
            continue;
        APR_ARRAY_PUSH(jobs, job_t) = (job_t){
            .server = server,
            .max_lifetime = longest_lifetime(config, main_server),
            .every = apr_time_from_msec(config->cleanup),
        };
    }
    return jobs;
}

/* ---- When ---- */

/* Between least and most percent of the interval from now; without randomness at the end of it. */
static void draw_next(job_t *job, int least, int most)
{
    apr_uint16_t lot;

    if (luci_secret_random((unsigned char *)&lot, sizeof lot) != LUCI_OK)
        lot = APR_UINT16_MAX;
    job->next =
        apr_time_now() + job->every / 100 * least + job->every / 100 * (most - least) * lot / APR_UINT16_MAX;
}

/* A clock that was set back delays nobody. */
static int is_due(const job_t *job, apr_time_t now)
{
    return now >= job->next || job->next - now > 2 * job->every;
}

/* ---- A run ---- */

typedef struct {
    apr_time_t until;
    apr_time_t started; /* the batch; 0: none yet */
} run_t;

static int is_stopping(void)
{
    int state;

    return ap_mpm_query(AP_MPMQ_MPM_STATE, &state) == APR_SUCCESS && state == AP_MPMQ_STOPPING;
}

/* As long as the batch took, so that whoever waits for a lock gets it. */
static void rest(apr_interval_time_t took)
{
    apr_time_t end = apr_time_now() + (took > REST_MIN ? took : REST_MIN);

    for (apr_time_t now = apr_time_now(); now < end && end - now <= RUN_MAX && !is_stopping();
         now = apr_time_now())
        apr_sleep(end - now < REST_SLICE ? end - now : REST_SLICE);
}

static int go_on(void *baton, const luci_purge_t *purge)
{
    run_t *run = baton;

    (void)purge;
    if (run->started > 0)
        rest(apr_time_now() - run->started);
    run->started = apr_time_now();
    return run->started < run->until && !is_stopping();
}

static void report(const job_t *job, luci_result_t result, const char *why)
{
    if (job->purge.removed > 0)
        ap_log_error(APLOG_MARK, APLOG_INFO, 0, job->server,
                     "LUCI0712: %" APR_INT64_T_FMT " dead sessions were removed%s", job->purge.removed,
                     job->purge.is_done ? "" : "; the rest follows later");
    if (result != LUCI_OK)
        ap_log_error(APLOG_MARK, APLOG_WARNING, 0, job->server,
                     "LUCI0713: dead sessions could not be removed: %s; the next try is in %" APR_TIME_T_FMT
                     " seconds",
                     why, apr_time_sec(job->next - apr_time_now()));
}

static void clean(job_t *job, apr_pool_t *pool)
{
    const luci_runtime_t *runtime = luci_config_parts(luci_config_server(job->server))->runtime;
    run_t run = { .until = apr_time_now() + RUN_MAX };
    luci_db_source_t source;
    luci_result_t result;
    const char *why;

    if (!runtime)
        return; /* this process could not start, and said so */
    source = luci_pool_background(runtime->pool);
    job->purge.now = luci_runtime_now();
    job->purge.max_lifetime = job->max_lifetime;
    job->purge.batch = LUCI_PURGE_BATCH;
    job->purge.go_on = go_on;
    job->purge.baton = &run;
    job->purge.removed = job->purge.seen = 0;
    result = luci_purge_run(&job->purge, &source, &why, pool);
    luci_pool_background_end(runtime->pool);
    draw_next(job, 75, 125);
    report(job, result, why);
}

/* ---- The thread ---- */

/* This child's. mod_watchdog ends its thread after the child's pool, which everything that is used here comes
 * from: so the pool waits for the thread. */
static struct {
    pthread_mutex_t lock;
    pthread_cond_t rested;
    int is_cleaning;
    int is_over;
} thread = { .lock = PTHREAD_MUTEX_INITIALIZER, .rested = PTHREAD_COND_INITIALIZER };

static int begin(void)
{
    int may;

    pthread_mutex_lock(&thread.lock);
    may = !thread.is_over;
    thread.is_cleaning = may;
    pthread_mutex_unlock(&thread.lock);
    return may;
}

static void end(void)
{
    pthread_mutex_lock(&thread.lock);
    thread.is_cleaning = 0;
    pthread_cond_broadcast(&thread.rested);
    pthread_mutex_unlock(&thread.lock);
}

static apr_status_t stop(void *unused)
{
    (void)unused;
    pthread_mutex_lock(&thread.lock);
    thread.is_over = 1;
    while (thread.is_cleaning)
        pthread_cond_wait(&thread.rested, &thread.lock);
    pthread_mutex_unlock(&thread.lock);
    return APR_SUCCESS;
}

void luci_purge_job_start(apr_pool_t *child_pool)
{
    apr_pool_pre_cleanup_register(child_pool, NULL, stop);
}

/* While the thread starts, or stops, nothing is to be done. */
static apr_status_t tick(int state, void *data, apr_pool_t *pool)
{
    apr_array_header_t *jobs = data;

    if (state != AP_WATCHDOG_STATE_RUNNING || !begin())
        return APR_SUCCESS;
    for (int i = 0; i < jobs->nelts; i++) {
        job_t *job = &APR_ARRAY_IDX(jobs, i, job_t);

        if (is_due(job, apr_time_now()))
            clean(job, pool);
    }
    end();
    return APR_SUCCESS;
}

void luci_purge_job_prepare(apr_pool_t *conf_pool, server_rec *main_server)
{
    APR_OPTIONAL_FN_TYPE(ap_watchdog_get_instance) *get = APR_RETRIEVE_OPTIONAL_FN(ap_watchdog_get_instance);
    APR_OPTIONAL_FN_TYPE(ap_watchdog_register_callback) *add =
        APR_RETRIEVE_OPTIONAL_FN(ap_watchdog_register_callback);
    apr_array_header_t *jobs = find_jobs(conf_pool, main_server);
    ap_watchdog_t *watchdog;
    apr_status_t status = APR_ENOTIMPL;

    if (jobs->nelts == 0)
        return;
    for (int i = 0; i < jobs->nelts; i++)
        draw_next(&APR_ARRAY_IDX(jobs, i, job_t), 0,
                  100); /* so that a server that restarts often cleans, too */
    if (get && add)
        status = get(&watchdog, WATCHDOG, 0, 1, conf_pool);
    if (status == APR_SUCCESS)
        status = add(watchdog, TICK, jobs, tick);
    if (status != APR_SUCCESS)
        ap_log_error(
            APLOG_MARK, APLOG_WARNING, status, main_server,
            "LUCI0711: dead sessions stay in the database, since mod_watchdog does not run: load it, or run "
            "luciactl purge now and then and write LuciaCleanup off");
}
