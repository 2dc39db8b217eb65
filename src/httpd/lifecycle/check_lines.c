/* SPDX-License-Identifier: Apache-2.0 */
#include "httpd/lifecycle/check_lines.h"

#include "core/config/site_rules.h"

#include <apr_strings.h>

static const luci_site_t *site_at(const apr_array_header_t *sites, int at)
{
    return APR_ARRAY_IDX(sites, at, const luci_site_t *);
}

/* ---- Use without LuciaDatabase ---- */

static int has_database(const luci_site_t *site)
{
    return site->config->database.driver != NULL;
}

/* The server that serves what stands in site's part of the configuration and has no database. What stands
 * outside virtual hosts is theirs too; when each of them has a database, the main server is taken to serve
 * nothing. */
static const luci_site_t *site_without_database(const luci_site_t *site, const apr_array_header_t *sites)
{
    if (has_database(site))
        return NULL;
    if (site->base || sites->nelts == 1)
        return site;
    for (int i = 1; i < sites->nelts; i++) {
        if (!has_database(site_at(sites, i)))
            return site_at(sites, i);
    }
    return NULL;
}

/* said: the site of which this was said last; the main server's lines come first. */
static void check_use(luci_check_t *check, const apr_array_header_t *sites, const luci_site_t *site,
                      const luci_site_t **said)
{
    const luci_site_t *without = site->use.name ? site_without_database(site, sites) : NULL;

    if (!without || without == *said)
        return;
    *said = without;
    luci_check_fail(
        check,
        apr_psprintf(
            check->pool,
            "LUCI0501: LuciaDatabase is missing: %s:%d uses mod_luciauth (%s %s), but %s has no database; "
            "write LuciaDatabase DRIVER PARAMS there, such as LuciaDatabase sqlite3 "
            "/var/lib/luciauth/luciauth.db",
            site->use.file, site->use.number, site->use.name, site->use.args, without->title));
}

/* ---- Columns of the user table that lines name ---- */

/* A line outside virtual hosts may be meant for one of them: it's enough when one knows the column. */
static void check_column(luci_check_t *check, const apr_array_header_t *sites, const luci_site_t *site,
                         const luci_site_column_t *line)
{
    const char *problem = luci_site_column_problem(site, line);

    for (int i = 1; problem && !site->base && i < sites->nelts; i++) {
        if (luci_site_knows_column(site_at(sites, i), line->what, line->column))
            return;
    }
    if (problem)
        luci_check_fail(
            check, apr_psprintf(check->pool, "LUCI0502: %s, in %s:%d", problem, line->file, line->number));
}

void luci_check_lines(luci_check_t *check, const apr_array_header_t *sites)
{
    const luci_site_t *said = NULL;

    for (int i = 0; i < sites->nelts; i++) {
        const luci_site_t *site = site_at(sites, i);

        check_use(check, sites, site, &said);
        for (int j = 0; j < site->columns->nelts; j++)
            check_column(check, sites, site, &APR_ARRAY_IDX(site->columns, j, luci_site_column_t));
    }
}
