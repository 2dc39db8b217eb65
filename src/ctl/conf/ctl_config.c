/* SPDX-License-Identifier: Apache-2.0 */
#include "ctl/conf/ctl_config.h"

#include "core/config/directive_types.h"
#include "core/config/directives.h"
#include "core/config/email_columns.h"
#include "core/web/url.h"
#include "ctl/conf/httpd_run.h"

#include <apr_escape.h>
#include <apr_lib.h>
#include <apr_strings.h>
#include <string.h>
#include <unistd.h>

#define HTTP_PORT "80"
#define HTTPS_PORT "443"

void luci_ctl_config_defaults(luci_ctl_config_t *config, apr_pool_t *pool)
{
    const luci_server_config_t *server = luci_directives_defaults(&luci_scope_server, pool);

    *config = (luci_ctl_config_t){ .settings = server->settings,
                                   .server = server,
                                   .has_pages = 1,
                                   .servers = apr_array_make(pool, 4, sizeof(luci_ctl_server_t *)),
                                   .ports = apr_array_make(pool, 4, sizeof(const char *)),
                                   .findings = apr_array_make(pool, 4, sizeof(luci_site_finding_t)),
                                   .problems = apr_array_make(pool, 4, sizeof(const char *)) };
}

/* ---- Values of the document ---- */

/* Returns NULL if value is not a text. Text that is not UTF-8 is written as {"hex": "..."}. */
static const char *text_of(json_t *value, apr_pool_t *pool)
{
    const char *hex = json_string_value(json_object_get(value, "hex"));
    apr_size_t length;
    char *text;

    if (!hex)
        return json_is_string(value) ? apr_pstrdup(pool, json_string_value(value)) : NULL;
    text = apr_pcalloc(pool, strlen(hex) / 2 + 1);
    return apr_unescape_hex(text, hex, APR_ESCAPE_STRING, 0, &length) == APR_SUCCESS ? text : NULL;
}

static const char *get(json_t *object, const char *name, apr_pool_t *pool)
{
    return text_of(json_object_get(object, name), pool);
}

static int get_number(json_t *object, const char *name)
{
    return (int)json_integer_value(json_object_get(object, name));
}

/* ---- Servers ---- */

static void add_problem(luci_ctl_config_t *config, const char *problem)
{
    for (int i = 0; i < config->problems->nelts; i++) {
        if (strcmp(APR_ARRAY_IDX(config->problems, i, const char *), problem) == 0)
            return; /* Several servers inherit the line, or httpd refused it as well. */
    }
    APR_ARRAY_PUSH(config->problems, const char *) = problem;
}

static void read_directive(luci_ctl_config_t *config, luci_server_config_t *server, json_t *directive,
                           apr_pool_t *pool)
{
    const char *name = get(directive, "name", pool), *args = get(directive, "args", pool),
               *file = get(directive, "file", pool), *problem;
    int number = get_number(directive, "line"), row = name ? luci_directives_find(name) : -1;

    if (!name || !args || !file)
        return;
    if (row < 0)
        problem =
            apr_pstrcat(pool, name, " is unknown to this luciactl, which is older than mod_luciauth", NULL);
    else
        problem = luci_directives_set(row, args, server, pool);
    if (problem)
        add_problem(config, apr_psprintf(pool, "%s:%d: %s", file, number, problem));
    else if (strcasecmp(name, "LuciaDatabase") == 0) {
        server->database.file = file;
        server->database.number = number;
    }
}

