/* SPDX-License-Identifier: Apache-2.0 */
#include "ctl/check/check_command.h"

#include "ctl/check/check_database.h"
#include "ctl/check/check_files.h"
#include "ctl/check/check_settings.h"
#include "ctl/lib/database.h"
#include "ctl/lib/server_user.h"

#include <apr_strings.h>
#include <string.h>

#define CONFIGURATION "configuration"

typedef struct {
    luci_invocation_t *call;
    luci_findings_t *findings;
    luci_file_user_t user;
} check_t;

/* How the database file that is missing comes to be. */
static const char *remedy(const char *path, int create_schema, apr_pool_t *pool)
{
    const char *missing = luci_check_missing_folder(path, pool);

    if (missing && (!create_schema || luci_check_missing_folder(missing, pool)))
        return apr_psprintf(pool, "There is no folder %s, either: make it, or correct the path", missing);
    if (missing)
        return apr_psprintf(pool, "httpd makes it when it starts, and the folder %s, too", missing);
    return create_schema ? "httpd makes it when it starts, or luciactl init does"
                         : "luciactl init makes it; httpd does not with LuciaCreateSchema off";
}

/* As httpd's user, whom the database lets in, and whom nothing in its folder leads elsewhere with root's
 * rights. */
static void ask(check_t *check, const luci_conf_servers_t *servers, const luci_db_target_t *target)
{
    if (luci_ctl_database_act(servers, target, check->call->pool) != LUCI_EXIT_DONE) {
        luci_findings_problem(check->findings, "database", "Run luciactl check as httpd's user",
                              "the database was not asked");
        check->findings->unreachable = 1;
        return;
    }
    luci_check_database(target, check->findings);
    luci_server_user_end();
}

static void check_one(check_t *check, const luci_conf_servers_t *servers, const luci_db_target_t *target,
                      int create_schema)
{
    luci_check_file_t file = LUCI_CHECK_FILE_THERE;

    if (luci_engine_is_file(luci_engine_find(target->driver), target->params))
        file = luci_check_database_file(target->params, &check->user, check->findings);
    if (file == LUCI_CHECK_FILE_MISSING)
        luci_findings_problem(check->findings, "database",
                              remedy(target->params, create_schema, check->call->pool),
                              "there is no database file %s", target->params);
    if (file != LUCI_CHECK_FILE_THERE) {
        check->findings->unreachable = 1;
        return;
    }
    ask(check, servers, target);
}

/* ---- A configuration ---- */

static void check_cookie(check_t *check, const luci_conf_server_t *server)
{
    const luci_server_config_t *config = server->config;
    const luci_cookie_t cookie = { config->cookie_name, config->cookie_path, config->cookie_domain,
                                   config->cookie_samesite, config->cookie_secure == LUCI_SECURE_ON };
    const char *problem = luci_cookie_problem(&cookie),
               *title = luci_conf_server_title(server, check->call->pool);

    if (problem)
        luci_findings_problem(
            check->findings, "cookie", "",
            "LuciaCookieName %s and the other LuciaCookie directives do not go together in %s: %s",
            cookie.name, title, problem);
    if (config->cookie_secure == LUCI_SECURE_OFF)
        luci_findings_advice(check->findings, "cookie", "Write LuciaCookieSecure on, or auto",
                             "LuciaCookieSecure is off in %s: the session is sent over plain http, too",
                             title);
}

static int is_said_already(const luci_conf_servers_t *servers, int at)
{
    const luci_server_config_t *config = APR_ARRAY_IDX(servers->servers, at, luci_conf_server_t *)->config;

    for (int i = 0; i < at; i++) {
        if (APR_ARRAY_IDX(servers->servers, i, luci_conf_server_t *)->config == config)
            return 1; /* nothing of its own */
    }
    return 0;
}

