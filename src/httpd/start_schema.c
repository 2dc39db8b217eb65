/* SPDX-License-Identifier: Apache-2.0 */
#include "start_schema.h"

#include "config.h"
#include "schema.h"

#include <apr_file_info.h>
#include <apr_strings.h>
#include <http_core.h>
#include <http_log.h>
#include <fcntl.h>
#include <mpm_common.h>
#include <sys/stat.h>
#include <unistd.h>
#include <unixd.h>

APLOG_USE_MODULE(luciauth);

#define SECONDS_MOST 30 /* the process ends itself then, whatever hangs */

/* The folder itself and no link in its place, whoever may write beside it. */
static int give_folder(const char *folder)
{
    int descriptor = open(folder, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC), given;

    if (descriptor < 0)
        return 0;
    given = fchown(descriptor, ap_unixd_config.user_id, ap_unixd_config.group_id) == 0;
    close(descriptor);
    return given;
}

/* The folder of a database file, when it alone is missing: owned by the user the children run as, closed to
 * others. */
static void make_folder(const luci_server_config_t *config, apr_pool_t *scratch)
{
    const char *end = strrchr(config->database.params, '/'), *folder;
    luci_sql_dialect_t dialect;

    if (!end || end == config->database.params ||
        luci_sql_dialect(config->database.driver, &dialect) != LUCI_OK ||
        !luci_sql_is_file(dialect, config->database.params))
        return;
    folder = apr_pstrmemdup(scratch, config->database.params, (apr_size_t)(end - config->database.params));
    if (apr_dir_make(folder,
                     APR_FPROT_UREAD | APR_FPROT_UWRITE | APR_FPROT_UEXECUTE | APR_FPROT_GREAD |
                         APR_FPROT_GEXECUTE,
                     scratch) != APR_SUCCESS)
        return; /* it's there, or what is wrong shows when the database is opened */
    if (geteuid() == 0 && !give_folder(folder))
        ap_log_error(APLOG_MARK, APLOG_WARNING, errno, NULL,
                     "LUCI0307: the folder %s could not be given to its user", folder);
}

/* In the short-lived process; never returns. */
static void create_and_exit(server_rec *server, apr_pool_t *scratch)
{
    luci_server_config_t *config = luci_config_server(server);
    luci_db_target_t target = {
        .driver = config->database.driver,
        .params = config->database.params,
        .settings = &config->settings,
        .create = 1,
    };
    const char *problem = NULL;
    luci_result_t result;
    luci_db_t *db;

    alarm(SECONDS_MOST);
    umask(S_IRWXO);
    if (ap_run_drop_privileges(scratch, server) != OK)
        _exit(1);
    result = luci_db_init(target.driver, &problem, scratch);
    if (result == LUCI_OK) {
        db = luci_db_create(&target, scratch);
        result = luci_schema_create(db, scratch);
        problem = luci_db_error(db);
        luci_db_close(db);
    }
    if (result != LUCI_OK)
        ap_log_error(APLOG_MARK, APLOG_ERR, 0, server,
                     "LUCI0308: the tables could not be looked at or made: %s; requests that "
                     "need the database get 503 until it answers",
                     problem);
    _exit(result == LUCI_OK ? 0 : 1);
}

static void create_for(server_rec *server, apr_pool_t *scratch)
{
    apr_proc_t process;
    apr_status_t status;
    apr_exit_why_e why;
    int code;

    make_folder(luci_config_server(server), scratch);
    status = apr_proc_fork(&process, scratch);
    if (status == APR_INCHILD)
        create_and_exit(server, scratch);
    if (status != APR_INPARENT) {
        ap_log_error(APLOG_MARK, APLOG_ERR, status, server,
                     "LUCI0309: no process could be started to make the tables");
        return;
    }
    status = apr_proc_wait(&process, &code, &why, APR_WAIT);
    if (APR_STATUS_IS_CHILD_DONE(status) && !APR_PROC_CHECK_EXIT(why))
        ap_log_error(APLOG_MARK, APLOG_ERR, 0, server,
                     "LUCI0310: making the tables was broken off after %d seconds or by a signal",
                     SECONDS_MOST);
}

void luci_start_schema(apr_pool_t *scratch, server_rec *main_server)
{
    const luci_server_config_t *main_config = luci_config_server(main_server);

    for (server_rec *server = main_server; server; server = server->next) {
        const luci_server_config_t *config = luci_config_server(server);
        int inherited = server != main_server && main_config->create_schema &&
                        main_config->database.params == config->database.params &&
                        main_config->settings.tables.user == config->settings.tables.user;

        if (config->database.driver && config->create_schema && !inherited)
            create_for(server, scratch);
    }
}
