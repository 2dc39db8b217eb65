/* SPDX-License-Identifier: Apache-2.0 */
/* The start-up checks: what no directive can judge alone. They run when the whole configuration was read and
 * merged. */
#include "cache.h"
#include "config.h"
#include "database_check.h"
#include "pages.h"
#include "template.h"

#include <http_core.h>
#include <http_log.h>

#include <apr_file_io.h>
#include <apr_strings.h>

#include <string.h>

APLOG_USE_MODULE(luciauth);

typedef struct {
    server_rec *main_server;
    apr_pool_t *pool;
    apr_array_header_t *without_database; /* server_rec *: said already */
    int failed;
} check_t;

static void say(check_t *check, int level, const char *message)
{
    ap_log_error(APLOG_MARK, APLOG_STARTUP | level, 0, check->main_server, "%s", message);
}

static void fail(check_t *check, const char *message)
{
    say(check, APLOG_CRIT, message);
    check->failed = 1;
}

static const char *server_name(const server_rec *server, apr_pool_t *pool)
{
    if (!server->is_virtual)
        return "the main server";
    return apr_psprintf(pool, "the virtual host of %s:%u", server->defn_name, server->defn_line_number);
}

/* ---- Use without LuciaDatabase ---- */

#define NEEDS_NONE "luciauth-metrics"

static const struct {
    const char *directive;
    const char *word;
    int prefix; /* any word that starts like this */
} uses[] = {
    { "LuciaMount", "/", 1 },
    { "SetHandler", "luciauth-", 1 },
    { "AddHandler", "luciauth-", 1 },
    { "AuthType", "Lucia", 0 },
    { "AuthBasicProvider", "lucia", 0 },
    { "AuthFormProvider", "lucia", 0 },
    { "<AuthnProviderAlias", "lucia", 0 },
    { "Require", "lucia-attribute", 0 },
    { "<AuthzProviderAlias", "lucia-attribute", 0 },
};

static const char *next_word(const char **args, apr_pool_t *pool)
{
    return **args ? ap_getword_conf(pool, args) : NULL;
}

static int has_word(const char *args, const char *wanted, int prefix, apr_pool_t *pool)
{
    const char *word;

    while ((word = next_word(&args, pool)) != NULL) {
        if (strcasecmp(word, NEEDS_NONE) == 0)
            continue;
        if (prefix ? strncasecmp(word, wanted, strlen(wanted)) == 0 : strcasecmp(word, wanted) == 0)
            return 1;
    }
    return 0;
}

static int is_use(const ap_directive_t *node, apr_pool_t *pool)
{
    for (size_t i = 0; i < sizeof(uses) / sizeof(*uses); i++) {
        if (strcasecmp(node->directive, uses[i].directive) == 0 &&
            has_word(node->args, uses[i].word, uses[i].prefix, pool))
            return 1;
    }
    return 0;
}

static int has_database(server_rec *server)
{
    return luci_config_server(server)->database.driver != NULL;
}

/* The server that serves what stands in server's part of the configuration and has no database. What stands
 * outside virtual hosts is theirs too; when each of them has a database, the main server is taken to serve
 * nothing. */
static server_rec *server_without_database(server_rec *server)
{
    if (has_database(server))
        return NULL;
    if (server->is_virtual || !server->next)
        return server;
    for (server_rec *host = server->next; host; host = host->next) {
        if (!has_database(host))
            return host;
    }
    return NULL;
}

static int said_already(check_t *check, server_rec *server)
{
    for (int i = 0; i < check->without_database->nelts; i++) {
        if (APR_ARRAY_IDX(check->without_database, i, server_rec *) == server)
            return 1;
    }
    APR_ARRAY_PUSH(check->without_database, server_rec *) = server;
    return 0;
}

