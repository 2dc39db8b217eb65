/* SPDX-License-Identifier: Apache-2.0 */
#include "httpd/lifecycle/config_check.h"

#include "core/db/engine.h"
#include "core/files/act_as.h"
#include "core/files/file_access.h"
#include "core/guard/times.h"
#include "core/web/template.h"
#include "httpd/base/audit.h"
#include "httpd/base/config.h"
#include "httpd/base/mpm.h"
#include "httpd/base/server_name.h"
#include "httpd/cache/cache.h"
#include "httpd/lifecycle/database_check.h"
#include "httpd/lifecycle/site_tree.h"
#include "httpd/lifecycle/store_check.h"
#include "httpd/pages/page_file.h"
#include "httpd/pages/pages.h"

#include <http_core.h>
#include <http_log.h>

#include <apr_file_io.h>
#include <apr_lib.h>
#include <apr_strings.h>
#include <unixd.h>

#include <string.h>
#include <strings.h>
#include <unistd.h>

APLOG_USE_MODULE(luciauth);

typedef struct {
    server_rec *main_server;
    apr_array_header_t *findings; /* luci_site_finding_t */
    int is_dump;                  /* 1: for luciactl, with notes, and without what luciactl checks itself */
    apr_pool_t *pool;             /* of the findings */
} check_t;

static void add(check_t *check, const luci_site_finding_t *finding)
{
    APR_ARRAY_PUSH(check->findings, luci_site_finding_t) = *finding;
}

/* Adds a finding that keeps httpd from starting. */
static void refuse(check_t *check, const char *id, const char *what)
{
    add(check, &(luci_site_finding_t){ .id = id, .level = LUCI_SITE_FATAL, .what = what });
}

/* ---- The cookie ---- */

static void check_cookie(check_t *check, server_rec *server)
{
    const luci_server_config_t *config = luci_config_server(server);
    static const char *const samesite[] = { "Lax", "Strict", "None" };
    static const char *const secure[] = { "auto", "on", "off" };
    const luci_cookie_t cookie = { config->cookie_name, config->cookie_path, config->cookie_domain,
                                   config->cookie_samesite, config->cookie_secure == LUCI_SECURE_ON };
    luci_site_finding_t finding = { .id = "LUCI0504", .level = LUCI_SITE_FATAL, .about = "cookie" };
    const char *problem = luci_cookie_problem(&cookie);

    if (!problem)
        return;
    finding.what = apr_psprintf(
        check->pool,
        "LuciaCookieName \"%s\", LuciaCookiePath \"%s\", LuciaCookieDomain \"%s\", "
        "LuciaCookieSameSite %s and LuciaCookieSecure %s are not allowed together: %s%s, in %s",
        cookie.name, cookie.path, cookie.domain ? cookie.domain : "off", samesite[cookie.samesite],
        secure[config->cookie_secure], problem, cookie.secure ? "" : "; write LuciaCookieSecure on",
        luci_server_name(server, check->pool));
    add(check, &finding);
}