static void read_server(luci_ctl_config_t *config, json_t *object, apr_pool_t *pool)
{
    luci_ctl_server_t *server = apr_pcalloc(pool, sizeof *server);
    json_t *each;
    size_t i;

    server->file = get(object, "file", pool);
    server->number = get_number(object, "line");
    server->addresses = get(object, "addresses", pool);
    server->name = get(object, "name", pool);
    server->uses = json_is_true(json_object_get(object, "uses"));
    server->has_tls = json_is_true(json_object_get(object, "tls"));
    server->has_pages = !json_is_false(json_object_get(object, "pages"));
    server->aliases = apr_array_make(pool, 4, sizeof(const char *));
    server->config = luci_directives_defaults(&luci_scope_server, pool);
    json_array_foreach(json_object_get(object, "aliases"), i, each)
    {
        const char *alias = text_of(each, pool);

        if (alias)
            APR_ARRAY_PUSH(server->aliases, const char *) = alias;
    }
    json_array_foreach(json_object_get(object, "directives"), i, each)
        read_directive(config, server->config, each, pool);
    luci_email_columns_add(&server->config->settings, pool);
    server->config->settings.has_approval = json_is_true(json_object_get(object, "approval"));
    server->config->settings.has_proofs = json_is_true(json_object_get(object, "proofs"));
    APR_ARRAY_PUSH(config->servers, luci_ctl_server_t *) = server;
}

static void read_port(luci_ctl_config_t *config, json_t *number, apr_pool_t *pool)
{
    APR_ARRAY_PUSH(config->ports, const char *) = apr_itoa(pool, (int)json_integer_value(number));
}

/* ---- Findings ---- */

static void read_finding(luci_ctl_config_t *config, json_t *object, apr_pool_t *pool)
{
    luci_site_finding_t finding = { .id = get(object, "id", pool),
                                    .level = LUCI_SITE_ADVICE,
                                    .what = get(object, "what", pool),
                                    .remedy = get(object, "remedy", pool),
                                    .about = get(object, "about", pool) };
    const char *level = get(object, "level", pool);

    if (!level || !finding.what)
        return;
    if (strcmp(level, "error") == 0) {
        add_problem(config, finding.what);
        return;
    }
    if (strcmp(level, "problem") == 0)
        finding.level = LUCI_SITE_PROBLEM;
    APR_ARRAY_PUSH(config->findings, luci_site_finding_t) = finding;
}

/* ---- The audit log ---- */

#define LINKS_MAX 8

/* Whether a path names a descriptor of the process, also through symbolic links: /dev/stdout in the
 * configuration means httpd's output, not that of luciactl. */
static int is_descriptor(const char *path, apr_pool_t *pool)
{
    static const char *const begins[] = { "/dev/std", "/dev/fd/", "/proc/" };
    char target[1024];

    for (int links = 0; path && links < LINKS_MAX; links++) {
        ssize_t length;

        for (size_t i = 0; i < sizeof begins / sizeof *begins; i++) {
            if (strncmp(path, begins[i], strlen(begins[i])) == 0)
                return 1;
        }
        length = readlink(path, target, sizeof target - 1);
        if (length < 0)
            return 0;
        target[length] = '\0';
        path = *target == '/'
                   ? apr_pstrdup(pool, target)
                   : apr_pstrcat(pool,
                                 apr_pstrmemdup(pool, path, (apr_size_t)(apr_filepath_name_get(path) - path)),
                                 target, NULL);
    }
    return 0;
}

/* Returns NULL for a target that only httpd can write to: its piped programs and its own standard output and
 * error. */
static const char *audit_file(const char *target, apr_pool_t *pool)
{
    const char *path;

    if (!target || *target == '|' || strcmp(target, LUCI_AUDIT_OFF) == 0)
        return NULL;
    path = luci_word_path(target, pool);
    return is_descriptor(path, pool) ? NULL : path;
}

/* ---- Reading ---- */

luci_result_t luci_ctl_config_read(const luci_ctl_source_t *source, luci_ctl_config_t *config,
                                   apr_pool_t *pool)
{
    json_t *document, *each;
    luci_result_t result;
    size_t i;

    luci_ctl_config_defaults(config, pool);
    result = luci_httpd_run(source->program, source->path, &document, config->problems);
    if (result != LUCI_OK)
        return result;
    luci_directive_root = get(document, "server_root", pool);
    config->user = get(document, "user", pool);
    config->group = get(document, "group", pool);
    config->control = get(document, "control", pool);
    config->children = get_number(document, "processes");
    config->threads = get_number(document, "threads");
    json_array_foreach(json_object_get(document, "ports"), i, each) read_port(config, each, pool);
    json_array_foreach(json_object_get(document, "findings"), i, each) read_finding(config, each, pool);
    json_array_foreach(json_object_get(document, "servers"), i, each) read_server(config, each, pool);
    json_decref(document);
    return LUCI_OK;
}

