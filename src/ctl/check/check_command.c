/* SPDX-License-Identifier: Apache-2.0 */
#include "ctl/check/check_command.h"

#include "core/base/text.h"
#include "ctl/check/check_database.h"
#include "ctl/check/check_files.h"
#include "ctl/check/check_pool.h"
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

/* The remedy for a missing database file. */
static const char *remedy(const char *path, int create_schema, apr_pool_t *pool)
{
    const char *missing = luci_check_missing_folder(path, pool);

    if (missing && (!create_schema || luci_check_missing_folder(missing, pool)))
        return apr_psprintf(pool, "The folder %s does not exist either: create it, or correct the path",
                            missing);
    if (missing)
        return apr_psprintf(pool, "httpd creates it and the folder %s at its next start", missing);
    return create_schema ? "httpd creates it at its next start; luciactl init creates it now"
                         : "Run luciactl init, which creates it; with LuciaCreateSchema off httpd does not";
}

/* Opens the database as httpd's user, because the database server knows that user, and because a link in a
 * folder of that user must not mislead root. */
static void open_and_check(check_t *check, const luci_ctl_config_t *config, const luci_db_target_t *target,
                           luci_capacity_t *capacity)
{
    if (luci_ctl_database_act(config, target, check->call->pool) != LUCI_EXIT_DONE) {
        luci_findings_add(check->findings, LUCI_FINDING_PROBLEM, "database",
                          "Run luciactl check as httpd's user",
                          "the database was not checked, because luciactl cannot act as httpd's user");
        check->findings->unreachable = 1;
        return;
    }
    luci_check_database(target, capacity, check->findings);
    luci_server_user_end();
}

/* Returns what is known of the server's connections. */
static luci_capacity_t check_one(check_t *check, const luci_ctl_config_t *config,
                                 const luci_db_target_t *target, int create_schema)
{
    luci_check_file_t file = LUCI_CHECK_FILE_THERE;
    luci_capacity_t capacity = { 0 };

    if (luci_engine_is_file(luci_engine_find(target->driver), target->params))
        file = luci_check_database_file(target->params, &check->user, check->findings);
    if (file == LUCI_CHECK_FILE_MISSING)
        luci_findings_add(check->findings, LUCI_FINDING_PROBLEM, "database",
                          remedy(target->params, create_schema, check->call->pool),
                          "the database file %s does not exist", target->params);
    if (file == LUCI_CHECK_FILE_THERE)
        open_and_check(check, config, target, &capacity);
    else
        check->findings->unreachable = 1;
    return capacity;
}

/* ---- A configuration ---- */

/* Adds the findings of httpd's start-up checks. */
static void take_findings(check_t *check, const apr_array_header_t *found)
{
    for (int i = 0; i < found->nelts; i++) {
        const luci_site_finding_t *finding = &APR_ARRAY_IDX(found, i, luci_site_finding_t);
        const char *about = finding->about ? finding->about : CONFIGURATION,
                   *remedy = finding->remedy ? finding->remedy : "";

        luci_findings_add(check->findings,
                          finding->level == LUCI_SITE_ADVICE ? LUCI_FINDING_ADVICE : LUCI_FINDING_PROBLEM,
                          about, remedy, "%s", finding->what);
    }
}

/* Settings have an effect only in a server that has a database or uses the module. */
static int is_used(const luci_ctl_server_t *server)
{
    return server->config->database.driver || server->uses;
}

/* Whether two servers have the same files and tables, so that both would get the same findings. */
static int is_alike(const luci_server_config_t *a, const luci_server_config_t *b, apr_pool_t *pool)
{
    const luci_settings_t *first = &a->settings, *second = &b->settings;

    return luci_text_is_same(a->database.driver, b->database.driver) &&
           luci_text_is_same(a->database.written, b->database.written) &&
           luci_text_is_same(a->templates, b->templates) &&
           strcmp(apr_array_pstrcat(pool, a->languages, ' '), apr_array_pstrcat(pool, b->languages, ' ')) ==
               0 &&
           a->create_schema == b->create_schema && luci_settings_share_columns(first, second) &&
           luci_tables_are_alike(first, second);
}