/* Reports the server that has the directive, not the virtual hosts that inherit it. */
static void advise_secure_cookie(check_t *check, server_rec *server, const luci_site_t *site)
{
    luci_site_finding_t finding = { .level = LUCI_SITE_NOTE, .about = "cookie" };

    if (luci_config_server(server)->cookie_secure != LUCI_SECURE_OFF ||
        (server->is_virtual && site->directives->nelts == 0))
        return;
    finding.what =
        apr_psprintf(check->pool, "LuciaCookieSecure is off in %s: browsers send the session over plain http",
                     luci_server_name(server, check->pool));
    finding.remedy = "Write LuciaCookieSecure on, or auto";
    add(check, &finding);
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

static void check_return_to(check_t *check, server_rec *server)
{
    const luci_server_config_t *config = luci_config_server(server);

    for (int i = 0; i < config->return_to->nelts; i++) {
        const char *origin = APR_ARRAY_IDX(config->return_to, i, const char *);

        if (gets_cookie(config, server, origin))
            continue;
        add(check,
            &(luci_site_finding_t){
                .id = "LUCI0774",
                .level = LUCI_SITE_ADVICE,
                .what = apr_psprintf(
                    check->pool,
                    "LuciaReturnTo %s: browsers do not send the session cookie of %s there "
                    "(LuciaCookieDomain is %s), so a gate there would send users to sign-in again and again; "
                    "write LuciaCookieDomain with a domain that contains both hosts",
                    origin, luci_server_name(server, check->pool),
                    config->cookie_domain ? config->cookie_domain : "off") });
    }
}

/* ---- Templates ---- */

/* A missing file is no problem, because the installed one is used. */
static const char *template_problem(const char *folder, const char *name, apr_pool_t *pool)
{
    const char *path = apr_pstrcat(pool, folder, "/", name, NULL);
    luci_page_content_t text;
    apr_file_t *file;
    char reason[120];
    apr_finfo_t info;
    apr_status_t rv;
    int acts;

    if (apr_stat(&info, path, APR_FINFO_TYPE, pool) == APR_SUCCESS && info.filetype != APR_REG)
        return "not a regular file"; /* Opening a FIFO would block until another process writes to it. */
    if (luci_act_as_where_led(path, ap_unixd_config.user_id, ap_unixd_config.group_id, &acts, pool) != 0)
        return "cannot be read as the user of the directive User";
    rv = apr_file_open(&file, path, APR_FOPEN_READ | APR_FOPEN_BINARY, APR_FPROT_OS_DEFAULT, pool);
    if (acts)
        luci_act_as_root();
    if (APR_STATUS_IS_ENOENT(rv))
        return NULL;
    if (rv == APR_SUCCESS) {
        rv = luci_page_file_read(file, &text, pool);
        apr_file_close(file);
    }
    if (rv != APR_SUCCESS)
        return apr_pstrcat(pool, "cannot be read: ", apr_strerror(rv, reason, sizeof(reason)), NULL);
    return luci_pages_problem(name, text.start, text.length, pool);
}

/* The pages of one language. */
static void check_language(check_t *check, const char *folder, const char *language, luci_site_level_t level)
{
    for (int i = 0; luci_pages_file(i); i++) {
        const char *name = luci_pages_name(language, luci_pages_file(i), check->pool);
        const char *problem = template_problem(folder, name, check->pool);

        if (problem)
            add(check, &(luci_site_finding_t){
                           .id = "LUCI0506",
                           .level = level,
                           .what = apr_psprintf(check->pool, "LuciaTemplates: \"%s\" is not allowed: %s: %s",
                                                folder, name, problem),
                           .about = "templates" });
    }
}

/* English is the language of last resort, even if the site does not name it. */
static void check_pages(check_t *check, const char *folder, const apr_array_header_t *languages,
                        luci_site_level_t level)
{
    int has_english = 0;

    for (int i = 0; i < languages->nelts; i++) {
        const char *language = APR_ARRAY_IDX(languages, i, const char *);

        has_english |= strcmp(language, LUCI_PAGES_ENGLISH) == 0;
        check_language(check, folder, language, level);
    }
    if (!has_english)
        check_language(check, folder, LUCI_PAGES_ENGLISH, level);
}

static void check_languages(check_t *check, server_rec *server)
{
    const luci_server_config_t *config = luci_config_server(server);

    for (int i = 0; i < config->languages->nelts; i++) {
        const char *language = APR_ARRAY_IDX(config->languages, i, const char *);

        if (!luci_pages_has_language(config->templates, language, check->pool))
            refuse(
                check, "LUCI0525",
                apr_psprintf(check->pool,
                             "LuciaLanguages: \"%s\" is not allowed: a language with a folder of templates, "
                             "of which there are %s, in %s",
                             language, luci_pages_languages(config->templates, check->pool),
                             luci_server_name(server, check->pool)));
    }
}

/* A broken template stops a start and a configtest. It does not stop a server that restarts, for example when
 * logs are rotated while a page is being edited: the installed page is used instead. A broken installed page
 * stops nothing, because the built-in page is used instead. */
static void check_templates(check_t *check, server_rec *server)
{
    const luci_server_config_t *config = luci_config_server(server);
    const char *folder = config->templates;
    int starting = ap_state_query(AP_SQ_MAIN_STATE) == AP_SQ_MS_CREATE_PRE_CONFIG;

    if (folder && luci_file_is_folder(folder))
        check_pages(check, folder, config->languages, starting ? LUCI_SITE_FATAL : LUCI_SITE_PROBLEM);
    else if (folder)
        add(check, &(luci_site_finding_t){
                       .id = "LUCI0505",
                       .level = LUCI_SITE_FATAL,
                       .what = apr_psprintf(check->pool,
                                            "LuciaTemplates: \"%s\" is not allowed: a folder that exists "
                                            "and can be read, in %s",
                                            folder, luci_server_name(server, check->pool)),
                       .about = "templates" });
    else if (check->is_dump)
        check_pages(check, LUCI_TEMPLATE_DIR, config->languages, LUCI_SITE_PROBLEM);
}

/* ---- Caches ---- */

static void check_cache(check_t *check, server_rec *server, const char *id, const char *directive,
                        const luci_cache_name_t *name)
{
    const char *problem = luci_cache_problem(name, check->pool);
    const char *args = name->args ? name->args : "";
    const char *host = strrchr(args, '@'); /* a password could be before it */

    if (problem)
        refuse(check, id,
               apr_psprintf(check->pool, "%s: \"%s%s%s%s\" is not allowed: %s, in %s", directive,
                            name->provider, name->args ? ":" : "", host ? "..." : "", host ? host : args,
                            problem, luci_server_name(server, check->pool)));
}

static void check_caches(check_t *check, server_rec *server)
{
    const luci_server_config_t *config = luci_config_server(server);
    luci_cache_name_t sessions = config->cache_name;

    if (luci_cache_wanted(&sessions))
        check_cache(check, server, "LUCI0507", "LuciaSessionCache", &sessions);
    if (config->throttle_store.provider)
        check_cache(check, server, "LUCI0513", "LuciaThrottleStore", &config->throttle_store);
}

/* A server that can never work stops a start and a configtest, but not a server that restarts. One that does
 * not answer now is no error. */
static luci_site_level_t level_of(const luci_store_question_t *question)
{
    int starting = ap_state_query(AP_SQ_MAIN_STATE) == AP_SQ_MS_CREATE_PRE_CONFIG;

    if (question->result == LUCI_UNAVAILABLE)
        return LUCI_SITE_ADVICE;
    return question->refusal.is_unfit && starting ? LUCI_SITE_FATAL : LUCI_SITE_PROBLEM;
}

static void say_answer(check_t *check, const luci_store_question_t *question)
{
    char *remedy = apr_pstrdup(check->pool, question->refusal.remedy);

    if (question->result == LUCI_OK)
        return;
    *remedy = (char)apr_toupper(*remedy);
    add(check,
        &(luci_site_finding_t){
            .id = "LUCI0522",
            .level = level_of(question),
            .what = apr_psprintf(check->pool, "%s in %s:%d: %s %s", question->directive,
                                 question->name->file ? question->name->file : "?", question->name->number,
                                 question->server.title, question->refusal.what),
            .remedy = remedy,
        });
}

/* Asks the servers of all caches and stores at once. A restart waits less, because no request is answered
 * meanwhile. */
static void check_stores(check_t *check)
{
    apr_array_header_t *questions = apr_array_make(check->pool, 4, sizeof(luci_store_question_t));

    for (server_rec *server = check->main_server; server; server = server->next) {
        const luci_server_config_t *config = luci_config_server(server);

        if (config->throttle_store.provider)
            luci_store_check_add(questions, "LuciaThrottleStore", &config->throttle_store, check->pool);
        if (config->cache_name.provider && !config->cache_name.is_off)
            luci_store_check_add(questions, "LuciaSessionCache", &config->cache_name, check->pool);
    }
    luci_store_check_ask(questions, luci_mpm_has_restarted() ? LUCI_RESTART_WAIT : LUCI_STORE_PROBES,
                         check->main_server, check->pool);
    for (int i = 0; i < questions->nelts; i++)
        say_answer(check, &APR_ARRAY_IDX(questions, i, luci_store_question_t));
}

/* ---- Databases and audit logs, which a start opens and a configtest does not ---- */

/* luciactl checks database files itself, as httpd's user. */
static void check_database(check_t *check, server_rec *server)
{
    const luci_server_config_t *config = luci_config_server(server);
    const char *problem;

    if (check->is_dump && config->database.driver &&
        luci_engine_is_file(luci_engine_find(config->database.driver), config->database.params))
        return;
    problem = luci_database_problem(&config->database, config->create_schema, check->pool);
    if (problem)
        refuse(check, "LUCI0714",
               apr_psprintf(check->pool, "LuciaDatabase: %s, in %s", problem,
                            luci_server_name(server, check->pool)));
}

static void check_audit(check_t *check, server_rec *server)
{
    const char *target = luci_config_server(server)->audit_log;
    const char *problem = luci_audit_problem(target, check->pool);

    if (problem)
        refuse(check, "LUCI0614",
               apr_psprintf(check->pool, "LuciaAuditLog: \"%s\" can't be opened: %s, in %s", target, problem,
                            luci_server_name(server, check->pool)));
}

/* ---- All checks ---- */

/* Whether two servers have the same lines about pages. */
static int has_pages_of(server_rec *a, server_rec *b)
{
    const luci_server_config_t *first = luci_config_server(a), *second = luci_config_server(b);

    return first->templates == second->templates && first->languages == second->languages;
}

static void check_server(check_t *check, server_rec *server, const luci_site_t *site)
{
    check_cookie(check, server);
    advise_secure_cookie(check, server, site);
    check_return_to(check, server);
    check_caches(check, server);
    if (ap_state_query(AP_SQ_RUN_MODE) == AP_SQ_RM_CONFIG_TEST) {
        check_database(check, server);
        check_audit(check, server);
    }
    if (!server->is_virtual || !has_pages_of(server, check->main_server)) {
        check_languages(check, server);
        check_templates(check, server);
    }
}

/* The children have another user only if root starts httpd; otherwise the rules about their permissions do
 * not apply. */
static void check_sites(check_t *check, const apr_array_header_t *sites)
{
    luci_file_user_t user;
    int is_known = geteuid() == 0 && ap_unixd_config.user_name &&
                   luci_file_user_find(&user, ap_unixd_config.user_name, NULL);
    luci_site_all_t all = { sites, is_known ? &user : NULL };

    apr_array_cat(check->findings, luci_site_judge(&all, check->pool));
}

apr_array_header_t *luci_config_findings(server_rec *main_server, const apr_array_header_t *sites,
                                         int is_dump, apr_pool_t *pool)
{
    check_t check = { main_server, apr_array_make(pool, 8, sizeof(luci_site_finding_t)), is_dump, pool };
    int at = 0;

    check_sites(&check, sites);
    check_stores(&check);
    for (server_rec *server = main_server; server; server = server->next, at++)
        check_server(&check, server, APR_ARRAY_IDX(sites, at, const luci_site_t *));
    return check.findings;
}

static void log_finding(const luci_site_finding_t *finding, server_rec *main_server, apr_pool_t *pool)
{
    const char *message = finding->remedy
                              ? apr_psprintf(pool, "%s: %s. %s.", finding->id, finding->what, finding->remedy)
                              : apr_psprintf(pool, "%s: %s", finding->id, finding->what);
    int level = APLOG_WARNING;

    switch (finding->level) {
    case LUCI_SITE_FATAL: level = APLOG_CRIT; break;
    case LUCI_SITE_PROBLEM: level = APLOG_ERR; break;
    case LUCI_SITE_ADVICE: break;
    case LUCI_SITE_NOTE: return;
    }
    ap_log_error(APLOG_MARK, APLOG_STARTUP | level, 0, main_server, "%s", message);
}

int luci_config_check(apr_pool_t *conf, apr_pool_t *log, apr_pool_t *temp, server_rec *main_server)
{
    const apr_array_header_t *findings;
    int failed = 0;

    (void)conf;
    (void)log;
    findings = luci_config_findings(main_server, luci_site_tree_read(main_server, temp), 0, temp);
    for (int i = 0; i < findings->nelts; i++) {
        const luci_site_finding_t *finding = &APR_ARRAY_IDX(findings, i, luci_site_finding_t);

        log_finding(finding, main_server, temp);
        failed |= finding->level == LUCI_SITE_FATAL;
    }
    return failed ? HTTP_INTERNAL_SERVER_ERROR : OK;
}
