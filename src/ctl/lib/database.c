/* SPDX-License-Identifier: Apache-2.0 */
#include "ctl/lib/database.h"

#include "core/base/secret.h"
#include "core/config/connect_params.h"
#include "core/config/directive_types.h"
#include "core/db/db_problem.h"
#include "core/db/schema.h"
#include "core/db/user_group_table.h"
#include "core/db/user_table.h"
#include "ctl/cli/say.h"
#include "ctl/lib/server_user.h"

#include <apr_lib.h>
#include <apr_strings.h>
#include <apr_time.h>
#include <string.h>

/* ---- The options --tables and --attributes ---- */

/* Appends the names in a comma-separated list to names. USAGE: one of them is invalid. */
static luci_exit_t split_names(luci_invocation_t *call, const char *option, apr_array_header_t *names)
{
    char *rest, *list = apr_pstrdup(call->pool, luci_command_value(call, option));

    for (char *name = apr_strtok(list, ",", &rest); name; name = apr_strtok(NULL, ",", &rest)) {
        if (!luci_word_is_identifier(name))
            return luci_command_misuse(
                call,
                apr_psprintf(
                    call->pool,
                    "--%s: \"%s\" is not a valid name: letters, digits and underscores are allowed, not "
                    "starting with a digit, at most %d characters",
                    option, name, LUCI_IDENTIFIER_BYTES_MAX));
        APR_ARRAY_PUSH(names, const char *) = name;
    }
    return LUCI_EXIT_DONE;
}

static luci_exit_t choose_tables(luci_invocation_t *call, luci_settings_t *settings)
{
    apr_array_header_t *names = apr_array_make(call->pool, 3, sizeof(const char *));
    const char **name;
    luci_exit_t status;

    if (!luci_command_has(call, "tables"))
        return LUCI_EXIT_DONE;
    status = split_names(call, "tables", names);
    if (status != LUCI_EXIT_DONE)
        return status;
    if (names->nelts != 3)
        return luci_command_misuse(call, "--tables needs three names: USER,KEY,SESSION");
    name = (const char **)names->elts;
    settings->tables = (luci_tables_t){ name[0], name[1], name[2] };
    return LUCI_EXIT_DONE;
}

static luci_exit_t choose_attributes(luci_invocation_t *call, luci_settings_t *settings)
{
    luci_exit_t status = LUCI_EXIT_DONE;

    if (luci_command_has(call, "attributes"))
        status = split_names(call, "attributes", settings->attributes);
    if (status == LUCI_EXIT_DONE && settings->attributes->nelts > LUCI_ATTRIBUTES_MAX)
        return luci_command_misuse(
            call,
            apr_psprintf(call->pool, "--attributes: at most %d columns are allowed", LUCI_ATTRIBUTES_MAX));
    return status;
}

/* ---- Choosing the database ---- */

/* Parses DRIVER:PARAMS. */
static luci_exit_t split_database(luci_invocation_t *call, luci_ctl_config_t *config)
{
    const char *written = luci_command_value(call, "database"), *colon = strchr(written, ':'), *problem;
    const luci_engine_t *engine;

    if (!colon || !colon[1])
        return luci_command_misuse(call,
                                   apr_psprintf(call->pool, "--database needs DRIVER:PARAMS, such as %s:%s",
                                                luci_engines[0]->driver, luci_engines[0]->params_example));
    config->driver = apr_pstrmemdup(call->pool, written, (apr_size_t)(colon - written));
    engine = luci_engine_find(config->driver);
    if (!engine)
        return luci_command_misuse(
            call, apr_psprintf(call->pool, "--database: driver \"%s\" is not known; %s are allowed",
                               config->driver, luci_engine_names(", ", " and ", call->pool)));
    if (luci_connect_params(engine, colon + 1, &config->params, &problem, call->pool) != LUCI_OK)
        return luci_command_misuse(call, apr_pstrcat(call->pool, "--database: ", problem, NULL));
    return LUCI_EXIT_DONE;
}

static luci_exit_t from_option(luci_invocation_t *call, luci_ctl_config_t *config)
{
    luci_exit_t status;

    if (luci_command_has(call, "vhost") || luci_command_has(call, "httpd"))
        return luci_command_misuse(call, "--vhost and --httpd are allowed only with --config");
    luci_ctl_config_defaults(config, call->pool);
    status = split_database(call, config);
    if (status == LUCI_EXIT_DONE)
        status = choose_tables(call, &config->settings);
    return status == LUCI_EXIT_DONE ? choose_attributes(call, &config->settings) : status;
}

