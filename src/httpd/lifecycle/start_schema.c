/* SPDX-License-Identifier: Apache-2.0 */
#include "httpd/lifecycle/start_schema.h"

#include "core/account/failures.h"
#include "core/config/connect_params.h"
#include "core/db/capacity.h"
#include "core/db/db_problem.h"
#include "core/db/schema.h"
#include "core/files/trusted_path.h"
#include "core/guard/times.h"
#include "httpd/base/config.h"
#include "httpd/base/mpm.h"
#include "httpd/base/server_name.h"
#include "httpd/lifecycle/start_process.h"

#include <apr_file_info.h>
#include <apr_strings.h>
#include <apr_thread_proc.h>
#include <http_core.h>
#include <http_log.h>
#include <http_main.h>
#include <mpm_common.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>
#include <unixd.h>

APLOG_USE_MODULE(luciauth);

#define CHECK_EVERY apr_time_from_msec(10)

/* The tables of one virtual host, and the process that checks or creates them. */
typedef struct {
    server_rec *server;
    int is_test;       /* 1: configtest, which changes nothing */
    const char *title; /* of the database, for messages */
    apr_proc_t process;
    int is_running;
} job_t;

/* Gives the folder to the children's user, without following a symbolic link in its place. */
static int give_folder(const char *folder)
{
    int descriptor = open(folder, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC), given;

    if (descriptor < 0)
        return 0;
    given = fchown(descriptor, ap_unixd_config.user_id, ap_unixd_config.group_id) == 0;
    close(descriptor);
    return given;
}

/* The folder of a database file; NULL if the database is not a file, or is in the root folder. */
static const char *folder_of(const luci_server_config_t *config, apr_pool_t *scratch)
{
    const char *end = strrchr(config->database.params, '/');

    if (!end || end == config->database.params ||
        !luci_engine_is_file(luci_engine_find(config->database.driver), config->database.params))
        return NULL;
    return apr_pstrmemdup(scratch, config->database.params, (apr_size_t)(end - config->database.params));
}

/* Creates the folder, inaccessible to other users, but not the folders above it. Returns 0 if it exists or
 * cannot be created; opening the database reports an error then. */
static int make_folder(const char *folder, apr_pool_t *scratch)
{
    return apr_dir_make(folder,
                        APR_FPROT_UREAD | APR_FPROT_UWRITE | APR_FPROT_UEXECUTE | APR_FPROT_GREAD |
                            APR_FPROT_GEXECUTE,
                        scratch) == APR_SUCCESS;
}

/* Creates the folder as root and gives it to the children's user. If another user could replace it meanwhile,
 * this does nothing, and the process that has the children's user tries to create it. */
static void make_folder_as_root(const char *folder, apr_pool_t *scratch)
{
    const char *foreign;
    uid_t owner;
    gid_t group;

    if (luci_trusted_path(folder, &owner, &group, &foreign, scratch) != LUCI_PATH_TRUSTED ||
        !make_folder(folder, scratch))
        return;
    if (geteuid() == 0 && !give_folder(folder))
        ap_log_error(
            APLOG_MARK, APLOG_WARNING, errno, NULL,
            "LUCI0307: the folder %s of the database could not be given to the user %s; run chown on it",
            folder, ap_unixd_config.user_name);
}

/* Logs a message; in configtest on the console, which is where the main server logs at startup. */
static void say(const job_t *job, int level, const char *message)
{
    if (job->is_test)
        ap_log_error(APLOG_MARK, APLOG_STARTUP | level, 0, ap_server_conf, "%s", message);
    else
        ap_log_error(APLOG_MARK, level, 0, job->server, "%s", message);
}

/* What the administrator can do about a gap that remains. */
static const char *remedy(const job_t *job, const luci_gap_t *gap, apr_pool_t *pool)
{
    const char *statements = luci_gap_statements(gap, pool);

    if (gap->problem)
        return apr_psprintf(pool, "it could not be added: %s; run this as the owner of the tables: %s",
                            gap->problem, statements);
    if (job->is_test && luci_config_server(job->server)->create_schema)
        return apr_psprintf(pool, "the next start of httpd adds it, or this statement: %s", statements);
    return apr_psprintf(pool, "LuciaCreateSchema is Off; add it with: %s", statements);
}

