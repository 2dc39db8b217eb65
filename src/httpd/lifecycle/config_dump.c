/* SPDX-License-Identifier: Apache-2.0 */
#include "httpd/lifecycle/config_dump.h"

#include "core/config/directives.h"
#include "httpd/base/config.h"
#include "httpd/base/mpm.h"
#include "httpd/lifecycle/config_check.h"
#include "httpd/lifecycle/site_tree.h"

#include <ap_listen.h>
#include <apr_escape.h>
#include <apr_strings.h>
#include <http_core.h>
#include <http_main.h>
#include <jansson.h>
#include <stdio.h>
#include <string.h>
#include <unixd.h>

#define DUMP "DUMP_LUCIAUTH"
#define DUMP_SECRETS "DUMP_LUCIAUTH_SECRETS"

int luci_config_dump_is_wanted(void)
{
    return ap_state_query(AP_SQ_RUN_MODE) == AP_SQ_RM_CONFIG_TEST && ap_exists_config_define(DUMP);
}

/* ---- Values ---- */

static json_t *text(const char *string, apr_pool_t *pool)
{
    json_t *value = json_string(string);

    return value ? value
                 : json_pack("{s:s}", "hex", apr_pescape_hex(pool, string, (apr_size_t)strlen(string), 0));
}

/* A member without a value is left out. */
static void set(json_t *object, const char *name, const char *string, apr_pool_t *pool)
{
    if (string)
        json_object_set_new(object, name, text(string, pool));
}

static void set_place(json_t *object, const char *file, int line, apr_pool_t *pool)
{
    set(object, "file", file, pool);
    json_object_set_new(object, "line", json_integer(line));
}

/* ---- Findings ---- */

typedef struct {
    const char *file;
    int line;
    const char *problem;
} refusal_t;

/* refusal_t, collected while httpd reads the configuration, which configtest does once. */
static apr_array_header_t *refusals;

void luci_config_dump_refused(const cmd_parms *cmd, const char *problem)
{
    if (!refusals)
        refusals = apr_array_make(cmd->pool, 4, sizeof(refusal_t));
    APR_ARRAY_PUSH(refusals, refusal_t) =
        (refusal_t){ cmd->directive->filename, cmd->directive->line_num, problem };
}

static int is_refused(const luci_site_line_t *line)
{
    for (int i = 0; refusals && i < refusals->nelts; i++) {
        const refusal_t *refusal = &APR_ARRAY_IDX(refusals, i, refusal_t);

        if (refusal->line == line->number && strcmp(refusal->file, line->file) == 0)
            return 1;
    }
    return 0;
}

static json_t *refused(apr_pool_t *pool)
{
    json_t *list = json_array();

    for (int i = 0; refusals && i < refusals->nelts; i++) {
        const refusal_t *refusal = &APR_ARRAY_IDX(refusals, i, refusal_t);
        json_t *finding = json_object();

        set(finding, "level", "error", pool);
        set(finding, "what", apr_psprintf(pool, "%s:%d: %s", refusal->file, refusal->line, refusal->problem),
            pool);
        json_array_append_new(list, finding);
    }
    return list;
}

static const char *level_of(luci_site_level_t level)
{
    switch (level) {
    case LUCI_SITE_FATAL:
    case LUCI_SITE_PROBLEM: return "problem";
    case LUCI_SITE_ADVICE:
    case LUCI_SITE_NOTE: break;
    }
    return "advice";
}

static json_t *findings_of(server_rec *main_server, const apr_array_header_t *sites, apr_pool_t *pool)
{
    json_t *list = refused(pool);
    const apr_array_header_t *findings = luci_config_findings(main_server, sites, 1, pool);

    for (int i = 0; i < findings->nelts; i++) {
        const luci_site_finding_t *finding = &APR_ARRAY_IDX(findings, i, luci_site_finding_t);
        json_t *object = json_object();

        set(object, "id", finding->id, pool);
        set(object, "level", level_of(finding->level), pool);
        set(object, "about", finding->about, pool);
        set(object, "what", finding->what, pool);
        set(object, "remedy", finding->remedy, pool);
        json_array_append_new(list, object);
    }
    return list;
}

/* ---- Servers ---- */

static const char *args_of(const luci_site_line_t *line, apr_pool_t *pool)
{
    if (strcasecmp(line->name, "LuciaDatabase") != 0 || ap_exists_config_define(DUMP_SECRETS))
        return line->args;
    return apr_pstrmemdup(pool, line->args, strcspn(line->args, " \t"));
}

static json_t *directive_of(const luci_site_line_t *line, apr_pool_t *pool)
{
    json_t *object = json_object();

    set(object, "name", line->name, pool);
    set(object, "args", args_of(line, pool), pool);
    set_place(object, line->file, line->number, pool);
    return object;
}