/* ---- Choosing a server ---- */

static const char *title(const luci_ctl_server_t *server, apr_pool_t *pool)
{
    if (!server->file)
        return "the main server";
    return apr_psprintf(pool, "%s (<VirtualHost %s> in %s:%d)",
                        server->name ? server->name : "a server without ServerName", server->addresses,
                        server->file, server->number);
}

/* Whether a server's name and port match the wanted NAME[:PORT]; without PORT any port matches. */
static int fits(const char *name, const char *port, const char *wanted)
{
    size_t length = strcspn(name, ":"), wanted_length = strcspn(wanted, ":");
    const char *wanted_port = wanted[wanted_length] ? wanted + wanted_length + 1 : NULL;

    if (name[length])
        port = name + length + 1;
    return length == wanted_length && strncasecmp(name, wanted, length) == 0 &&
           (!wanted_port || (port && strcmp(port, wanted_port) == 0));
}

/* The port of the last address of <VirtualHost>; NULL: it has none. */
static const char *port_of(const char *addresses)
{
    const char *colon = addresses ? strrchr(addresses, ':') : NULL;

    return colon && !strchr(colon, ']') ? colon + 1 : NULL;
}

static int is_wanted(const luci_ctl_server_t *server, const char *vhost)
{
    const char *scheme = server->name ? strstr(server->name, "://") : NULL;
    const char *port = port_of(server->addresses);

    if (server->name && fits(scheme ? scheme + 3 : server->name, port, vhost))
        return 1;
    for (int i = 0; i < server->aliases->nelts; i++) {
        if (fits(APR_ARRAY_IDX(server->aliases, i, const char *), port, vhost))
            return 1;
    }
    return 0;
}

static int is_same_database(const luci_ctl_server_t *a, const luci_ctl_server_t *b)
{
    const luci_database_t *first = &a->config->database, *second = &b->config->database;

    return strcmp(first->driver, second->driver) == 0 && strcmp(first->written, second->written) == 0;
}

static const char *list(const luci_ctl_config_t *config, apr_pool_t *pool)
{
    const char *text = "";

    for (int i = 0; i < config->servers->nelts; i++) {
        const luci_ctl_server_t *server = APR_ARRAY_IDX(config->servers, i, const luci_ctl_server_t *);

        if (server->config->database.driver)
            text = apr_pstrcat(pool, text, *text ? "; " : "", title(server, pool), NULL);
    }
    return *text ? text : "no server has a LuciaDatabase";
}

static const luci_ctl_server_t *find(const luci_ctl_source_t *source, const luci_ctl_config_t *config,
                                     const char **problem, apr_pool_t *pool)
{
    const luci_ctl_server_t *found = NULL;

    for (int i = 0; i < config->servers->nelts; i++) {
        const luci_ctl_server_t *server = APR_ARRAY_IDX(config->servers, i, const luci_ctl_server_t *);

        if (!server->config->database.driver || (source->vhost && !is_wanted(server, source->vhost)))
            continue;
        if (found && !is_same_database(found, server)) {
            *problem =
                apr_psprintf(pool, "there are several databases; choose one with --vhost NAME[:PORT]: %s",
                             list(config, pool));
            return NULL;
        }
        if (!found)
            found = server;
    }
    if (!found)
        *problem = source->vhost
                       ? apr_psprintf(pool, "no server named %s has a LuciaDatabase; these have one: %s",
                                      source->vhost, list(config, pool))
                       : "there is no LuciaDatabase";
    return found;
}

/* The host name of a ServerName, which may have a scheme and a port. */
static const char *host_of(const char *name, apr_pool_t *pool)
{
    const char *scheme = name ? strstr(name, "://") : NULL, *host = scheme ? scheme + 3 : name;

    return host ? apr_pstrmemdup(pool, host, strcspn(host, ":")) : NULL;
}

/* LuciaSiteURL says how browsers reach the server, and so does a ServerName with a scheme, through a proxy,
 * too. Without one, only the port of https is certain: http may be what a proxy in front speaks. */
