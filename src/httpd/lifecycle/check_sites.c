/* SPDX-License-Identifier: Apache-2.0 */
#include "httpd/lifecycle/check_sites.h"

#include "core/config/site_rules.h"
#include "httpd/base/config.h"
#include "httpd/base/server_name.h"

#include <http_config.h>
#include <unixd.h>

#include <apr_strings.h>

#include <string.h>
#include <unistd.h>

/* ---- Reading ---- */

static luci_site_t *site_at(const apr_array_header_t *sites, int at)
{
    return APR_ARRAY_IDX(sites, at, luci_site_t *);
}

/* The site of a <VirtualHost>; outer where httpd has no server for it. */
static luci_site_t *site_of(const luci_check_t *check, const apr_array_header_t *sites,
                            const ap_directive_t *section, luci_site_t *outer)
{
    int at = 0;

    for (const server_rec *host = check->main_server; host; host = host->next, at++) {
        if (host->is_virtual && host->defn_line_number == (unsigned)section->line_num &&
            strcmp(host->defn_name, section->filename) == 0)
            return site_at(sites, at);
    }
    return outer;
}

/* httpd keeps "<Location" and "/private>". */
static luci_site_line_t section_line(const ap_directive_t *node, apr_pool_t *pool)
{
    size_t length = strlen(node->args);

    if (length > 0 && node->args[length - 1] == '>')
        length--;
    return (luci_site_line_t){ node->directive + 1, apr_pstrmemdup(pool, node->args, length), node->filename,
                               node->line_num };
}

static void read_from(const luci_check_t *check, const apr_array_header_t *sites, const ap_directive_t *node,
                      luci_site_t *site)
{
    for (; node; node = node->next) {
        luci_site_line_t line = { node->directive, node->args, node->filename, node->line_num };

        if (*node->directive != '<') {
            luci_site_directive(site, &line);
            continue;
        }
        if (strcasecmp(node->directive, "<VirtualHost") == 0) {
            read_from(check, sites, node->first_child, site_of(check, sites, node, site));
            continue;
        }
        line = section_line(node, check->pool);
        luci_site_open(site, &line);
        read_from(check, sites, node->first_child, site);
        luci_site_close(site);
    }
}

apr_array_header_t *luci_check_sites_read(const luci_check_t *check)
{
    apr_array_header_t *sites = apr_array_make(check->pool, 4, sizeof(luci_site_t *));

    for (server_rec *server = check->main_server; server; server = server->next) {
        luci_site_t *site = luci_site_create(luci_server_name(server, check->pool),
                                             sites->nelts ? site_at(sites, 0) : NULL, check->pool);

        site->config = luci_config_server(server);
        site->dir = ap_get_module_config(server->lookup_defaults, &luciauth_module);
        APR_ARRAY_PUSH(sites, luci_site_t *) = site;
    }
    read_from(check, sites, ap_conftree, site_at(sites, 0));
    return sites;
}

/* ---- Judging ---- */

static int level_of(luci_site_level_t level)
{
    switch (level) {
    case LUCI_SITE_FATAL: return APLOG_CRIT;
    case LUCI_SITE_PROBLEM: return APLOG_ERR;
    case LUCI_SITE_ADVICE: break;
    }
    return APLOG_WARNING;
}

void luci_check_sites(luci_check_t *check, const apr_array_header_t *sites)
{
    luci_file_user_t user;
    /* Who starts httpd as an ordinary user has all files from that user. */
    int is_known = geteuid() == 0 && ap_unixd_config.user_name &&
                   luci_file_user_find(&user, ap_unixd_config.user_name, NULL);
    luci_site_all_t all = { sites, is_known ? &user : NULL };
    const apr_array_header_t *findings = luci_site_judge(&all, check->pool);

    for (int i = 0; i < findings->nelts; i++) {
        const luci_site_finding_t *finding = &APR_ARRAY_IDX(findings, i, luci_site_finding_t);

        luci_check_say(check, level_of(finding->level),
                       apr_psprintf(check->pool, "%s: %s. %s.", finding->id, finding->what, finding->remedy));
        check->failed |= finding->level == LUCI_SITE_FATAL;
    }
}