luci_ctl_source_t luci_ctl_database_source(luci_invocation_t *call)
{
    return (luci_ctl_source_t){ luci_command_httpd(call), luci_command_config(call),
                                luci_command_value(call, "vhost") };
}

static luci_exit_t from_file(luci_invocation_t *call, luci_ctl_config_t *config)
{
    const luci_ctl_source_t source = luci_ctl_database_source(call);

    if (luci_command_has(call, "tables") || luci_command_has(call, "attributes"))
        return luci_command_misuse(
            call, "--tables and --attributes are allowed only with --database; a configuration has its own");
    if (luci_ctl_config_read(&source, config, call->pool) == LUCI_OK)
        luci_ctl_config_choose(&source, config, call->pool);
    for (int i = 0; i < config->problems->nelts; i++)
        luci_say_error(LUCI_EXIT_USAGE, "%s", APR_ARRAY_IDX(config->problems, i, const char *));
    return config->problems->nelts ? LUCI_EXIT_USAGE : LUCI_EXIT_DONE;
}

/* Sets where the database is configured, and the command for further diagnosis, for messages. */
static void name_database(luci_invocation_t *call, luci_ctl_database_t *database)
{
    const char *path = luci_command_config(call);
    const luci_database_t *written = database->config.server ? &database->config.server->database : NULL;

    if (luci_command_has(call, "database") || !path) {
        database->target.where = "--database";
        database->target.report_command = "luciactl check with the same --database";
        return;
    }
    if (written && written->file)
        database->target.where =
            apr_psprintf(call->pool, "LuciaDatabase in %s:%d", written->file, written->number);
    database->target.report_command = apr_psprintf(call->pool, "luciactl --config %s check", path);
}

luci_exit_t luci_ctl_database_choose(luci_invocation_t *call, luci_ctl_database_t *database)
{
    int has_option = luci_command_has(call, "database"), has_file = luci_command_config(call) != NULL;
    luci_exit_t status;

    memset(database, 0, sizeof *database);
    if (has_option == has_file)
        return luci_command_misuse(call, has_option ? "--database and --config exclude each other"
                                                    : "--database DRIVER:PARAMS or --config FILE is missing, "
                                                      "and there is no " LUCI_HTTPD_CONF
                                                      " or LUCIACTL_CONFIG is empty");
    status = has_option ? from_option(call, &database->config) : from_file(call, &database->config);
    database->target.driver = database->config.driver;
    database->target.params = database->config.params;
    database->target.settings = &database->config.settings;
    database->target.finds_steps = 1;
    name_database(call, database);
    return status;
}

/* ---- Opening ---- */

luci_exit_t luci_ctl_database_lacks_table(const luci_ctl_database_t *database, const luci_table_t *table,
                                          const char *what, const char *directive, apr_pool_t *pool)
{
    return luci_say_error(LUCI_EXIT_REFUSED,
                          "%s there is no table %s; write %s and restart httpd, or run luciactl init", what,
                          luci_table_name(table, &database->config.settings.tables, pool), directive);
}

luci_exit_t luci_ctl_database_failed(const luci_ctl_database_t *database, luci_result_t result)
{
    if (result == LUCI_INTERNAL)
        return luci_say_error(LUCI_EXIT_REFUSED, "an error of this machine: no memory, or no random numbers");
    return luci_say_error(
        LUCI_EXIT_DATABASE, "the database %s: %s%s", result == LUCI_BUSY ? "is busy" : "can't be used",
        database->db ? luci_db_problem(database->db, database->config.problems->pool) : "not opened",
        luci_server_user_note(database->config.problems->pool));
}

/* Nothing works without the tables of Lucia itself. A missing table of the module is empty: what needs it
 * says so. */
static luci_exit_t find_tables(luci_ctl_database_t *database)
{
    const luci_settings_t *settings = &database->config.settings;
    apr_pool_t *pool = database->config.problems->pool;
    const char *missing = "";

    for (const luci_table_t *const *table = luci_table_list; *table; table++) {
        const char *name = luci_table_name(*table, &settings->tables, pool);
        int found = 1;
        luci_result_t result = LUCI_OK;

        if (luci_table_is_wanted(*table, settings))
            result = luci_db_has_table(database->db, *table, &found);
        if (result != LUCI_OK)
            return luci_ctl_database_failed(database, result);
        if (!found && !(*table)->is_wanted)
            return luci_say_error(
                LUCI_EXIT_DATABASE,
                "the database has no table %s with Lucia's columns; luciactl init creates it", name);
        if (!found)
            missing = apr_pstrcat(pool, missing, *missing ? ", " : "", name, NULL);
    }
    if (*missing)
        luci_say_note("Missing tables: %s. luciactl check says what fails without them, and luciactl init "
                      "creates them.",
                      missing);
    return LUCI_EXIT_DONE;
}

