/* SPDX-License-Identifier: Apache-2.0 */
#include "ctl/conf/conf_servers.h"

#include "core/config/directive_types.h"
#include "core/config/directives.h"
#include "ctl/conf/conf_reader.h"

#include <apr_strings.h>
#include <string.h>

typedef struct {
    luci_conf_servers_t *servers;
    luci_conf_server_t *main_server;
    luci_conf_server_t *server;         /* whose part is being read */
    apr_array_header_t *sections;       /* const char *: those around, but for <VirtualHost> */
    luci_server_config_t *main_written; /* what is written for each, before it inherits */
    luci_server_config_t *written;
    luci_dir_config_t *main_dir_written;
    luci_dir_config_t *dir_written;
    luci_dir_config_t *sections_values; /* what stands in sections is only judged */
    apr_pool_t *pool;
} reading_t;

static int is(const char *name, const char *wanted)
{
    return strcasecmp(name, wanted) == 0;
}

static luci_site_t *main_site(const reading_t *reading)
{
    return reading->main_server ? reading->main_server->site : NULL;
}

static void add_server(reading_t *reading, const luci_conf_line_t *line)
{
    luci_conf_server_t *server = apr_pcalloc(reading->pool, sizeof *server);

    reading->written = luci_directives_defaults(&luci_scope_server, reading->pool);
    reading->dir_written = luci_directives_defaults(&luci_scope_dir, reading->pool);
    server->config = reading->written;
    server->site = luci_site_create("", main_site(reading), reading->pool);
    server->site->dir = reading->dir_written;
    if (line) {
        server->file = line->file;
        server->number = line->number;
        server->addresses = line->args;
    }
    reading->server = server;
    APR_ARRAY_PUSH(reading->servers->servers, luci_conf_server_t *) = server;
    APR_ARRAY_PUSH(reading->servers->sites, luci_site_t *) = server->site;
}

/* ---- Directives of ours ---- */

static const char *set_row(reading_t *reading, int row, const luci_conf_line_t *line)
{
    int in_section = reading->sections->nelts > 0;
    void *config = in_section ? reading->sections_values : reading->dir_written;
    const char *problem;

    if (line->unknown)
        return apr_psprintf(reading->pool,
                            "%s: the variable %s is not defined, neither here nor in the environment",
                            line->name, line->unknown);
    if (luci_directives_scope(row) == &luci_scope_server) {
        if (in_section)
            return apr_psprintf(reading->pool, "%s is not allowed in <%s>", line->name,
                                APR_ARRAY_IDX(reading->sections, reading->sections->nelts - 1, const char *));
        config = reading->written;
    }
    problem = luci_directives_set(row, line->args, config, reading->pool);
    if (!problem && config == reading->written && is(line->name, "LuciaDatabase")) {
        reading->written->database.file = line->file;
        reading->written->database.number = line->number;
    }
    return problem;
}

static void take_ours(reading_t *reading, const luci_conf_line_t *line)
{
    int row = luci_directives_find(line->name);
    const char *problem =
        row < 0 ? apr_pstrcat(reading->pool, line->name, " is no directive of mod_luciauth", NULL)
                : set_row(reading, row, line);

    if (problem)
        luci_conf_reader_problem(reading->servers->problems, line->file, line->number, problem);
}

/* ---- Those of others that matter ---- */

static void take_others(reading_t *reading, const luci_conf_line_t *line)
{
    const char *args = line->args, *word = luci_word_next(&args, reading->pool);

    if (is(line->name, "LoadModule"))
        APR_ARRAY_PUSH(reading->servers->modules, const char *) = word;
    else if (is(line->name, "User") && !line->unknown)
        reading->servers->user = word;
    else if (is(line->name, "Group") && !line->unknown)
        reading->servers->group = word;
    else if (is(line->name, "DefaultRuntimeDir") && !line->unknown)
        reading->servers->runtime_dir = luci_word_path(word, reading->pool);
}

static void open_section(reading_t *reading, const luci_conf_line_t *line)
{
    luci_site_line_t plain = { line->name, line->args, line->file, line->number };

    if (is(line->name, "VirtualHost")) {
        add_server(reading, line);
        return;
    }
    APR_ARRAY_PUSH(reading->sections, const char *) = line->name;
    luci_site_open(reading->server->site, &plain);
}

static void close_section(reading_t *reading, const luci_conf_line_t *line)
{
    if (is(line->name, "VirtualHost")) {
        reading->server = reading->main_server;
        reading->written = reading->main_written;
        reading->dir_written = reading->main_dir_written;
        return;
    }
    apr_array_pop(reading->sections);
    luci_site_close(reading->server->site);
}

static void take_line(void *baton, const luci_conf_line_t *line)
{
    reading_t *reading = baton;
    luci_site_line_t plain = { line->name, line->args, line->file, line->number };

    switch (line->kind) {
    case LUCI_CONF_OPEN: open_section(reading, line); return;
    case LUCI_CONF_CLOSE: close_section(reading, line); return;
    case LUCI_CONF_DIRECTIVE: break;
    }
    if (!line->unknown)
        luci_site_directive(reading->server->site, &plain);
    if (strncasecmp(line->name, "Lucia", 5) == 0)
        take_ours(reading, line);
    else
        take_others(reading, line);
}