static const char *certain_origin(const luci_ctl_server_t *server, apr_pool_t *pool)
{
    const char *name = server->name, *port = port_of(name), *origin;

    if (server->config->site_url)
        return server->config->site_url;
    if (!name)
        return NULL;
    if (!strstr(name, "://")) {
        if (!port)
            port = port_of(server->addresses);
        if (!port || strcmp(port, HTTPS_PORT) != 0)
            return NULL;
        name = apr_pstrcat(pool, "https://", name, NULL);
    }
    return luci_url_origin(name, &origin, pool) == LUCI_OK ? origin : NULL;
}

/* The port that Listen gives a server without one in its ServerName and <VirtualHost>: the usual one, or the
 * only one. NULL: several others. */
static const char *listened_port(const luci_ctl_config_t *config, const char *usual)
{
    const char *found = NULL;
    int others = 0;

    for (int i = 0; i < config->ports->nelts; i++) {
        const char *port = APR_ARRAY_IDX(config->ports, i, const char *);

        if (strcmp(port, usual) == 0)
            return usual;
        others += found && strcmp(port, found) != 0;
        found = port;
    }
    return others ? NULL : found;
}

/* What a ServerName without a scheme means unless a proxy is in front. */
static const char *likely_origin(const luci_ctl_config_t *config, const luci_ctl_server_t *server,
                                 apr_pool_t *pool)
{
    const char *name = server->name, *port, *origin;
    int https = server->has_tls;

    if (!name || strstr(name, "://"))
        return NULL;
    port = port_of(name);
    if (port)
        name = apr_pstrmemdup(pool, name, (apr_size_t)(port - 1 - name));
    else
        port = port_of(server->addresses);
    if (!port || !apr_isdigit(*port))
        port = listened_port(config, https ? HTTPS_PORT : HTTP_PORT);
    if (!port)
        return NULL;
    https |= strcmp(port, HTTPS_PORT) == 0;
    name = apr_pstrcat(pool, https ? "https://" : "http://", name, ":", port, NULL);
    return luci_url_origin(name, &origin, pool) == LUCI_OK ? origin : NULL;
}

/* All servers with the database of the chosen one serve its users. NULL: none of them has a URL, or two have
 * different ones. With likely 1, a likely URL is enough. */
static const char *find_mounted(const luci_ctl_source_t *source, const luci_ctl_config_t *config,
                                const luci_ctl_server_t *chosen, int likely, apr_pool_t *pool)
{
    const char *found = NULL;

    for (int i = 0; i < config->servers->nelts; i++) {
        const luci_ctl_server_t *server = APR_ARRAY_IDX(config->servers, i, const luci_ctl_server_t *);
        const char *mount = server->config->mount, *origin, *url;

        if (!mount || !server->has_pages || !server->config->database.driver ||
            !is_same_database(server, chosen) || (source->vhost && !is_wanted(server, source->vhost)))
            continue;
        origin = certain_origin(server, pool);
        if (!origin && likely)
            origin = likely_origin(config, server, pool);
        if (!origin)
            continue;
        url = apr_pstrcat(pool, origin, strcmp(mount, "/") == 0 ? "" : mount, NULL);
        if (found && strcmp(found, url) != 0)
            return NULL;
        found = url;
    }
    return found;
}

void luci_ctl_config_choose(const luci_ctl_source_t *source, luci_ctl_config_t *config, apr_pool_t *pool)
{
    const char *problem;
    const luci_ctl_server_t *chosen = find(source, config, &problem, pool);

    if (!chosen) {
        add_problem(config, apr_pstrcat(pool, source->path, ": ", problem, NULL));
        return;
    }
    config->server = chosen->config;
    config->driver = chosen->config->database.driver;
    config->params = chosen->config->database.params;
    config->settings = chosen->config->settings;
    config->site = host_of(chosen->name, pool);
    config->has_pages = chosen->has_pages;
    config->mounted_at = find_mounted(source, config, chosen, 0, pool);
    if (!config->mounted_at) {
        config->mounted_at = find_mounted(source, config, chosen, 1, pool);
        config->mounted_by_name = config->mounted_at != NULL;
    }
    config->audit_log = audit_file(chosen->config->audit_log, pool);
}