static void check_use(check_t *check, const ap_directive_t *node, server_rec *server)
{
    server_rec *without = is_use(node, check->pool) ? server_without_database(server) : NULL;

    if (!without || said_already(check, without))
        return;
    fail(check,
         apr_psprintf(
             check->pool,
             "LUCI0501: LuciaDatabase is missing: %s:%d uses mod_luciauth (%s %s), but %s has no database; "
             "write LuciaDatabase DRIVER PARAMS there, such as LuciaDatabase sqlite3 "
             "/var/lib/luciauth/luciauth.db",
             node->filename, node->line_num, node->directive, node->args, server_name(without, check->pool)));
}

/* ---- Columns of the user table that lines name ---- */

#define REMOTE_USER "LuciaRemoteUser"
#define REQUIRE "Require lucia-attribute"

static int is_attribute(const apr_array_header_t *attributes, const char *column)
{
    for (int i = 0; i < attributes->nelts; i++) {
        if (strcmp(column, APR_ARRAY_IDX(attributes, i, const char *)) == 0)
            return 1;
    }
    return strcmp(column, "username") == 0; /* which is not kept among them */
}

static const char *column_problem(server_rec *server, const char *what, const char *column, apr_pool_t *pool)
{
    const apr_array_header_t *attributes = luci_config_server(server)->settings.attributes;
    int may_be_id = strcmp(what, REMOTE_USER) == 0;

    if (is_attribute(attributes, column) || (may_be_id && strcmp(column, "user_id") == 0))
        return NULL;
    return apr_psprintf(pool, "%s: \"%s\" is not allowed: username%s or a column of LuciaUserAttributes (%s)",
                        what, column, may_be_id ? ", user_id" : "",
                        attributes->nelts ? apr_array_pstrcat(pool, attributes, ' ') : "username");
}

/* The column that a line names; NULL when it names none. *what is the kind of line. */
static const char *column_of(const ap_directive_t *node, const char **what, apr_pool_t *pool)
{
    const char *args = node->args, *word;

    *what = REMOTE_USER;
    if (strcasecmp(node->directive, REMOTE_USER) == 0)
        return next_word(&args, pool);
    if (strcasecmp(node->directive, "Require") != 0)
        return NULL;
    *what = REQUIRE;
    word = next_word(&args, pool);
    if (word && strcasecmp(word, "not") == 0)
        word = next_word(&args, pool);
    return word && strcasecmp(word, "lucia-attribute") == 0 ? next_word(&args, pool) : NULL;
}

/* A line outside virtual hosts may be meant for one of them: it's enough when one knows the column. */
static void check_column(check_t *check, const ap_directive_t *node, server_rec *server)
{
    const char *what, *column = column_of(node, &what, check->pool);
    const char *problem = column ? column_problem(server, what, column, check->pool) : NULL;

    if (!problem)
        return;
    for (server_rec *host = server->is_virtual ? NULL : server->next; host; host = host->next) {
        if (!column_problem(host, what, column, check->pool))
            return;
    }
    fail(check, apr_psprintf(check->pool, "LUCI0502: %s, in %s:%d", problem, node->filename, node->line_num));
}

static const luci_dir_config_t *whole_server(const server_rec *server)
{
    return ap_get_module_config(server->lookup_defaults, &luciauth_module);
}

/* What a virtual host inherits stands on none of its lines. */
static void check_inherited_remote_user(check_t *check, server_rec *server)
{
    const char *column = whole_server(server)->remote_user;
    const char *problem = column_problem(server, REMOTE_USER, column, check->pool);

    if (problem && server->is_virtual && column == whole_server(check->main_server)->remote_user)
        fail(check, apr_psprintf(check->pool, "LUCI0503: %s, inherited by %s", problem,
                                 server_name(server, check->pool)));
}

/* ---- The lines of the configuration, each with its server ---- */

static server_rec *server_of(const ap_directive_t *section, server_rec *outer, server_rec *main_server)
{
    if (strcasecmp(section->directive, "<VirtualHost") != 0)
        return outer;
    for (server_rec *host = main_server->next; host; host = host->next) {
        if (host->defn_line_number == (unsigned)section->line_num &&
            strcmp(host->defn_name, section->filename) == 0)
            return host;
    }
    return outer;
}

