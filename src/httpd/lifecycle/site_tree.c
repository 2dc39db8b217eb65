/* SPDX-License-Identifier: Apache-2.0 */
#include "httpd/lifecycle/site_tree.h"

#include "core/config/site.h"
#include "httpd/base/config.h"
#include "httpd/base/server_name.h"

#include <http_config.h>

#include <apr_strings.h>

#include <string.h>

static luci_site_t *site_at(const apr_array_header_t *sites, int at)
{
    return APR_ARRAY_IDX(sites, at, luci_site_t *);
}

typedef struct {
    const server_rec *main_server;
    apr_array_header_t *sites; /* luci_site_t *, in the order of the server records */
    apr_pool_t *pool;
} tree_t;

/* The site of a <VirtualHost>; outer if httpd has no server for it. A file that is included twice has servers
 * with the same line: httpd lists the newest first, so each section takes the last one that is left. */
static luci_site_t *site_of(const tree_t *tree, const ap_directive_t *section, luci_site_t *outer)
{
    luci_site_t *found = outer;
    int at = 0;

    for (const server_rec *host = tree->main_server; host; host = host->next, at++) {
        if (host->is_virtual && !site_at(tree->sites, at)->host_line.name &&
            host->defn_line_number == (unsigned)section->line_num &&
            strcmp(host->defn_name, section->filename) == 0)
            found = site_at(tree->sites, at);
    }
    return found;
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

static void read_from(const tree_t *tree, const ap_directive_t *node, luci_site_t *site)
{
    for (; node; node = node->next) {
        luci_site_line_t line = { node->directive, node->args, node->filename, node->line_num };

        if (*node->directive != '<') {
            luci_site_directive(site, &line);
            continue;
        }
        if (strcasecmp(node->directive, "<VirtualHost") == 0) {
            luci_site_t *host = site_of(tree, node, site);

            if (host != site)
                host->host_line = section_line(node, tree->pool);
            read_from(tree, node->first_child, host);
            continue;
        }
        line = section_line(node, tree->pool);
        luci_site_open(site, &line);
        read_from(tree, node->first_child, site);
        luci_site_close(site);
    }
}

apr_array_header_t *luci_site_tree_read(server_rec *main_server, apr_pool_t *pool)
{
    const tree_t tree = { main_server, apr_array_make(pool, 4, sizeof(luci_site_t *)), pool };
    int i = 0;

    for (server_rec *server = main_server; server; server = server->next) {
        luci_site_t *site = luci_site_create(luci_server_name(server, pool),
                                             tree.sites->nelts ? site_at(tree.sites, 0) : NULL, pool);

        site->config = luci_config_server(server);
        site->dir = ap_get_module_config(server->lookup_defaults, &luciauth_module);
        APR_ARRAY_PUSH(tree.sites, luci_site_t *) = site;
    }
    read_from(&tree, ap_conftree, site_at(tree.sites, 0));
    for (server_rec *server = main_server; server; server = server->next, i++)
        luci_site_needs(site_at(tree.sites, i), &luci_config_server(server)->settings);
    return tree.sites;
}
