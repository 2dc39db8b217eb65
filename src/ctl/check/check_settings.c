/* SPDX-License-Identifier: Apache-2.0 */
#include "ctl/check/check_settings.h"

#include "core/config/directive_types.h"
#include "core/config/log_target.h"

#include <apr_strings.h>
#include <string.h>

#define CONFIGURATION "configuration"
#define SHARED_MEMORY "shmcb" /* what the session cache is without a directive */

/* ---- Stores ---- */

static int is_loaded(const luci_conf_servers_t *servers, const char *module)
{
    for (int i = 0; i < servers->modules->nelts; i++) {
        if (strcmp(APR_ARRAY_IDX(servers->modules, i, const char *), module) == 0)
            return 1;
    }
    return 0;
}

/* The module of a provider is known by its name, unless it is built into httpd, which Debian's is not. */
static int has_provider(const luci_conf_servers_t *servers, const char *provider, apr_pool_t *pool)
{
    return is_loaded(servers, apr_pstrcat(pool, "socache_", provider, "_module", NULL));
}

/* A part of a configuration does not show what is loaded. */
static int is_whole(const luci_conf_servers_t *servers)
{
    return is_loaded(servers, "luciauth_module");
}

static void check_store(const luci_conf_servers_t *servers, const char *directive,
                        const luci_cache_name_t *store, luci_findings_t *findings)
{
    if (store->is_off || !store->provider || has_provider(servers, store->provider, findings->pool))
        return;
    luci_findings_problem(
        findings, CONFIGURATION,
        apr_psprintf(findings->pool,
                     "Load it (Debian: a2enmod socache_%s); nothing is wrong where httpd -l "
                     "names it",
                     store->provider),
        "%s %s wants mod_socache_%s, and no line LoadModule loads it", directive, store->provider,
        store->provider);
}

static void check_throttle(const luci_conf_servers_t *servers, const luci_conf_server_t *server,
                           luci_findings_t *findings)
{
    const luci_server_config_t *config = server->config;
    const luci_throttle_limits_t *limits = &config->throttle;

    if (limits->account.most == 0 && limits->address.most == 0 && limits->sign_up.most == 0 &&
        limits->account_success.most == 0 && limits->address_success.most == 0)
        return;
    check_store(servers, "LuciaThrottleStore", &config->throttle_store, findings);
}

/* ---- The audit log ---- */

static void check_audit(const char *target, luci_findings_t *findings)
{
    const char *path, *problem;

    if (!target || strcmp(target, LUCI_AUDIT_OFF) == 0)
        return;
    path = *target == '|' ? NULL : luci_word_path(target, findings->pool);
    if (*target == '|')
        problem = luci_log_program_problem(target + 1, findings->pool);
    else
        problem = path ? luci_log_file_problem(path, findings->pool) : "this is no path";
    if (problem)
        luci_findings_problem(findings, CONFIGURATION, "httpd does not start like this",
                              "LuciaAuditLog %s can't be opened: %s", target, problem);
}

void luci_check_settings(const luci_conf_servers_t *servers, const luci_conf_server_t *server,
                         luci_findings_t *findings)
{
    if (is_whole(servers)) {
        check_store(servers, "LuciaSessionCache", &server->config->cache_name, findings);
        check_throttle(servers, server, findings);
    }
    check_audit(server->config->audit_log, findings);
}

/* ---- Columns ---- */

/* A line outside virtual hosts may be meant for one of them. */
static int is_known(const luci_conf_servers_t *servers, int at, const luci_site_column_t *line)
{
    int last = at == 0 ? servers->servers->nelts - 1 : at;

    for (int i = at; i <= last; i++) {
        if (luci_site_knows_column(APR_ARRAY_IDX(servers->sites, i, const luci_site_t *), line->what,
                                   line->column))
            return 1;
    }
    return 0;
}

void luci_check_columns(const luci_conf_servers_t *servers, luci_findings_t *findings)
{
    for (int at = 0; at < servers->servers->nelts; at++) {
        const luci_site_t *site = APR_ARRAY_IDX(servers->sites, at, const luci_site_t *);

        for (int i = 0; i < site->columns->nelts; i++) {
            const luci_site_column_t *line = &APR_ARRAY_IDX(site->columns, i, luci_site_column_t);

            if (!is_known(servers, at, line))
                luci_findings_problem(findings, CONFIGURATION, "Correct the one or the other",
                                      "%s:%d: %s %s names no column of LuciaUserAttributes", line->file,
                                      line->number, line->what, line->column);
        }
    }
}

/* ---- What does not go together ---- */

void luci_check_rules(const luci_conf_servers_t *servers, const luci_file_user_t *user,
                      luci_findings_t *findings)
{
    luci_site_all_t all = { servers->sites, user };
    const apr_array_header_t *found = luci_site_judge(&all, findings->pool);

    for (int i = 0; i < found->nelts; i++) {
        const luci_site_finding_t *finding = &APR_ARRAY_IDX(found, i, luci_site_finding_t);

        if (finding->level == LUCI_SITE_ADVICE)
            luci_findings_advice(findings, CONFIGURATION, finding->remedy, "%s", finding->what);
        else
            luci_findings_problem(findings, CONFIGURATION, finding->remedy, "%s", finding->what);
    }
}