static void check_lines(check_t *check, const ap_directive_t *node, server_rec *server)
{
    for (; node; node = node->next) {
        check_use(check, node, server);
        check_column(check, node, server);
        check_lines(check, node->first_child, server_of(node, server, check->main_server));
    }
}

/* ---- The cookie ---- */

static void check_cookie(check_t *check, server_rec *server)
{
    const luci_server_config_t *config = luci_config_server(server);
    static const char *const samesite[] = { "Lax", "Strict", "None" };
    static const char *const secure[] = { "auto", "on", "off" };
    const luci_cookie_t cookie = { config->cookie_name, config->cookie_path, config->cookie_domain,
                                   config->cookie_samesite, config->cookie_secure == LUCI_SECURE_ON };
    const char *problem = luci_cookie_problem(&cookie);

    if (problem)
        fail(check,
             apr_psprintf(
                 check->pool,
                 "LUCI0504: LuciaCookieName \"%s\", LuciaCookiePath \"%s\", LuciaCookieDomain \"%s\", "
                 "LuciaCookieSameSite %s and LuciaCookieSecure %s are not allowed together: %s%s, in %s",
                 cookie.name, cookie.path, cookie.domain ? cookie.domain : "off", samesite[cookie.samesite],
                 secure[config->cookie_secure], problem, cookie.secure ? "" : "; write LuciaCookieSecure on",
                 server_name(server, check->pool)));
}

/* ---- Templates ---- */

/* A file that is not there is no problem: the installed one takes its place. */
static const char *template_problem(const char *folder, const char *name, apr_pool_t *pool)
{
    const char *path = apr_pstrcat(pool, folder, "/", name, NULL);
    apr_size_t length = LUCI_TEMPLATE_BYTES_MOST + 1;
    char *text = apr_palloc(pool, length);
    luci_template_t *compiled;
    apr_file_t *file;
    const char *problem = NULL;
    char reason[120];
    apr_finfo_t info;
    apr_status_t rv;

    if (apr_stat(&info, path, APR_FINFO_TYPE, pool) == APR_SUCCESS && info.filetype != APR_REG)
        return "not a regular file"; /* to open a FIFO would wait for somebody who writes into it */
    rv = apr_file_open(&file, path, APR_FOPEN_READ | APR_FOPEN_BINARY, APR_FPROT_OS_DEFAULT, pool);
    if (APR_STATUS_IS_ENOENT(rv))
        return NULL;
    if (rv == APR_SUCCESS) {
        rv = apr_file_read_full(file, text, length, &length);
        apr_file_close(file);
    }
    if (rv != APR_SUCCESS && !APR_STATUS_IS_EOF(rv))
        return apr_pstrcat(pool, "cannot be read: ", apr_strerror(rv, reason, sizeof(reason)), NULL);
    return luci_template_parse(text, length, &compiled, &problem, pool) == LUCI_OK ? NULL : problem;
}

static int is_folder(const char *path, apr_pool_t *pool)
{
    apr_finfo_t info;

    return apr_stat(&info, path, APR_FINFO_TYPE, pool) == APR_SUCCESS && info.filetype == APR_DIR;
}

/* A broken template stops a start and a configtest. It does not end a server that is running and restarts,
 * for a page that somebody was just editing when the logs were rotated: the installed one takes its place. */
static void check_templates(check_t *check, server_rec *server)
{
    const char *folder = luci_config_server(server)->templates;
    int starting = ap_state_query(AP_SQ_MAIN_STATE) == AP_SQ_MS_CREATE_PRE_CONFIG;

    if (!folder)
        return;
    if (!is_folder(folder, check->pool)) {
        fail(check, apr_psprintf(check->pool,
                                 "LUCI0505: LuciaTemplates: \"%s\" is not allowed: a folder that exists and "
                                 "can be read, in %s",
                                 folder, server_name(server, check->pool)));
        return;
    }
    for (int page = 0; page < LUCI_PAGES; page++) {
        const char *name = luci_pages_file((luci_page_t)page);
        const char *problem = template_problem(folder, name, check->pool);

        if (!problem)
            continue;
        say(check, starting ? APLOG_CRIT : APLOG_ERR,
            apr_psprintf(check->pool, "LUCI0506: LuciaTemplates: \"%s\" is not allowed: %s: %s", folder, name,
                         problem));
        check->failed |= starting;
    }
}

