/* SPDX-License-Identifier: Apache-2.0 */
#include "ctl/lib/one_time_link.h"

#include "core/base/timestamp.h"
#include "core/db/schema.h"
#include "core/db/token_table.h"
#include "core/token/token.h"
#include "core/web/url.h"
#include "ctl/cli/say.h"
#include "ctl/lib/admin_audit.h"

#include <apr_strings.h>
#include <apr_time.h>
#include <string.h>

#define PAGE "reset" /* below LuciaMount */

/* ---- The URL of the page ---- */

/* 1: a URL with http or https, a host, and neither a query nor a fragment. */
static int is_page(const char *url, apr_pool_t *pool)
{
    const char *host = strstr(url, "://"), *path = host ? strchr(host + 3, '/') : NULL, *origin;

    if (!path || url[strcspn(url, "?# \"<>\\")])
        return 0;
    for (const char *c = path; *c; c++) {
        if (*c < '!' || *c > '~')
            return 0;
    }
    return luci_url_origin(apr_pstrmemdup(pool, url, (apr_size_t)(path - url)), &origin, pool) == LUCI_OK;
}

static luci_exit_t from_option(luci_invocation_t *call, const char *name, const char **page)
{
    *page = luci_command_value(call, "url");
    if (is_page(*page, call->pool))
        return LUCI_EXIT_DONE;
    return luci_command_misuse(call, apr_psprintf(call->pool,
                                                  "--url %s: write the whole address of the page, such as "
                                                  "https://example.org/account/%s",
                                                  *page, name));
}

luci_exit_t luci_one_time_link_page(luci_invocation_t *call, const luci_ctl_config_t *config,
                                    const char *name, const char **page)
{
    const char *why;

    if (luci_command_has(call, "url"))
        return from_option(call, name, page);
    if (config->mounted_at) {
        *page = apr_pstrcat(call->pool, config->mounted_at, "/", name, NULL);
        return LUCI_EXIT_DONE;
    }
    why = config->servers->nelts == 0 ? "without a configuration"
          : !config->has_pages
              ? "because LuciaPages is Off: the page is the application's, which sends what the link has to "
                "the endpoint (doc/api.md)"
          : !config->server->mount
              ? "because there is no LuciaMount"
              : "because there is no LuciaSiteURL, and no ServerName whose port is known, or several virtual "
                "hosts have different ones, so that --vhost is needed";
    return luci_command_misuse(
        call, apr_psprintf(call->pool,
                           "the address of the page is not known, %s: write it with --url, such as --url "
                           "https://example.org/account/%s",
                           why, name));
}

void luci_one_time_link_note(const luci_invocation_t *call, const luci_ctl_config_t *config)
{
    if (!luci_command_has(call, "url") && config->mounted_by_name)
        luci_say_note("The address %s is made of ServerName. If users reach the site at another one, as "
                      "behind a proxy, write it as LuciaSiteURL, or name the page with --url.",
                      config->mounted_at);
}

/* ---- The table ---- */

/* Reports the statements that create the table. */
static luci_exit_t refuse_table(const luci_ctl_database_t *database, const luci_table_t *table,
                                const char *use, apr_pool_t *pool)
{
    const luci_settings_t *settings = &database->config.settings;
    luci_gap_t gap = { .statements = luci_schema_table(luci_db_engine(database->db), table, settings, pool) };

    return luci_say_error(
        LUCI_EXIT_REFUSED,
        "the database has no table %s, which %s, and LuciaCreateSchema is Off; create it with: %s",
        luci_table_name(table, &settings->tables, pool), use, luci_gap_statements(&gap, pool));
}

luci_exit_t luci_one_time_link_table(luci_invocation_t *call, luci_ctl_database_t *database,
                                     const luci_table_t *table, const char *use)
{
    int found = 0;
    luci_result_t result = luci_db_has(database->db, luci_probe_table(table), &found);

    if (result == LUCI_OK && !found && !database->config.server->create_schema)
        return refuse_table(database, table, use, call->pool);
    if (result == LUCI_OK && !found)
        result = luci_schema_create_one(database->db, table, call->pool);
    return result == LUCI_OK ? LUCI_EXIT_DONE : luci_ctl_database_failed(database, result);
}

luci_exit_t luci_one_time_link_prepare(luci_invocation_t *call, luci_ctl_database_t *database,
                                       const char **page)
{
    luci_exit_t status = luci_one_time_link_page(call, &database->config, PAGE, page);

    return status == LUCI_EXIT_DONE
               ? luci_one_time_link_table(call, database, &luci_table_token, "links need")
               : status;
}

/* ---- The link ---- */

static luci_exit_t refuse(const luci_ctl_database_t *database, luci_result_t result, const char *name)
{
    if (result == LUCI_NOT_FOUND)
        return luci_say_error(LUCI_EXIT_REFUSED, "%s has been deleted meanwhile; there is no link", name);
    if (result == LUCI_DENIED)
        return luci_say_error(LUCI_EXIT_REFUSED, "%s is disabled, so that a link would not work", name);
    if (result == LUCI_CONFLICT)
        return luci_say_error(LUCI_EXIT_REFUSED,
                              "the key of the name %s belongs to another user, so that a link would not work",
                              name);
    return luci_ctl_database_failed(database, result);
}

static void print(luci_invocation_t *call, const luci_one_time_link_wanted_t *wanted, const char *url,
                  luci_ms_t expires)
{
    static const luci_column_t columns[] = {
        { "username", "Username", LUCI_CELL_TEXT, NULL },
        { "userId", "User id", LUCI_CELL_TEXT, NULL },
        { "url", "Link", LUCI_CELL_TEXT, NULL },
        { "expiresAt", "Expires", LUCI_CELL_TIMESTAMP, NULL },
    };
    const char *cells[] = { wanted->user->username, wanted->user->id, url,
                            luci_sql_number(expires, call->pool) };
    char until[LUCI_TIMESTAMP_TEXT];

    luci_timestamp_to_text(expires, until);
    luci_output_done(call->output,
                     apr_psprintf(call->pool,
                                  "%s With this link, which works once and until %s, the user sets a "
                                  "password: %s",
                                  wanted->sentence, until, url),
                     columns, sizeof columns / sizeof *columns, cells);
}

luci_exit_t luci_one_time_link_make(luci_invocation_t *call, luci_ctl_database_t *database,
                                    const luci_one_time_link_wanted_t *wanted)
{
    luci_token_wanted_t token = { .user = *wanted->user, .now = apr_time_as_msec(apr_time_now()) };
    luci_result_t result;
    char *url;

    token.expires = token.now + wanted->valid;
    result = luci_token_make(database->db, &token, call->pool);
    luci_admin_audit_write(database, LUCI_EVENT_USER_LINK, wanted->user, result, 0);
    if (result != LUCI_OK)
        return refuse(database, result, wanted->user->username);
    url = apr_pstrcat(call->pool, wanted->page, "?token=", token.text, NULL);
    print(call, wanted, url, token.expires);
    luci_one_time_link_note(call, &database->config);
    luci_secret_wipe(token.text, sizeof token.text);
    return LUCI_EXIT_DONE;
}