static void say_gaps(const job_t *job, const apr_array_header_t *gaps, apr_pool_t *pool)
{
    const char *where = luci_server_name(job->server, pool);

    for (int i = 0; i < gaps->nelts; i++) {
        const luci_gap_t *gap = &APR_ARRAY_IDX(gaps, i, luci_gap_t);
        int matters = gap->attribute_line || gap->failure;

        if (gap->is_added)
            say(job, APLOG_NOTICE,
                apr_psprintf(pool, "LUCI0314: the column %s was added to the table %s, for %s", gap->column,
                             gap->table_name, where));
        else if (gap->column || !job->is_test || !luci_config_server(job->server)->create_schema)
            say(job, matters || job->is_test ? APLOG_WARNING : APLOG_NOTICE,
                apr_psprintf(pool, "LUCI0315: %s; %s (in %s)", luci_gap_text(gap, pool),
                             remedy(job, gap, pool), where));
    }
}

/* Finds missing tables and columns, and adds them if may_create. */
static luci_result_t mend(luci_db_t *db, int may_create, apr_array_header_t **gaps, apr_pool_t *pool)
{
    return may_create ? luci_schema_mend(db, gaps, pool) : luci_schema_gaps(db, gaps, pool);
}

static void say_unreachable(const job_t *job, const char *problem, apr_pool_t *pool)
{
    say(job, job->is_test ? APLOG_WARNING : APLOG_ERR,
        apr_psprintf(
            pool,
            "LUCI0308: the tables could not be checked or created: %s; requests that need the database are "
            "answered with 503 until it works",
            problem));
}

static luci_db_target_t target_of(const job_t *job, apr_pool_t *pool)
{
    const luci_server_config_t *config = luci_config_server(job->server);

    return (luci_db_target_t){
        .driver = config->database.driver,
        .params = config->database.params,
        .settings = &config->settings,
        .create = config->create_schema && !job->is_test,
        .is_inspection = 1,
        .where = luci_server_database_where(job->server, pool),
        .report_command = job->is_test ? NULL : luci_server_database_report_command(pool),
    };
}

/* Stores what the server allows where the parent reads it. If it does not answer, that stays unknown. */
static void ask_capacity(luci_db_t *db, const luci_server_config_t *config, apr_pool_t *pool)
{
    luci_capacity_t capacity;

    if (luci_config_parts(config)->capacity && luci_capacity_ask(db, &capacity, pool) == LUCI_OK)
        *luci_config_parts(config)->capacity = capacity;
}

/* Says if failed sign-ins in a row cannot be counted although the table has the column. */
static void try_failures(const job_t *job, luci_db_t *db, apr_pool_t *pool)
{
    if (luci_failures_try(db, pool) != LUCI_OK)
        say(job, APLOG_WARNING,
            apr_psprintf(
                pool,
                "LUCI0324: failed sign-ins in a row cannot be counted: %s; everything else works; the "
                "account of LuciaDatabase needs the right to change the table %s (in %s)",
                luci_db_problem(db, pool), luci_config_server(job->server)->settings.tables.key,
                luci_server_name(job->server, pool)));
}

/* Runs in the short-lived process and never returns. configtest ignores a missing file here, because
 * database_check.c reports it. */
static void work_and_exit(const job_t *job, apr_pool_t *pool)
{
    luci_server_config_t *config = luci_config_server(job->server);
    luci_db_target_t target = target_of(job, pool);
    int may_create = target.create;
    const char *problem = NULL, *folder = folder_of(config, pool);
    apr_array_header_t *gaps = NULL;
    apr_finfo_t info;
    luci_result_t result;

    luci_start_process_become_independent(job->is_test ? LUCI_CONFIGTEST_SECONDS : LUCI_START_SECONDS);
    umask(S_IRWXO);
    if (ap_run_drop_privileges(pool, job->server) != OK)
        _exit(1);
    if (folder && may_create)
        (void)make_folder(folder, pool);
    if (folder && job->is_test && apr_stat(&info, target.params, APR_FINFO_TYPE, pool) != APR_SUCCESS)
        _exit(0);
    result = luci_db_init(target.driver, &problem, pool);
    if (result != LUCI_OK) {
        problem = apr_psprintf(pool, "%s: %s", job->title, problem);
    }
    else {
        luci_db_t *db = luci_db_create(&target, pool);

        result = mend(db, may_create, &gaps, pool);
        problem = luci_db_problem(db, pool);
        if (result == LUCI_OK && !job->is_test)
            try_failures(job, db, pool);
        if (result == LUCI_OK)
            ask_capacity(db, config, pool);
        luci_db_close(db);
    }
    if (result == LUCI_OK)
        say_gaps(job, gaps, pool);
    else
        say_unreachable(job, problem, pool);
    _exit(result == LUCI_OK ? 0 : 1);
}