/* ---- The session cache ---- */

static void check_cache(check_t *check, server_rec *server)
{
    luci_cache_name_t name = luci_config_server(server)->cache_name;
    const char *problem = luci_cache_wanted(&name) ? luci_cache_problem(&name, check->pool) : NULL;

    if (problem)
        fail(check,
             apr_psprintf(check->pool, "LUCI0507: LuciaSessionCache: \"%s%s%s\" is not allowed: %s, in %s",
                          name.provider, name.args ? ":" : "", name.args ? name.args : "", problem,
                          server_name(server, check->pool)));
}

/* ---- One session table, read in two ways ---- */

static int is_same_table(const luci_server_config_t *a, const luci_server_config_t *b)
{
    return a->database.driver && b->database.driver && strcmp(a->database.driver, b->database.driver) == 0 &&
           strcmp(a->database.params, b->database.params) == 0 &&
           strcmp(a->settings.tables.session, b->settings.tables.session) == 0;
}

static void check_tokens(check_t *check, server_rec *server)
{
    const luci_server_config_t *config = luci_config_server(server), *other;

    for (server_rec *before = check->main_server; before != server; before = before->next) {
        other = luci_config_server(before);
        if (other->settings.tokens != config->settings.tokens && is_same_table(other, config))
            say(check, APLOG_WARNING,
                apr_psprintf(
                    check->pool,
                    "LUCI0313: %s and %s have one session table, and LuciaSessionTokens is plain in one "
                    "of them only: who comes by the other is signed out there; write the same in both",
                    server_name(before, check->pool), server_name(server, check->pool)));
    }
}

/* ---- The database ---- */

static void check_database(check_t *check, server_rec *server)
{
    const luci_server_config_t *config = luci_config_server(server);
    const char *problem;

    if (ap_state_query(AP_SQ_RUN_MODE) != AP_SQ_RM_CONFIG_TEST)
        return; /* it is asked then, and may come later */
    problem = luci_database_problem(&config->database, config->create_schema, check->pool);
    if (problem)
        fail(check, apr_psprintf(check->pool, "LUCI0714: LuciaDatabase: %s, in %s", problem,
                                 server_name(server, check->pool)));
}

/* ---- Throttling ---- */

static void check_throttle(check_t *check, server_rec *server)
{
    const luci_cache_name_t *name = &luci_config_server(server)->throttle_store;
    const char *problem = name->provider ? luci_cache_problem(name, check->pool) : NULL;

    if (problem)
        fail(check,
             apr_psprintf(check->pool, "LUCI0513: LuciaThrottleStore: \"%s%s%s\" is not allowed: %s, in %s",
                          name->provider, name->args ? ":" : "", name->args ? name->args : "", problem,
                          server_name(server, check->pool)));
}

/* ---- All of them ---- */

int luci_config_check(apr_pool_t *conf, apr_pool_t *log, apr_pool_t *temp, server_rec *main_server)
{
    check_t check = { main_server, temp, apr_array_make(temp, 1, sizeof(server_rec *)), 0 };

    (void)conf;
    (void)log;
    check_lines(&check, ap_conftree, main_server);
    for (server_rec *server = main_server; server; server = server->next) {
        const luci_server_config_t *config = luci_config_server(server);
        const luci_server_config_t *inherited = luci_config_server(check.main_server);

        check_inherited_remote_user(&check, server);
        if (server->is_virtual && config == inherited)
            continue; /* nothing of its own */
        check_cookie(&check, server);
        check_cache(&check, server);
        check_tokens(&check, server);
        check_database(&check, server);
        check_throttle(&check, server);
        if (!server->is_virtual || config->templates != inherited->templates)
            check_templates(&check, server);
    }
    return check.failed ? HTTP_INTERNAL_SERVER_ERROR : OK;
}