static int is_of_server(int row)
{
    return row >= 0 && luci_directives_scope(row) == &luci_scope_server;
}

static int has_own(const luci_site_t *site, int row)
{
    for (int i = 0; i < site->directives->nelts; i++) {
        if (luci_directives_find(APR_ARRAY_IDX(site->directives, i, luci_site_line_t).name) == row)
            return 1;
    }
    return 0;
}

/* The lines in force: those of the main server unless the virtual host has its own, then its own. */
static json_t *directives_of(const luci_site_t *site, apr_pool_t *pool)
{
    json_t *list = json_array();

    for (const luci_site_t *from = site->base ? site->base : site;; from = site) {
        for (int i = 0; i < from->directives->nelts; i++) {
            const luci_site_line_t *line = &APR_ARRAY_IDX(from->directives, i, luci_site_line_t);
            int row = luci_directives_find(line->name);

            if (is_of_server(row) && !is_refused(line) && (from == site || !has_own(site, row)))
                json_array_append_new(list, directive_of(line, pool));
        }
        if (from == site)
            return list;
    }
}

static json_t *server_of(const luci_site_t *site, apr_pool_t *pool)
{
    json_t *server = json_object(), *aliases = json_array();

    set(server, "name", site->server_name, pool);
    for (int i = 0; i < site->aliases->nelts; i++)
        json_array_append_new(aliases, text(APR_ARRAY_IDX(site->aliases, i, const char *), pool));
    json_object_set_new(server, "aliases", aliases);
    if (site->host_line.name) {
        set(server, "addresses", site->host_line.args, pool);
        set_place(server, site->host_line.file, site->host_line.number, pool);
    }
    json_object_set_new(server, "uses", json_boolean(site->use.name != NULL));
    json_object_set_new(server, "pages", json_boolean(site->dir->pages));
    json_object_set_new(server, "tls", json_boolean(site->has_tls));
    json_object_set_new(server, "approval", json_boolean(site->config->settings.has_approval));
    json_object_set_new(server, "proofs", json_boolean(site->config->settings.has_proofs));
    json_object_set_new(server, "directives", directives_of(site, pool));
    return server;
}

/* ---- The document ---- */

static json_t *ports(void)
{
    json_t *list = json_array();

    for (const ap_listen_rec *listener = ap_listeners; listener; listener = listener->next)
        json_array_append_new(list, json_integer(listener->bind_addr->port));
    return list;
}

static void set_user(json_t *document, apr_pool_t *pool)
{
    if (ap_unixd_config.user_name && *ap_unixd_config.user_name != '#')
        set(document, "user", ap_unixd_config.user_name, pool);
    else if (ap_unixd_config.user_id != (uid_t)-1)
        set(document, "user", apr_psprintf(pool, "#%lu", (unsigned long)ap_unixd_config.user_id), pool);
    if (ap_unixd_config.group_id != (gid_t)-1)
        set(document, "group", apr_psprintf(pool, "#%lu", (unsigned long)ap_unixd_config.group_id), pool);
}

void luci_config_dump(apr_pool_t *conf_pool, server_rec *main_server)
{
    const apr_array_header_t *sites = luci_site_tree_read(main_server, conf_pool);
    const char *control = luci_config_server(main_server)->control;
    json_t *document = json_object(), *servers = json_array();

    set(document, "mod_luciauth", LUCI_VERSION, conf_pool);
    set(document, "server_root", ap_server_root, conf_pool);
    set(document, "runtime_dir", ap_runtime_dir_relative(conf_pool, ""), conf_pool);
    set_user(document, conf_pool);
    json_object_set_new(document, "processes", json_integer(luci_mpm_children()));
    json_object_set_new(document, "threads", json_integer(luci_mpm_threads()));
    if (control)
        set(document, "control", ap_runtime_dir_relative(conf_pool, control), conf_pool);
    json_object_set_new(document, "ports", ports());
    json_array_append_new(servers, server_of(APR_ARRAY_IDX(sites, 0, const luci_site_t *), conf_pool));
    for (int i = sites->nelts - 1; i > 0; i--) /* httpd has the virtual host that it read last first. */
        json_array_append_new(servers, server_of(APR_ARRAY_IDX(sites, i, const luci_site_t *), conf_pool));
    json_object_set_new(document, "servers", servers);
    json_object_set_new(document, "findings", findings_of(main_server, sites, conf_pool));
    fputc('\n', stdout); /* Ends a line that envvars or another module may have printed. */
    json_dumpf(document, stdout, JSON_COMPACT);
    fputc('\n', stdout);
    fflush(stdout);
    json_decref(document);
}