static void start(job_t *job, apr_pool_t *scratch)
{
    const luci_server_config_t *config = luci_config_server(job->server);
    const char *folder = folder_of(config, scratch);
    luci_db_target_t target = target_of(job, scratch);
    apr_status_t status;

    job->title = luci_db_title(&target, scratch);
    if (folder && config->create_schema && !job->is_test)
        make_folder_as_root(folder, scratch);
    status = apr_proc_fork(&job->process, scratch);
    if (status == APR_INCHILD)
        work_and_exit(job, scratch);
    job->is_running = status == APR_INPARENT;
    if (!job->is_running)
        ap_log_error(APLOG_MARK, APLOG_ERR, status, job->server,
                     "LUCI0309: %s: no process could be started to check the tables; check the limits of "
                     "processes and memory",
                     job->title);
}

/* Whether the process of a job has ended. */
static int has_ended(job_t *job)
{
    apr_exit_why_e why;
    int code;
    apr_status_t status = apr_proc_wait(&job->process, &code, &why, APR_NOWAIT);

    if (APR_STATUS_IS_CHILD_NOTDONE(status))
        return 0;
    if (APR_STATUS_IS_CHILD_DONE(status) && !APR_PROC_CHECK_EXIT(why))
        ap_log_error(APLOG_MARK, APLOG_ERR, 0, job->server,
                     "LUCI0310: %s: the check of the tables was ended after %d seconds or by a signal; check "
                     "that the database is not locked, and restart httpd",
                     job->title, job->is_test ? LUCI_CONFIGTEST_SECONDS : LUCI_START_SECONDS);
    return 1;
}

/* Waits until all processes have ended, at most for max. Returns whether they have. */
static int await(job_t *jobs, int count, apr_interval_time_t max)
{
    for (;; max -= CHECK_EVERY) {
        int running = 0;

        for (int i = 0; i < count; i++) {
            jobs[i].is_running = jobs[i].is_running && !has_ended(&jobs[i]);
            running += jobs[i].is_running;
        }
        if (running == 0 || max <= 0)
            return running == 0;
        apr_sleep(CHECK_EVERY);
    }
}

/* httpd calls this after it has reaped the process. */
static void forget(int reason, void *baton, int status)
{
    (void)status;
    if (reason == APR_OC_REASON_DEATH || reason == APR_OC_REASON_LOST)
        apr_proc_other_child_unregister(baton);
}

static void leave(job_t *job, apr_pool_t *conf_pool)
{
    apr_proc_other_child_register(&job->process, forget, job, NULL, conf_pool);
    ap_log_error(
        APLOG_MARK, APLOG_WARNING, 0, job->server,
        "LUCI0311: %s: the database has not answered yet whether the tables exist; httpd continues without "
        "waiting for it",
        job->title);
}

/* Whether no server before this one has the same names of tables, attributes and LuciaCreateSchema and needs
 * the same tables, so that this one needs its own process. */
static int has_own_tables(server_rec *server, server_rec *main_server)
{
    const luci_server_config_t *config = luci_config_server(server);

    if (!config->database.driver)
        return 0;
    for (server_rec *other = main_server; other != server; other = other->next) {
        const luci_server_config_t *before = luci_config_server(other);

        if (luci_database_is_same(&before->database, &config->database) &&
            luci_settings_share_columns(&before->settings, &config->settings) &&
            luci_tables_are_alike(&before->settings, &config->settings) &&
            before->create_schema == config->create_schema)
            return 0;
    }
    return 1;
}

static apr_array_header_t *start_all(server_rec *main_server, int is_test, apr_pool_t *conf_pool,
                                     apr_pool_t *scratch)
{
    apr_array_header_t *jobs = apr_array_make(conf_pool, 2, sizeof(job_t));

    for (server_rec *server = main_server; server; server = server->next) {
        if (has_own_tables(server, main_server))
            APR_ARRAY_PUSH(jobs, job_t) = (job_t){ .server = server, .is_test = is_test };
    }
    for (int i = 0; i < jobs->nelts; i++)
        start(&APR_ARRAY_IDX(jobs, i, job_t), scratch);
    return jobs;
}

void luci_start_schema(apr_pool_t *conf_pool, apr_pool_t *scratch, server_rec *main_server)
{
    apr_array_header_t *jobs = start_all(main_server, 0, conf_pool, scratch);
    job_t *job = (job_t *)jobs->elts;

    if (await(job, jobs->nelts, luci_mpm_has_restarted() ? LUCI_RESTART_WAIT : LUCI_START_WAIT))
        return;
    for (int i = 0; i < jobs->nelts; i++) {
        if (job[i].is_running)
            leave(&job[i], conf_pool);
    }
}

void luci_start_schema_test(apr_pool_t *conf_pool, server_rec *main_server)
{
    apr_array_header_t *jobs = start_all(main_server, 1, conf_pool, conf_pool);

    (void)await((job_t *)jobs->elts, jobs->nelts, LUCI_CONFIGTEST_WAIT);
}
