/* SPDX-License-Identifier: Apache-2.0 */
#include "httpd/lifecycle/config_check.h"

#include "core/files/act_as.h"
#include "core/web/template.h"
#include "httpd/base/config.h"
#include "httpd/base/server_name.h"
#include "httpd/lifecycle/check_lines.h"
#include "httpd/lifecycle/check_sites.h"
#include "httpd/lifecycle/check_stores.h"
#include "httpd/pages/pages.h"

#include <http_core.h>

#include <apr_file_io.h>
#include <apr_strings.h>
#include <unixd.h>

#include <strings.h>

/* ---- The cookie ---- */

static void check_cookie(luci_check_t *check, server_rec *server)
{
    const luci_server_config_t *config = luci_config_server(server);
    static const char *const samesite[] = { "Lax", "Strict", "None" };
    static const char *const secure[] = { "auto", "on", "off" };
    const luci_cookie_t cookie = { config->cookie_name, config->cookie_path, config->cookie_domain,
                                   config->cookie_samesite, config->cookie_secure == LUCI_SECURE_ON };
    const char *problem = luci_cookie_problem(&cookie);

    if (problem)
        luci_check_fail(
            check,
            apr_psprintf(
                check->pool,
                "LUCI0504: LuciaCookieName \"%s\", LuciaCookiePath \"%s\", LuciaCookieDomain \"%s\", "
                "LuciaCookieSameSite %s and LuciaCookieSecure %s are not allowed together: %s%s, in %s",
                cookie.name, cookie.path, cookie.domain ? cookie.domain : "off", samesite[cookie.samesite],
                secure[config->cookie_secure], problem, cookie.secure ? "" : "; write LuciaCookieSecure on",
                luci_server_name(server, check->pool)));
}

/* ---- LuciaReturnTo ---- */

/* Whether browsers send the server's session cookie to an origin. A cookie without a domain goes to the host
 * that set it, whatever the port. */
static int gets_cookie(const luci_server_config_t *config, const server_rec *server, const char *origin)
{
    const char *host = strstr(origin, "://") + 3, *domain = config->cookie_domain;
    size_t length = *host == '[' ? strcspn(host, "]") + 1 : strcspn(host, ":"), suffix;

    if (!domain)
        return strlen(server->server_hostname) == length &&
               strncasecmp(host, server->server_hostname, length) == 0;
    domain += *domain == '.';
    suffix = strlen(domain);
    return length >= suffix && strncasecmp(host + length - suffix, domain, suffix) == 0 &&
           (length == suffix || host[length - suffix - 1] == '.');
}

static void check_return_to(luci_check_t *check, server_rec *server)
{
    const luci_server_config_t *config = luci_config_server(server);

    for (int i = 0; i < config->return_to->nelts; i++) {
        const char *origin = APR_ARRAY_IDX(config->return_to, i, const char *);

        if (gets_cookie(config, server, origin))
            continue;
        luci_check_say(
            check, APLOG_WARNING,
            apr_psprintf(check->pool,
                         "LUCI0774: LuciaReturnTo %s: browsers do not send the session cookie of %s there "
                         "(LuciaCookieDomain is %s), so a gate there would ask to sign in again and again; "
                         "write LuciaCookieDomain with the domain of both hosts",
                         origin, luci_server_name(server, check->pool),
                         config->cookie_domain ? config->cookie_domain : "off"));
    }
}

/* ---- Templates ---- */

/* A file that is not there is no problem: the installed one takes its place. */
static const char *template_problem(const char *folder, const char *name, apr_pool_t *pool)
{
    const char *path = apr_pstrcat(pool, folder, "/", name, NULL);
    apr_size_t length = LUCI_TEMPLATE_BYTES_MAX + 1;
    char *text = apr_palloc(pool, length);
    luci_template_t *compiled;
    apr_file_t *file;
    const char *problem = NULL;
    char reason[120];
    apr_finfo_t info;
    apr_status_t rv;
    int acts;

    if (apr_stat(&info, path, APR_FINFO_TYPE, pool) == APR_SUCCESS && info.filetype != APR_REG)
        return "not a regular file"; /* to open a FIFO would wait for somebody who writes into it */
    if (luci_act_as_where_led(path, ap_unixd_config.user_id, ap_unixd_config.group_id, &acts, pool) != 0)
        return "cannot be read as the user of the directive User";
    rv = apr_file_open(&file, path, APR_FOPEN_READ | APR_FOPEN_BINARY, APR_FPROT_OS_DEFAULT, pool);
    if (acts)
        luci_act_as_root();
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

/* A broken template stops a start and a configtest. It does not end a server that is running and restarts,
 * for a page that somebody was just editing when the logs were rotated: the installed one takes its place. */
static void check_templates(luci_check_t *check, server_rec *server)
{
    const char *folder = luci_config_server(server)->templates;
    int starting = ap_state_query(AP_SQ_MAIN_STATE) == AP_SQ_MS_CREATE_PRE_CONFIG;

    if (!folder)
        return;
    if (!luci_check_is_folder(folder, check->pool)) {
        luci_check_fail(
            check, apr_psprintf(check->pool,
                                "LUCI0505: LuciaTemplates: \"%s\" is not allowed: a folder that exists and "
                                "can be read, in %s",
                                folder, luci_server_name(server, check->pool)));
        return;
    }
    for (int i = 0; luci_pages_file(i); i++) {
        const char *name = luci_pages_file(i);
        const char *problem = template_problem(folder, name, check->pool);

        if (!problem)
            continue;
        luci_check_say(check, starting ? APLOG_CRIT : APLOG_ERR,
                       apr_psprintf(check->pool, "LUCI0506: LuciaTemplates: \"%s\" is not allowed: %s: %s",
                                    folder, name, problem));
        check->failed |= starting;
    }
}

/* ---- All of them ---- */

int luci_config_check(apr_pool_t *conf, apr_pool_t *log, apr_pool_t *temp, server_rec *main_server)
{
    luci_check_t check = { main_server, temp, 0 };
    const apr_array_header_t *sites = luci_check_sites_read(&check);

    (void)conf;
    (void)log;
    luci_check_lines(&check, sites);
    luci_check_sites(&check, sites);
    for (server_rec *server = main_server; server; server = server->next) {
        const luci_server_config_t *config = luci_config_server(server);
        const luci_server_config_t *inherited = luci_config_server(check.main_server);

        if (server->is_virtual && config == inherited)
            continue; /* nothing of its own */
        check_cookie(&check, server);
        check_return_to(&check, server);
        luci_check_stores(&check, server);
        if (!server->is_virtual || config->templates != inherited->templates)
            check_templates(&check, server);
    }
    return check.failed ? HTTP_INTERNAL_SERVER_ERROR : OK;
}