static void check_server(check_t *check, const luci_conf_servers_t *servers, int at)
{
    const luci_conf_server_t *server = APR_ARRAY_IDX(servers->servers, at, const luci_conf_server_t *);
    const luci_server_config_t *config = server->config;
    luci_db_target_t target = { .driver = config->database.driver,
                                .params = config->database.params,
                                .settings = &config->settings,
                                .looks = 1,
                                .where = apr_psprintf(check->call->pool, "LuciaDatabase in %s:%d",
                                                      config->database.file, config->database.number) };

    if (server->site->use.name && !target.driver)
        luci_findings_problem(check->findings, CONFIGURATION, "Write LuciaDatabase DRIVER PARAMS there",
                              "the module is used (%s %s in %s:%d), but %s has no LuciaDatabase",
                              server->site->use.name, server->site->use.args, server->site->use.file,
                              server->site->use.number, server->site->title);
    if (is_said_already(servers, at))
        return;
    check_cookie(check, server);
    luci_check_settings(servers, server, check->findings);
    luci_check_templates(config->templates, &check->user, check->findings);
    if (!target.driver)
        return;
    luci_check_secrets(config->database.written, &check->user, check->findings);
    check_one(check, servers, &target, config->create_schema);
}

/* Without a main server's database its other settings are of no use to anybody. */
static int is_idle(const luci_conf_server_t *server)
{
    return !server->config->database.driver && !server->site->use.name;
}

static void check_configuration(check_t *check, const char *path)
{
    luci_conf_servers_t servers;
    int any = 0;
    luci_result_t result = luci_conf_servers_read(&servers, path, check->call->pool);

    for (int i = 0; i < servers.problems->nelts; i++)
        luci_findings_problem(check->findings, CONFIGURATION, "", "%s",
                              APR_ARRAY_IDX(servers.problems, i, const char *));
    if (result != LUCI_OK)
        return;
    luci_check_user(&check->user, servers.user, servers.group, check->findings);
    for (int i = 0; i < servers.servers->nelts; i++) {
        if (is_idle(APR_ARRAY_IDX(servers.servers, i, const luci_conf_server_t *)))
            continue;
        any = 1;
        check_server(check, &servers, i);
    }
    luci_check_columns(&servers, check->findings);
    luci_check_rules(&servers, &check->user, check->findings);
    if (!any)
        luci_findings_problem(check->findings, CONFIGURATION, "Write LuciaDatabase DRIVER PARAMS",
                              "%s has no LuciaDatabase", path);
}

static luci_exit_t run_check(luci_invocation_t *call)
{
    check_t check = { .call = call, .findings = luci_findings_create(call->pool) };
    luci_ctl_database_t database;
    luci_exit_t status;

    if (luci_command_config(call) && !luci_command_has(call, "database"))
        check_configuration(&check, luci_command_config(call));
    else {
        status = luci_ctl_database_choose(call, &database);
        if (status != LUCI_EXIT_DONE)
            return status;
        database.target.looks = 1;
        database.target.next = NULL; /* it is being said */
        check_one(&check, &database.config.servers, &database.target, database.config.server->create_schema);
    }
    return luci_findings_show(check.findings, call->output, luci_command_has(call, "json"));
}

const luci_command_t luci_command_check = {
    "check",
    "",
    "Says what is wrong with a configuration or a database",
    "With --config: the directives, modules and columns that they name, who may read and\n"
    "write which files, secrets that others can read, pages that do not parse, the session\n"
    "cookie, what does not go together, and each database that is named. Of a database:\n"
    "tables, columns, indexes and foreign keys; keys and sessions without a user, hashes\n"
    "that nobody can sign in with, names that no new account could have or that look like\n"
    "another's. Nothing is changed. Run it as root, or what it can't read is called\n"
    "unreadable.\n\n"
    "Exit status: 0 no problem (there may be advice), 1 problems, 3 a database could\n"
    "not be asked.\n",
    NULL,
    0,
    0,
    run_check,
    luci_findings_columns,
};