/* A user is read with the groups, which needs their table; and --database names no configuration that says
 * whether there are groups. */
static luci_exit_t find_groups(luci_invocation_t *call, luci_ctl_database_t *database)
{
    int *groups = &database->config.settings.groups;
    luci_result_t result = LUCI_OK;

    if (*groups || luci_command_has(call, "database"))
        result = luci_db_has_table(database->db, &luci_table_user_group, groups);
    return result == LUCI_OK ? LUCI_EXIT_DONE : luci_ctl_database_failed(database, result);
}

luci_exit_t luci_ctl_database_lacks(const luci_ctl_database_t *database, const char *column, apr_pool_t *pool)
{
    const luci_settings_t *settings = &database->config.settings;
    const luci_engine_t *engine = luci_engine_find(database->target.driver);

    if (!engine)
        return luci_ctl_database_failed(database, LUCI_UNAVAILABLE);
    return luci_say_error(LUCI_EXIT_REFUSED, "the table %s has no column %s; add it with: %s",
                          settings->tables.user, column,
                          luci_schema_add_column(engine, &luci_table_user, column, settings, pool));
}

static luci_exit_t find_attributes(luci_invocation_t *call, luci_ctl_database_t *database)
{
    const apr_array_header_t *attributes = database->config.settings.attributes;

    for (int i = 0; i < attributes->nelts; i++) {
        const char *column = APR_ARRAY_IDX(attributes, i, const char *);
        int found = 0;
        luci_result_t result = luci_db_has_column(database->db, &luci_table_user, column, &found);

        if (result != LUCI_OK)
            return luci_ctl_database_failed(database, result);
        if (!found)
            return luci_ctl_database_lacks(database, column, call->pool);
    }
    return LUCI_EXIT_DONE;
}

luci_exit_t luci_ctl_database_act(const luci_ctl_config_t *config, const luci_db_target_t *target,
                                  apr_pool_t *pool)
{
    const luci_server_user_words_t words = { config->user, config->group };

    if (luci_engine_is_file(luci_engine_find(target->driver), target->params))
        return luci_server_user_for_path(&words, target->params, pool);
    return luci_server_user_for_server(&words, pool);
}

/* SQLite says at once that it is busy, without the usual wait, while the last other connection to a file
 * closes and removes its -wal. */
#define OPENING_MAX apr_time_from_sec(2)
#define OPENING_PAUSE apr_time_from_msec(50)

static luci_result_t connect_patiently(luci_db_t *db)
{
    apr_time_t begun = apr_time_now();
    luci_result_t result = luci_db_connect(db);

    while (result == LUCI_BUSY && apr_time_now() - begun < OPENING_MAX) {
        apr_sleep(OPENING_PAUSE);
        result = luci_db_connect(db);
    }
    return result;
}

luci_exit_t luci_ctl_database_connect(luci_invocation_t *call, luci_ctl_database_t *database)
{
    luci_exit_t status;
    const char *problem;
    luci_result_t result;

    if (luci_secret_init(call->pool) != LUCI_OK)
        return luci_ctl_database_failed(database, LUCI_INTERNAL);
    if (luci_db_init(database->target.driver, &problem, call->pool) != LUCI_OK)
        return luci_say_error(LUCI_EXIT_DATABASE, "%s: %s", luci_db_title(&database->target, call->pool),
                              problem);
    status = luci_ctl_database_act(&database->config, &database->target, call->pool);
    if (status != LUCI_EXIT_DONE)
        return status;
    database->db = luci_db_create(&database->target, call->pool);
    result = connect_patiently(database->db);
    status = result == LUCI_OK ? find_tables(database) : luci_ctl_database_failed(database, result);
    if (status == LUCI_EXIT_DONE)
        status = find_groups(call, database);
    return status == LUCI_EXIT_DONE ? find_attributes(call, database) : status;
}

luci_exit_t luci_ctl_database_open(luci_invocation_t *call, luci_ctl_database_t *database)
{
    luci_exit_t status = luci_ctl_database_choose(call, database);

    return status == LUCI_EXIT_DONE ? luci_ctl_database_connect(call, database) : status;
}