static int is_checked_already(const luci_ctl_config_t *config, int at, apr_pool_t *pool)
{
    const luci_server_config_t *server = APR_ARRAY_IDX(config->servers, at, luci_ctl_server_t *)->config;

    for (int i = 0; i < at; i++) {
        const luci_ctl_server_t *before = APR_ARRAY_IDX(config->servers, i, luci_ctl_server_t *);

        if (is_used(before) && is_alike(before->config, server, pool))
            return 1;
    }
    return 0;
}

static void check_server(check_t *check, const luci_ctl_config_t *config, int at)
{
    const luci_server_config_t *server = APR_ARRAY_IDX(config->servers, at, luci_ctl_server_t *)->config;
    luci_db_target_t target = { .driver = server->database.driver,
                                .params = server->database.params,
                                .settings = &server->settings,
                                .is_inspection = 1,
                                .where = apr_psprintf(check->call->pool, "LuciaDatabase in %s:%d",
                                                      server->database.file, server->database.number) };
    luci_capacity_t capacity;

    if (is_checked_already(config, at, check->call->pool))
        return;
    luci_check_templates(server->templates, server->languages, &check->user, check->findings);
    if (!target.driver)
        return;
    luci_check_secrets(server->database.written, check->findings);
    capacity = check_one(check, config, &target, server->create_schema);
    luci_check_pool(config, at, &capacity, check->findings);
}

static void check_configuration(check_t *check)
{
    const luci_ctl_source_t source = luci_ctl_database_source(check->call);
    luci_ctl_config_t config;
    luci_result_t result = luci_ctl_config_read(&source, &config, check->call->pool);
    int any = 0;

    for (int i = 0; i < config.problems->nelts; i++)
        luci_findings_add(check->findings, LUCI_FINDING_PROBLEM, CONFIGURATION, "", "%s",
                          APR_ARRAY_IDX(config.problems, i, const char *));
    if (result != LUCI_OK)
        return;
    take_findings(check, config.findings);
    luci_check_user(&check->user, config.user, config.group);
    for (int i = 0; i < config.servers->nelts; i++) {
        if (!is_used(APR_ARRAY_IDX(config.servers, i, const luci_ctl_server_t *)))
            continue;
        any = 1;
        check_server(check, &config, i);
    }
    if (!any)
        luci_findings_add(check->findings, LUCI_FINDING_PROBLEM, CONFIGURATION,
                          "Add LuciaDatabase DRIVER PARAMS", "%s has no LuciaDatabase", source.path);
}

static luci_exit_t run_check(luci_invocation_t *call)
{
    check_t check = { .call = call, .findings = luci_findings_create(call->pool) };
    luci_ctl_database_t database;
    luci_exit_t status;

    if (luci_command_config(call) && !luci_command_has(call, "database"))
        check_configuration(&check);
    else {
        status = luci_ctl_database_choose(call, &database);
        if (status != LUCI_EXIT_DONE)
            return status;
        database.target.is_inspection = 1;
        database.target.report_command = NULL; /* Messages recommend luciactl check, which is this command. */
        (void)check_one(&check, &database.config, &database.target, database.config.server->create_schema);
    }
    return luci_findings_show(check.findings, call->output, luci_command_has(call, "json"));
}

const luci_command_t luci_command_check = {
    "check",
    "",
    "Reports problems of a configuration or a database",
    "With --config, it checks everything that httpd's configtest checks (directives, the\n"
    "modules and columns that they name, pages, the session cookie, combinations that do\n"
    "not work), file permissions of httpd's user, secrets that other users can read, and\n"
    "each database. In a database, it checks tables, columns, indexes and foreign keys;\n"
    "keys and sessions without a user; hashes that cannot be verified; usernames that are\n"
    "not valid for a new account or look like another user's; secrets that seeds of second\n"
    "factors need. It changes nothing. Run it as root: other users may not be able to read\n"
    "all files.\n\n"
    "Exit status: 0 no problem (there may be advice), 1 problems, 3 a database could\n"
    "not be queried.\n",
    NULL,
    0,
    0,
    run_check,
    luci_findings_columns,
};
