/* SPDX-License-Identifier: Apache-2.0 */
#include "check_lines.h"

#include "config.h"

#include <http_core.h>

#include <apr_strings.h>

#include <string.h>

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

static int said_already(apr_array_header_t *said, server_rec *server)
{
    for (int i = 0; i < said->nelts; i++) {
        if (APR_ARRAY_IDX(said, i, server_rec *) == server)
            return 1;
    }
    APR_ARRAY_PUSH(said, server_rec *) = server;
    return 0;
}

/* said: server_rec *, those without a database that were named already. */
static void check_use(luci_check_t *check, const ap_directive_t *node, server_rec *server,
                      apr_array_header_t *said)
{
    server_rec *without = is_use(node, check->pool) ? server_without_database(server) : NULL;

    if (!without || said_already(said, without))
        return;
    luci_check_fail(
        check,
        apr_psprintf(
            check->pool,
            "LUCI0501: LuciaDatabase is missing: %s:%d uses mod_luciauth (%s %s), but %s has no database; "
            "write LuciaDatabase DRIVER PARAMS there, such as LuciaDatabase sqlite3 "
            "/var/lib/luciauth/luciauth.db",
            node->filename, node->line_num, node->directive, node->args,
            luci_check_server_name(without, check->pool)));
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
static void check_column(luci_check_t *check, const ap_directive_t *node, server_rec *server)
{
    const char *what, *column = column_of(node, &what, check->pool);
    const char *problem = column ? column_problem(server, what, column, check->pool) : NULL;

    if (!problem)
        return;
    for (server_rec *host = server->is_virtual ? NULL : server->next; host; host = host->next) {
        if (!column_problem(host, what, column, check->pool))
            return;
    }
    luci_check_fail(
        check, apr_psprintf(check->pool, "LUCI0502: %s, in %s:%d", problem, node->filename, node->line_num));
}

/* ---- mod_authn_socache, which keeps what can be compared by apr_password_validate ---- */

/* It asks the providers behind it all the same, and what they answer is what counts. */
static void check_socache(luci_check_t *check, const ap_directive_t *node)
{
    int is_list = strcasecmp(node->directive, "AuthBasicProvider") == 0 &&
                  has_word(node->args, "socache", 0, check->pool);

    if (!is_list && strcasecmp(node->directive, "AuthnCacheProvideFor") != 0)
        return;
    if (has_word(node->args, "lucia", 0, check->pool))
        luci_check_say(
            check, APLOG_WARNING,
            apr_psprintf(check->pool,
                         "LUCI0451: %s:%d: %s %s: mod_authn_socache keeps nothing of lucia, since it "
                         "cannot compare Argon2 hashes; lucia remembers right passwords for a minute "
                         "by itself: take %s out",
                         node->filename, node->line_num, node->directive, node->args,
                         is_list ? "socache" : "lucia"));
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

static void check_from(luci_check_t *check, const ap_directive_t *node, server_rec *server,
                       apr_array_header_t *said)
{
    for (; node; node = node->next) {
        check_use(check, node, server, said);
        check_column(check, node, server);
        check_socache(check, node);
        check_from(check, node->first_child, server_of(node, server, check->main_server), said);
    }
}

void luci_check_lines(luci_check_t *check)
{
    check_from(check, ap_conftree, check->main_server, apr_array_make(check->pool, 1, sizeof(server_rec *)));
}

/* ---- What stands on no line of its own ---- */

static const luci_dir_config_t *whole_server(const server_rec *server)
{
    return ap_get_module_config(server->lookup_defaults, &luciauth_module);
}

/* What a virtual host inherits stands on none of its lines. */
void luci_check_inherited(luci_check_t *check, server_rec *server)
{
    const char *column = whole_server(server)->remote_user;
    const char *problem = column_problem(server, REMOTE_USER, column, check->pool);

    if (problem && server->is_virtual && column == whole_server(check->main_server)->remote_user)
        luci_check_fail(check, apr_psprintf(check->pool, "LUCI0503: %s, inherited by %s", problem,
                                            luci_check_server_name(server, check->pool)));
}