luci_result_t luci_conf_servers_read(luci_conf_servers_t *servers, const char *path, apr_pool_t *pool)
{
    reading_t reading = { .servers = servers, .pool = pool };
    luci_conf_listener_t listener = { take_line, &reading };
    luci_result_t result;

    *servers = (luci_conf_servers_t){ .servers = apr_array_make(pool, 4, sizeof(luci_conf_server_t *)),
                                      .sites = apr_array_make(pool, 4, sizeof(luci_site_t *)),
                                      .problems = apr_array_make(pool, 4, sizeof(const char *)),
                                      .modules = apr_array_make(pool, 32, sizeof(const char *)) };
    reading.sections = apr_array_make(pool, 4, sizeof(const char *));
    reading.sections_values = luci_directives_defaults(&luci_scope_dir, pool);
    add_server(&reading, NULL);
    reading.main_server = reading.server;
    reading.main_written = reading.written;
    reading.main_dir_written = reading.dir_written;
    result = luci_conf_reader_read(path, &listener, servers->problems, pool);
    for (int i = 1; i < servers->servers->nelts; i++) {
        luci_conf_server_t *host = APR_ARRAY_IDX(servers->servers, i, luci_conf_server_t *);

        host->config = luci_directives_merge(&luci_scope_server, reading.main_written, host->config, pool);
        host->site->dir =
            luci_directives_merge(&luci_scope_dir, reading.main_dir_written, host->site->dir, pool);
    }
    for (int i = 0; i < servers->servers->nelts; i++) {
        luci_conf_server_t *server = APR_ARRAY_IDX(servers->servers, i, luci_conf_server_t *);

        server->site->config = server->config;
        server->site->title = luci_conf_server_title(server, pool);
    }
    return result;
}

/* ---- Choosing one ---- */

const char *luci_conf_server_title(const luci_conf_server_t *server, apr_pool_t *pool)
{
    if (!server->file)
        return "the main server";
    return apr_psprintf(pool, "%s (<VirtualHost %s> in %s:%d)",
                        server->site->server_name ? server->site->server_name : "a nameless one",
                        server->addresses, server->file, server->number);
}

/* Whether name[:port] is wanted, which may have a port as well. Without one it fits any. */
static int fits(const char *name, const char *port, const char *wanted)
{
    size_t length = strcspn(name, ":"), wanted_length = strcspn(wanted, ":");
    const char *wanted_port = wanted[wanted_length] ? wanted + wanted_length + 1 : NULL;

    if (name[length])
        port = name + length + 1;
    return length == wanted_length && strncasecmp(name, wanted, length) == 0 &&
           (!wanted_port || (port && strcmp(port, wanted_port) == 0));
}

static int is_wanted(const luci_conf_server_t *server, const char *vhost)
{
    const char *colon = server->addresses ? strrchr(server->addresses, ':') : NULL;
    const char *port = colon ? colon + 1 : NULL;

    if (server->site->server_name && fits(server->site->server_name, port, vhost))
        return 1;
    for (int i = 0; i < server->site->aliases->nelts; i++) {
        if (fits(APR_ARRAY_IDX(server->site->aliases, i, const char *), port, vhost))
            return 1;
    }
    return 0;
}

static int is_same_database(const luci_conf_server_t *a, const luci_conf_server_t *b)
{
    const luci_database_t *first = &a->config->database, *second = &b->config->database;

    return strcmp(first->driver, second->driver) == 0 && strcmp(first->written, second->written) == 0;
}

static const char *list(const luci_conf_servers_t *servers, apr_pool_t *pool)
{
    const char *text = "";

    for (int i = 0; i < servers->servers->nelts; i++) {
        const luci_conf_server_t *server = APR_ARRAY_IDX(servers->servers, i, const luci_conf_server_t *);

        if (server->config->database.driver)
            text = apr_pstrcat(pool, text, *text ? "; " : "", luci_conf_server_title(server, pool), NULL);
    }
    return *text ? text : "none has a LuciaDatabase";
}

luci_result_t luci_conf_servers_choose(const luci_conf_servers_t *servers, const char *vhost,
                                       const luci_conf_server_t **chosen, const char **problem,
                                       apr_pool_t *pool)
{
    const luci_conf_server_t *found = NULL;

    for (int i = 0; i < servers->servers->nelts; i++) {
        const luci_conf_server_t *server = APR_ARRAY_IDX(servers->servers, i, const luci_conf_server_t *);

        if (!server->config->database.driver || (vhost && !is_wanted(server, vhost)))
            continue;
        if (found && !is_same_database(found, server)) {
            *problem =
                apr_psprintf(pool, "there are several databases, choose one with --vhost NAME[:PORT]: %s",
                             list(servers, pool));
            return LUCI_NOT_FOUND;
        }
        if (!found)
            found = server;
    }
    *chosen = found;
    if (found)
        return LUCI_OK;
    *problem = vhost ? apr_psprintf(pool, "no server called %s has a LuciaDatabase; there are: %s", vhost,
                                    list(servers, pool))
                     : "there is no LuciaDatabase";
    return LUCI_NOT_FOUND;
}
