/* SPDX-License-Identifier: Apache-2.0 */
#include "core/config/site_rules.h"

#include "core/config/connect_params.h"
#include "core/config/directive_types.h"
#include "core/config/directives.h"
#include "core/config/editable.h"
#include "core/db/engine.h"
#include "core/passkey/relying_party.h"
#include "core/seal/seal_keys.h"

#include <apr_strings.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#define SIGNUP "LuciaSignupAttributes"
#define EDITABLE "LuciaUserEditable"
#define LOCALHOST "localhost"

typedef struct {
    const luci_site_all_t *all;
    apr_array_header_t *findings;
    const luci_site_t *without_database; /* the last site that was reported to have no database */
    apr_pool_t *pool;
} judge_t;

/* ---- Findings ---- */

/* A setting that virtual hosts inherit would otherwise be reported for each of them. */
static int is_reported(const judge_t *judge, const char *what)
{
    for (int i = 0; i < judge->findings->nelts; i++) {
        if (strcmp(APR_ARRAY_IDX(judge->findings, i, luci_site_finding_t).what, what) == 0)
            return 1;
    }
    return 0;
}

static void find(judge_t *judge, const char *id, luci_site_level_t level, const char *what,
                 const char *remedy)
{
    if (!is_reported(judge, what))
        APR_ARRAY_PUSH(judge->findings, luci_site_finding_t) =
            (luci_site_finding_t){ .id = id, .level = level, .what = what, .remedy = remedy };
}

static const char *place(const luci_site_line_t *line, apr_pool_t *pool)
{
    return apr_psprintf(pool, "<%s %s> in %s:%d", line->name, line->args, line->file, line->number);
}

/* ---- Paths ---- */

/* 1 if path is prefix or lies below it. Neither ends with a slash, except for "/". */
static int is_below(const char *path, const char *prefix)
{
    size_t length = strcmp(prefix, "/") == 0 ? 0 : strlen(prefix);

    return strncmp(path, prefix, length) == 0 && (path[length] == '/' || path[length] == '\0');
}

/* The path of a URL on this site, without query and fragment; NULL: it leads to another site. */
static const char *path_of_url(const char *url, apr_pool_t *pool)
{
    return *url == '/' ? apr_pstrmemdup(pool, url, strcspn(url, "?#")) : NULL;
}

/* ---- Sections of a site and of its base ---- */

typedef int section_fn(void *baton, const luci_site_section_t *section);

/* Calls fn for each section that is in force, until it returns 1. Returns 1 if it did. */
static int any_section(const luci_site_t *site, section_fn *fn, void *baton)
{
    for (; site; site = site->base) {
        for (int i = 0; i < site->sections->nelts; i++) {
            if (fn(baton, &APR_ARRAY_IDX(site->sections, i, luci_site_section_t)))
                return 1;
        }
    }
    return 0;
}

/* ---- Endpoints and the URLs that lead to them ---- */

/* A URL as written; otherwise as implied by LuciaMount; otherwise the default. The same as
 * luci_config_urls. */
static const char *url_in_force(const luci_site_t *site, size_t offset, const char *below, apr_pool_t *pool)
{
    const char *mount = site->config->mount;

    if (!mount || luci_directives_written(&luci_scope_dir, site->dir, offset))
        return *(const char *const *)((const char *)site->dir + offset);
    if (strcmp(mount, "/") == 0)
        return *below ? below : mount;
    return apr_pstrcat(pool, mount, below, NULL);
}

#define URL(site, member, below, pool) url_in_force(site, offsetof(luci_dir_config_t, member), below, pool)

typedef struct {
    const char *endpoint; /* the endpoint; NULL: any */
    const char *path;     /* its path; NULL: any */
    const char *found;    /* output: the path of an endpoint that was found */
} wanted_t;

/* An endpoint whose path is not known may have any path. */
static int is_wanted(void *baton, const luci_site_section_t *section)
{
    wanted_t *wanted = baton;

    if (!section->endpoint || (wanted->endpoint && strcmp(section->endpoint, wanted->endpoint) != 0))
        return 0;
    if (section->is_location && section->path)
        wanted->found = section->path;
    return !wanted->path || !section->is_location || !section->path ||
           strcmp(section->path, wanted->path) == 0;
}

static const char *mounted(const luci_site_t *site, const char *endpoint, apr_pool_t *pool)
{
    const char *mount = site->config->mount;

    if (strcmp(endpoint, "profile") == 0)
        return mount;
    return apr_pstrcat(pool, strcmp(mount, "/") == 0 ? "" : mount, "/", endpoint, NULL);
}

static int has_endpoint(const luci_site_t *site, const char *endpoint, const char *path, apr_pool_t *pool)
{
    wanted_t wanted = { endpoint, path, NULL };

    if (site->config->mount && (!path || strcmp(path, mounted(site, endpoint, pool)) == 0))
        return 1;
    return any_section(site, is_wanted, &wanted);
}

/* ---- The rules, each for one site ---- */

static int is_file(const luci_site_t *site)
{
    const luci_database_t *database = &site->config->database;

    return database->driver && luci_engine_is_file(luci_engine_find(database->driver), database->params);
}

static void database_is_served(judge_t *judge, const luci_site_t *site, const char *id)
{
    const char *file = is_file(site) ? luci_path_resolved(site->config->database.params, judge->pool) : NULL;

    for (const luci_site_t *each = file ? site : NULL; each; each = each->base) {
        for (int i = 0; i < each->folders->nelts; i++) {
            const char *folder = APR_ARRAY_IDX(each->folders, i, const char *);

            if (is_below(file, luci_path_resolved(folder, judge->pool)))
                find(judge, id, LUCI_SITE_PROBLEM,
                     apr_psprintf(judge->pool,
                                  "the database %s is in the folder %s, whose files %s serves to everyone",
                                  site->config->database.params, folder, site->title),
                     "Move it to another folder, together with its -wal and -shm files, and correct "
                     "LuciaDatabase");
        }
    }
}

typedef struct {
    judge_t *judge;
    const luci_site_t *site;
    const char *id;
} gates_t;

/* 1: people sign in there, on a page of this module or through another module (LuciaAdopt). */
static int is_sign_in(const luci_site_t *site, const char *path, apr_pool_t *pool)
{
    wanted_t wanted = { "adopt", path, NULL };

    return has_endpoint(site, "login", path, pool) || any_section(site, is_wanted, &wanted);
}

/* Reports a gate that redirects to a page that does not exist, or to a gate. */
static int judge_gates_login(void *baton, const luci_site_section_t *section)
{
    gates_t *gates = baton;
    const luci_site_t *site = gates->site;
    apr_pool_t *pool = gates->judge->pool;
    const char *login = section->login_url ? section->login_url : URL(site, login_url, "/login", pool),
               *path = path_of_url(login, pool);
    wanted_t wanted = { "login", NULL, NULL };

    if (!section->is_gated || !path || is_sign_in(site, path, pool) ||
        site->dir->unauthenticated == LUCI_UNAUTHENTICATED_401)
        return 0;
    if (!has_endpoint(site, "login", NULL, pool) && !section->login_url &&
        !luci_directives_written(&luci_scope_dir, site->dir, offsetof(luci_dir_config_t, login_url)))
        find(gates->judge, gates->id, LUCI_SITE_PROBLEM,
             apr_psprintf(pool,
                          "%s redirects anonymous requests to %s, but %s has no sign-in page: neither "
                          "LuciaMount nor SetHandler luciauth-login",
                          place(&section->line, pool), path, site->title),
             "Write LuciaMount /account, or name the sign-in page with LuciaLoginURL");
    else if (any_section(site, is_wanted, &wanted) && wanted.found)
        find(gates->judge, gates->id, LUCI_SITE_ADVICE,
             apr_psprintf(pool,
                          "%s redirects anonymous requests to %s, but the sign-in page of %s "
                          "is %s",
                          place(&section->line, pool), path, site->title, wanted.found),
             apr_pstrcat(pool, "If this is not intended, write LuciaLoginURL ", wanted.found, NULL));
    return 0;
}

static void gate_without_login(judge_t *judge, const luci_site_t *site, const char *id)
{
    gates_t gates = { judge, site, id };

    (void)any_section(site, judge_gates_login, &gates);
}

/* 1 if the other section has a Require that may apply to the gated section. */
static int says_require(void *baton, const luci_site_section_t *other)
{
    const luci_site_section_t *gated = baton;

    if (!other->has_require)
        return 0;
    if (!gated->path || !other->path)
        return 1;
    return gated->is_location == other->is_location &&
           (is_below(gated->path, other->path) || is_below(other->path, gated->path));
}

static int judge_gates_require(void *baton, const luci_site_section_t *section)
{
    gates_t *gates = baton;
    apr_pool_t *pool = gates->judge->pool;
    luci_site_section_t copy = *section;

    if (section->is_gated && !section->is_optional && !gates->site->dir->optional &&
        !any_section(gates->site, says_require, &copy))
        find(gates->judge, gates->id, LUCI_SITE_PROBLEM,
             apr_psprintf(pool, "%s has AuthType Lucia but no Require, so that it protects nothing",
                          place(&section->line, pool)),
             "Write Require valid-user into it");
    return 0;
}

static void gate_without_require(judge_t *judge, const luci_site_t *site, const char *id)
{
    gates_t gates = { judge, site, id };

    (void)any_section(site, judge_gates_require, &gates);
}

static int is_gate_of(void *baton, const luci_site_section_t *section)
{
    return section->is_gated && section->is_location && section->path && is_below(baton, section->path);
}

/* Reports pages that redirect to themselves. */
static void urls_loop(judge_t *judge, const luci_site_t *site, const char *id)
{
    apr_pool_t *pool = judge->pool;
    const char *login = path_of_url(URL(site, login_url, "/login", pool), pool),
               *signup = path_of_url(URL(site, signup_url, "/signup", pool), pool),
               *logout = path_of_url(URL(site, logout_url, "/logout", pool), pool),
               *home = path_of_url(URL(site, home_url, "", pool), pool),
               *adopt = site->dir->adopt_url ? path_of_url(site->dir->adopt_url, pool) : NULL;
    const struct {
        const char *path;
        const char *what;
    } pages[] = { { login, "LuciaLoginURL" },
                  { signup, "LuciaSignupURL" },
                  { logout, "LuciaLogoutURL" },
                  { adopt, "LuciaAdoptURL" } };

    for (size_t i = 0; home && i < sizeof pages / sizeof *pages; i++) {
        if (pages[i].path && strcmp(home, pages[i].path) == 0)
            find(judge, id, LUCI_SITE_PROBLEM,
                 apr_psprintf(pool,
                              "LuciaHomeURL and %s are both %s in %s: after sign-in, browsers "
                              "are redirected in a loop",
                              pages[i].what, home, site->title),
                 "Set LuciaHomeURL to a page for signed-in users");
    }
    if (login && !has_endpoint(site, "login", login, pool) && any_section(site, is_gate_of, (void *)login))
        find(judge, id, LUCI_SITE_PROBLEM,
             apr_psprintf(pool,
                          "LuciaLoginURL %s is behind a gate of %s, and is not a sign-in page of this "
                          "module: browsers are redirected in a loop",
                          login, site->title),
             "Write Require all granted for this URL, or set LuciaLoginURL to the page below LuciaMount");
}

/* ---- The cookie ---- */

static const char *sections_path(const luci_site_section_t *section)
{
    return section->is_location && (section->is_gated || section->endpoint) ? section->path : NULL;
}

typedef struct {
    const char *cookie_path;
    const luci_site_section_t *uncovered;
} cover_t;

static int is_uncovered(void *baton, const luci_site_section_t *section)
{
    cover_t *cover = baton;
    const char *path = sections_path(section);

    if (!path || is_below(path, cover->cookie_path))
        return 0;
    cover->uncovered = section;
    return 1;
}

static void cookie_path_is_elsewhere(judge_t *judge, const luci_site_t *site, const char *id)
{
    const char *path = site->config->cookie_path, *mount = site->config->mount, *what = NULL;
    size_t length = strlen(path);
    cover_t cover = { path, NULL };

    if (length > 1 && path[length - 1] == '/')
        cover.cookie_path = apr_pstrmemdup(judge->pool, path, length - 1);
    if (mount && !is_below(mount, cover.cookie_path))
        what = apr_psprintf(judge->pool, "LuciaMount %s", mount);
    else if (any_section(site, is_uncovered, &cover))
        what = place(&cover.uncovered->line, judge->pool);
    if (what)
        find(judge, id, LUCI_SITE_PROBLEM,
             apr_psprintf(judge->pool,
                          "LuciaCookiePath %s of %s does not cover %s: browsers do not send the "
                          "session cookie there",
                          path, site->title, what),
             "Write LuciaCookiePath /, or another path that covers all endpoints and gates");
}

static int is_in_domain(const char *host, const char *domain)
{
    size_t length = strlen(host), suffix = strlen(domain);

    if (*domain == '.')
        return is_in_domain(host, domain + 1);
    return length >= suffix && strcasecmp(host + length - suffix, domain) == 0 &&
           (length == suffix || host[length - suffix - 1] == '.');
}

static int has_name_in(const luci_site_t *site, const char *domain)
{
    if (is_in_domain(site->host, domain))
        return 1;
    for (int i = 0; i < site->aliases->nelts; i++) {
        const char *alias = APR_ARRAY_IDX(site->aliases, i, const char *);

        if (strpbrk(alias, "*?") || is_in_domain(alias, domain))
            return 1;
    }
    return 0;
}

static void cookie_domain_is_foreign(judge_t *judge, const luci_site_t *site, const char *id)
{
    const char *domain = site->config->cookie_domain;

    if (!domain || !site->host || has_name_in(site, domain))
        return;
    find(judge, id, LUCI_SITE_PROBLEM,
         apr_psprintf(judge->pool,
                      "LuciaCookieDomain %s does not contain the name of %s, which is %s: browsers "
                      "refuse the cookie",
                      domain, site->title, site->host),
         "Write a domain that contains ServerName, or remove the directive");
}

static void cookie_is_secure_on_http(judge_t *judge, const luci_site_t *site, const char *id)
{
    if (site->config->cookie_secure == LUCI_SECURE_ON && !site->has_tls)
        find(judge, id, LUCI_SITE_ADVICE,
             apr_psprintf(judge->pool,
                          "LuciaCookieSecure is on, but %s does not use https: browsers do not send "
                          "the session cookie",
                          site->title),
             "If a proxy in front of it uses https, write ServerName https://NAME; otherwise write "
             "LuciaCookieSecure auto");
}

/* ---- mod_authn_socache, which caches hashes that apr_password_validate can verify ---- */

/* This is advice only: mod_authn_socache still asks the provider, whose answer counts. */
static void socache_keeps_nothing(judge_t *judge, const luci_site_t *site, const char *id)
{
    for (int i = 0; i < site->socache->nelts; i++) {
        const luci_site_line_t *line = &APR_ARRAY_IDX(site->socache, i, luci_site_line_t);

        find(judge, id, LUCI_SITE_ADVICE,
             apr_psprintf(judge->pool,
                          "%s:%d: %s %s: mod_authn_socache caches nothing for lucia, because it cannot "
                          "verify Argon2 hashes; lucia itself remembers correct passwords for a "
                          "minute",
                          line->file, line->number, line->name, line->args),
             strcasecmp(line->name, "AuthBasicProvider") == 0 ? "Remove socache" : "Remove lucia");
    }
}

/* ---- Folders ---- */

static void mount_covers_folder(judge_t *judge, const luci_site_t *site, const char *id)
{
    const char *mount = site->config->mount, *root = site->document_root;
    const char *folder;

    if (!root && site->base)
        root = site->base->document_root;
    if (!mount || strcmp(mount, "/") == 0 || !root)
        return;
    folder = apr_pstrcat(judge->pool, root, mount, NULL);
    if (luci_file_is_folder(folder))
        find(judge, id, LUCI_SITE_ADVICE,
             apr_psprintf(judge->pool,
                          "LuciaMount %s covers the folder %s of %s: its index and its files named "
                          "signup, login and logout are not served",
                          mount, folder, site->title),
             "Rename the folder or change LuciaMount if this is not intended");
}

/* The folder of templates that the user may write to, from pool; NULL: there is none. */
static const char *writable_folder(const luci_server_config_t *config, const luci_file_user_t *user,
                                   apr_pool_t *pool)
{
    const char *folder = config->templates ? config->templates : LUCI_TEMPLATE_DIR;
    struct stat info;

    if (stat(folder, &info) == 0 && luci_file_may(user, &info, LUCI_MAY_WRITE))
        return folder;
    for (int i = 0; i < config->languages->nelts; i++) {
        const char *path =
            apr_pstrcat(pool, folder, "/", APR_ARRAY_IDX(config->languages, i, const char *), NULL);

        if (stat(path, &info) == 0 && luci_file_may(user, &info, LUCI_MAY_WRITE))
            return path;
    }
    return NULL;
}

static void templates_are_writable(judge_t *judge, const luci_site_t *site, const char *id)
{
    const luci_file_user_t *user = judge->all->user;
    const char *folder =
        user && user->name && user->uid != 0 ? writable_folder(site->config, user, judge->pool) : NULL;

    if (!folder)
        return;
    find(judge, id, LUCI_SITE_ADVICE,
         apr_psprintf(judge->pool,
                      "%s, the user that httpd runs as, can write to the templates in %s: an attacker "
                      "who controls an application on this server could change the sign-in page",
                      user->name, folder),
         apr_psprintf(judge->pool, "Try: chown -R root '%s'; chmod -R go-w '%s'", folder, folder));
}

/* ---- Two servers ---- */

/* 1 if one of two servers with second factors cannot read what the other one seals. */
static int has_other_secret(const luci_settings_t *a, const luci_settings_t *b)
{
    return a->second_factor != LUCI_SECOND_FACTOR_OFF && b->second_factor != LUCI_SECOND_FACTOR_OFF &&
           a->seal_keys && b->seal_keys &&
           (!luci_seal_keys_reads(a->seal_keys, b->seal_keys) ||
            !luci_seal_keys_reads(b->seal_keys, a->seal_keys));
}

/* 1 if one of two servers asks for second factors, and the other one signs in without. */
static int is_way_around_factors(const luci_site_t *a, const luci_site_t *b, apr_pool_t *pool)
{
    const luci_site_t *without = a->config->settings.second_factor == LUCI_SECOND_FACTOR_OFF ? a : b;

    return !a->config->settings.second_factor != !b->config->settings.second_factor &&
           has_endpoint(without, "login", NULL, pool);
}

/* 1 if users of one of two servers have passkeys, and the other one signs in without asking for them. */
static int is_way_around_passkeys(const luci_site_t *a, const luci_site_t *b, apr_pool_t *pool)
{
    const luci_site_t *without = a->config->settings.passkeys == LUCI_PASSKEYS_OFF ? a : b;

    return !a->config->settings.passkeys != !b->config->settings.passkeys &&
           a->config->settings.second_factor != LUCI_SECOND_FACTOR_OFF &&
           b->config->settings.second_factor != LUCI_SECOND_FACTOR_OFF &&
           has_endpoint(without, "login", NULL, pool);
}

/* 1 if a server sends the mails of its users: their links need a page. */
static int may_send(const luci_site_t *site)
{
    return site->config->settings.mail && site->config->site_url && site->config->mount;
}

/* How two servers use one queue of mails differently; NULL: they do not. */
static const char *difference_of_mails(const luci_site_t *a, const luci_site_t *b)
{
    const luci_site_t *without = a->config->settings.email == LUCI_EMAIL_OFF ? a : b,
                      *with = without == a ? b : a;

    if (may_send(a) && may_send(b) &&
        (strcmp(a->config->site_url, b->config->site_url) != 0 ||
         strcmp(a->config->mount, b->config->mount) != 0))
        return "one queue of mails, but different values of LuciaSiteURL or LuciaMount: the links of all "
               "mails "
               "lead to one of them";
    if (with->config->settings.email != LUCI_EMAIL_OFF && without->config->settings.email == LUCI_EMAIL_OFF &&
        may_send(without) && !may_send(with))
        return "one queue of mails, but LuciaEmail is off in the one with LuciaMount, which sends them: it "
               "finds "
               "no account of an address";
    return NULL;
}

/* How two servers use one table differently; NULL: they do not. */
static const char *difference(const luci_site_t *a, const luci_site_t *b, const char **remedy,
                              apr_pool_t *pool)
{
    const luci_settings_t *first = &a->config->settings, *second = &b->config->settings;
    int same_sessions = strcmp(first->tables.session, second->tables.session) == 0,
        same_keys = strcmp(first->tables.key, second->tables.key) == 0,
        same_users = strcmp(first->tables.user, second->tables.user) == 0;

    *remedy = "Write the same value for both";
    if (same_sessions && first->tokens != second->tokens)
        return "one session table, but LuciaSessionTokens is plain in only one of them: sessions of the "
               "other one are not recognised there";
    if ((same_sessions && (!same_users || !same_keys)) || (same_keys && !same_users))
        return "some of the three LuciaTables in common, but not all: rows of one server would belong to "
               "users "
               "of the other";
    if (same_keys &&
        (first->hash.kind != second->hash.kind || first->hash.memory_kib != second->hash.memory_kib ||
         first->hash.passes != second->hash.passes || first->hash.lanes != second->hash.lanes))
        return "one key table, but different values of LuciaPasswordHash: each replaces the hashes of the "
               "other at sign-in";
    if (same_users && has_other_secret(first, second)) {
        *remedy = "Write the same LuciaSecret for both; while it is replaced, each server needs all secrets";
        return "one user table, but secrets in LuciaSecret with which one of them cannot read the second "
               "factors of the other";
    }
    if (same_sessions && is_way_around_factors(a, b, pool)) {
        *remedy = "Write LuciaSecondFactor with the same value for both, or no sign-in where it is off";
        return "one session table, but LuciaSecondFactor is off in only one of them: its sign-in asks for "
               "the "
               "password alone, and the other one takes its sessions for those of one factor";
    }
    if (same_sessions && is_way_around_passkeys(a, b, pool)) {
        *remedy = "Write LuciaPasskeys on for both, or no sign-in where it is off";
        return "one session table, but LuciaPasskeys is off in only one of them: its sign-in asks users "
               "whose "
               "second factor is a passkey for the password alone";
    }
    return same_users ? difference_of_mails(a, b) : NULL;
}

static void servers_differ(judge_t *judge, const luci_site_t *site, const char *id)
{
    for (int i = 0; i < judge->all->sites->nelts; i++) {
        const luci_site_t *other = APR_ARRAY_IDX(judge->all->sites, i, const luci_site_t *);
        const char *remedy, *how;

        if (other == site)
            return; /* the remaining pairs are judged with the other server as site */
        how = luci_database_is_same(&other->config->database, &site->config->database)
                  ? difference(other, site, &remedy, judge->pool)
                  : NULL;
        if (how)
            find(judge, id, LUCI_SITE_PROBLEM,
                 apr_psprintf(judge->pool, "%s and %s have %s", other->title, site->title, how), remedy);
    }
}

/* ---- Columns ---- */

/* Judges an inherited value, for which the virtual host has no line. */
static void inherited_column_is_unknown(judge_t *judge, const luci_site_t *site, const char *id)
{
    luci_site_column_t line = { .what = LUCI_SITE_REMOTE_USER, .column = site->dir->remote_user };
    const char *problem = site->base && line.column == site->base->dir->remote_user
                              ? luci_site_column_problem(site, &line)
                              : NULL;

    if (problem)
        find(judge, id, LUCI_SITE_FATAL,
             apr_psprintf(judge->pool, "%s, inherited by %s", problem, site->title),
             "Correct the value or LuciaUserAttributes");
}

/* A line outside of virtual hosts may be meant for one of them, so that one virtual host that has the column
 * is enough. */
static int is_known_elsewhere(const judge_t *judge, const luci_site_t *site, const luci_site_column_t *line)
{
    for (int i = 1; !site->base && i < judge->all->sites->nelts; i++) {
        if (luci_site_knows_column(APR_ARRAY_IDX(judge->all->sites, i, const luci_site_t *), line->what,
                                   line->column))
            return 1;
    }
    return 0;
}

static void column_is_unknown(judge_t *judge, const luci_site_t *site, const char *id)
{
    for (int i = 0; i < site->columns->nelts; i++) {
        const luci_site_column_t *line = &APR_ARRAY_IDX(site->columns, i, luci_site_column_t);
        const char *problem = luci_site_column_problem(site, line);

        if (problem && !is_known_elsewhere(judge, site, line))
            find(judge, id, LUCI_SITE_FATAL,
                 apr_psprintf(judge->pool, "%s, in %s:%d", problem, line->file, line->number), NULL);
    }
}

/* The line that sets a directive of this site, outside of sections; NULL: none. */
static const luci_site_line_t *line_of(const luci_site_t *site, const char *name)
{
    const luci_site_line_t *found = NULL;

    for (; site && !found; site = site->base) {
        for (int i = 0; i < site->directives->nelts; i++) {
            const luci_site_line_t *line = &APR_ARRAY_IDX(site->directives, i, luci_site_line_t);

            if (strcasecmp(line->name, name) == 0)
                found = line;
        }
    }
    return found;
}

static const char *quoted_line(const luci_site_line_t *line, const char *otherwise, apr_pool_t *pool)
{
    return line ? apr_psprintf(pool, "%s %s in %s:%d", line->name, line->args, line->file, line->number)
                : otherwise;
}

static void asked_attribute_is_unknown(judge_t *judge, const luci_site_t *site, const char *id,
                                       const char *directive, const apr_array_header_t *asked)
{
    for (int i = 0; i < asked->nelts; i++) {
        const char *name = APR_ARRAY_IDX(asked, i, luci_asked_attribute_t).name;

        if (luci_site_knows_column(site, directive, name))
            continue;
        find(judge, id, LUCI_SITE_FATAL,
             apr_psprintf(judge->pool, "%s asks for \"%s\", which is not a column of %s",
                          quoted_line(line_of(site, directive), directive, judge->pool), name,
                          quoted_line(line_of(site, "LuciaUserAttributes"),
                                      "LuciaUserAttributes, which has no line", judge->pool)),
             NULL);
    }
}

static void asked_attributes_are_unknown(judge_t *judge, const luci_site_t *site, const char *id)
{
    asked_attribute_is_unknown(judge, site, id, SIGNUP, site->config->settings.signup);
    asked_attribute_is_unknown(judge, site, id, EDITABLE, site->config->settings.editable);
}

/* What people fill in at a site. */
typedef struct {
    const luci_site_t *site;
    const char *directive;
    const apr_array_header_t *asked;
    const char *how;
    luci_site_finding_t finding; /* of a line that access depends on */
} filled_in_t;

static void find_trusted(judge_t *judge, const filled_in_t *filled_in, const char *column,
                         const luci_site_line_t *line)
{
    const char *filled =
        quoted_line(line_of(filled_in->site, filled_in->directive), filled_in->directive, judge->pool);

    find(judge, filled_in->finding.id, filled_in->finding.level,
         apr_psprintf(judge->pool, "%s lets people %s \"%s\" themselves, but %s uses it", filled,
                      filled_in->how, column, quoted_line(line, "", judge->pool)),
         "Take the column out of one of the two lines: no user may set what access depends on");
}

/* The lines of a server that use what people fill in. */
static void judge_trust(judge_t *judge, const filled_in_t *filled_in, const luci_site_t *other)
{
    for (int i = 0; i < other->rules->nelts; i++) {
        const luci_site_line_t *line = &APR_ARRAY_IDX(other->rules, i, luci_site_line_t);
        const char *column = strcasecmp(line->name, "Require") == 0
                                 ? luci_editable_read_by(filled_in->asked, line->args, judge->pool)
                                 : luci_editable_read_by_alias(filled_in->asked, line->args, judge->pool);

        if (column)
            find_trusted(judge, filled_in, column, line);
    }
    for (int i = 0; i < other->columns->nelts; i++) {
        const luci_site_column_t *used = &APR_ARRAY_IDX(other->columns, i, luci_site_column_t);
        luci_site_line_t line = { used->what, used->column, used->file, used->number };

        if (strcmp(used->what, LUCI_SITE_REMOTE_USER) == 0 &&
            luci_settings_asks_for(filled_in->asked, used->column))
            find_trusted(judge, filled_in, used->column, &line);
    }
}

/* What people fill in at one server must not decide in another one that has the same database. */
static void judge_filled_in(judge_t *judge, const filled_in_t *filled_in)
{
    const luci_site_t *site = filled_in->site;

    for (int i = 0; i < judge->all->sites->nelts && filled_in->asked->nelts > 0; i++) {
        const luci_site_t *other = APR_ARRAY_IDX(judge->all->sites, i, const luci_site_t *);

        if (other == site || other == site->base ||
            luci_database_may_be_same(&other->config->database, &site->config->database, judge->pool))
            judge_trust(judge, filled_in, other);
    }
}

/* For values of sign-up this is a warning: sign-up may be closed, or an application may check them. */
static void filled_in_column_is_trusted(judge_t *judge, const luci_site_t *site, const char *id)
{
    const luci_settings_t *settings = &site->config->settings;
    luci_site_finding_t fatal = { .id = id, .level = LUCI_SITE_FATAL },
                        problem = { .id = id, .level = LUCI_SITE_PROBLEM };

    judge_filled_in(judge, &(filled_in_t){ site, EDITABLE, settings->editable, "change", fatal });
    judge_filled_in(judge, &(filled_in_t){ site, SIGNUP, settings->signup, "choose", problem });
}

/* ---- Second factors ---- */

static int has_second_factors(const luci_site_t *site)
{
    return site->config->settings.second_factor != LUCI_SECOND_FACTOR_OFF;
}

/* Lines outside of virtual hosts apply to all servers, one of which may have them. */
static int may_have_second_factors(const judge_t *judge, const luci_site_t *site)
{
    for (int i = 0; !site->base && i < judge->all->sites->nelts; i++) {
        if (has_second_factors(APR_ARRAY_IDX(judge->all->sites, i, const luci_site_t *)))
            return 1;
    }
    return has_second_factors(site);
}

static void factors_are_off(judge_t *judge, const luci_site_t *site, const char *id)
{
    for (int i = 0; i < site->rules->nelts && !may_have_second_factors(judge, site); i++) {
        const luci_site_line_t *line = &APR_ARRAY_IDX(site->rules, i, luci_site_line_t);

        if (strstr(line->args, "lucia-factors"))
            find(judge, id, LUCI_SITE_PROBLEM,
                 apr_psprintf(judge->pool,
                              "%s asks for a second factor, which no user can have, because "
                              "LuciaSecondFactor of %s is off",
                              quoted_line(line, "", judge->pool), site->title),
                 "Write LuciaSecondFactor optional, or take the line out");
    }
}

/* A page whose path only a directive tells, where there is no LuciaMount. */
typedef struct {
    const char *endpoint;
    const char *directive;
    int has_url;        /* the directive is there, perhaps in a section */
    const char *before; /* the problem, up to the title of the site */
    const char *after;  /* and from there */
} page_path_t;

/* Without the directive the page is there, but sign-in does not know it. */
static void page_has_no_url(judge_t *judge, const luci_site_t *site, const char *id, const page_path_t *page)
{
    wanted_t wanted = { page->endpoint, NULL, NULL };

    if (site->config->mount || page->has_url || !any_section(site, is_wanted, &wanted))
        return;
    find(judge, id, LUCI_SITE_PROBLEM, apr_pstrcat(judge->pool, page->before, site->title, page->after, NULL),
         apr_pstrcat(judge->pool, "Write ", page->directive, " ",
                     wanted.found ? wanted.found : "with its path", NULL));
}

static void factor_has_no_url(judge_t *judge, const luci_site_t *site, const char *id)
{
    const page_path_t page = {
        .endpoint = "factor",
        .directive = "LuciaFactorURL",
        .has_url =
            site->dir->factor_url || site->has_factor_url || (site->base && site->base->has_factor_url),
        .before = "sign-in of ",
        .after =
            " does not lead to the page on which users give their second factor, because it does not know "
            "where that is",
    };

    page_has_no_url(judge, site, id, &page);
}

/* The pages without which no user gives a second factor, or sets one up. */
static void factors_have_no_page(judge_t *judge, const luci_site_t *site, const char *id)
{
    apr_pool_t *pool = judge->pool;

    if (!has_second_factors(site) || !has_endpoint(site, "login", NULL, pool))
        return;
    if (!has_endpoint(site, "factor", NULL, pool))
        find(
            judge, id, LUCI_SITE_PROBLEM,
            apr_psprintf(pool,
                         "%s has no page on which users give their second factor, so that those who have one "
                         "cannot sign in",
                         site->title),
            "Write LuciaMount /account, or SetHandler luciauth-factor and LuciaFactorURL");
    factor_has_no_url(judge, site, id);
    if (!has_endpoint(site, "factors", NULL, pool))
        find(judge, id, LUCI_SITE_PROBLEM,
             apr_psprintf(pool, "%s has no page on which users set up a second factor", site->title),
             "Write LuciaMount /account, or SetHandler luciauth-factors and LuciaFactorsURL");
}

static int has_passkeys(const judge_t *judge, const luci_site_t *site)
{
    return site->config->settings.passkeys != LUCI_PASSKEYS_OFF &&
           has_endpoint(site, "login", NULL, judge->pool);
}

static void passkey_has_no_url(judge_t *judge, const luci_site_t *site, const char *id)
{
    const page_path_t page = {
        .endpoint = "passkey",
        .directive = "LuciaPasskeyURL",
        .has_url =
            site->dir->passkey_url || site->has_passkey_url || (site->base && site->base->has_passkey_url),
        .before = "the sign-in page of ",
        .after =
            " has no button for passkeys, because it does not know where the page is on which users sign in "
            "with one",
    };

    page_has_no_url(judge, site, id, &page);
}

/* Without the page, to which its form is sent, the sign-in page has no button. */
static void passkeys_have_no_page(judge_t *judge, const luci_site_t *site, const char *id)
{
    if (!has_passkeys(judge, site))
        return;
    if (!has_endpoint(site, "passkey", NULL, judge->pool))
        find(judge, id, LUCI_SITE_PROBLEM,
             apr_psprintf(judge->pool, "LuciaPasskeys of %s is on, but no page offers passkeys", site->title),
             "Write LuciaMount /account, or SetHandler luciauth-passkey and LuciaPasskeyURL");
    passkey_has_no_url(judge, site, id);
}

/* 1 if a virtual host has the name and https, so that the one without only leads there. */
static int is_served_with_tls(const judge_t *judge, const char *host)
{
    for (int i = 0; i < judge->all->sites->nelts; i++) {
        const luci_site_t *site = APR_ARRAY_IDX(judge->all->sites, i, const luci_site_t *);

        if (site->has_tls && site->host && strcasecmp(site->host, host) == 0)
            return 1;
    }
    return 0;
}

/* The main server with virtual hosts serves at most what none of them is asked for. */
static void passkeys_have_no_name(judge_t *judge, const luci_site_t *site, const char *id)
{
    luci_relying_party_t party;
    int is_of_hosts = !site->base && judge->all->sites->nelts > 1;

    if (!has_passkeys(judge, site) || is_of_hosts || (site->host && strcasecmp(site->host, LOCALHOST) == 0))
        return;
    if (!site->host || luci_relying_party_find(site->host, NULL, &party, judge->pool) == LUCI_INVALID)
        find(judge, id, LUCI_SITE_PROBLEM,
             apr_psprintf(judge->pool,
                          "LuciaPasskeys of %s is on, but browsers make no passkeys for its ServerName, %s",
                          site->title, site->host ? site->host : "which is missing"),
             "Write ServerName with a domain name, not an address or a single word, such as ServerName "
             "https://www.example.org");
    else if (!site->has_tls && !is_served_with_tls(judge, site->host))
        find(judge, id, LUCI_SITE_ADVICE,
             apr_psprintf(judge->pool,
                          "LuciaPasskeys of %s is on, but the server does not speak TLS, and browsers have "
                          "passkeys only with https",
                          site->title),
             apr_pstrcat(judge->pool, "If a proxy in front speaks TLS, write ServerName https://", site->host,
                         NULL));
}

/* Applications of Lucia sign users in with the password alone, and honour the sessions of this module. */
static void factor_is_optional_elsewhere(judge_t *judge, const luci_site_t *site, const char *id)
{
    const luci_settings_t *settings = &site->config->settings;

    if (settings->second_factor == LUCI_SECOND_FACTOR_REQUIRED && settings->tokens == LUCI_TOKENS_PLAIN)
        find(judge, id, LUCI_SITE_PROBLEM,
             apr_psprintf(
                 judge->pool,
                 "LuciaSecondFactor of %s is required, but with LuciaSessionTokens plain an application "
                 "of Lucia can sign users in with the password alone, and lets them change their "
                 "accounts",
                 site->title),
             "Write LuciaSessionTokens hashed, unless each such application asks for a second factor itself");
}

/* Without a session of this module the password alone does not count, and app passwords are for programs. */
static void form_refuses_factors(judge_t *judge, const luci_site_t *site, const char *id)
{
    int is_required = site->config->settings.second_factor == LUCI_SECOND_FACTOR_REQUIRED;

    for (int i = 0; has_second_factors(site) && i < site->forms->nelts; i++) {
        const luci_site_line_t *line = &APR_ARRAY_IDX(site->forms, i, luci_site_line_t);

        find(judge, id, is_required ? LUCI_SITE_PROBLEM : LUCI_SITE_ADVICE,
             apr_psprintf(judge->pool,
                          "%s:%d: %s %s: mod_auth_form cannot ask for a second factor, so that %s there",
                          line->file, line->number, line->name, line->args,
                          is_required ? "no user can sign in" : "users who have one cannot sign in"),
             "Write AuthType Lucia and a sign-in page of this module instead");
    }
}

/* ---- Groups ---- */

static int has_groups(const luci_site_t *site)
{
    return site->config->settings.groups;
}

static int may_have_groups(const judge_t *judge, const luci_site_t *site)
{
    for (int i = 0; !site->base && i < judge->all->sites->nelts; i++) {
        if (has_groups(APR_ARRAY_IDX(judge->all->sites, i, const luci_site_t *)))
            return 1;
    }
    return has_groups(site);
}

static void groups_are_off(judge_t *judge, const luci_site_t *site, const char *id)
{
    for (int i = 0; i < site->rules->nelts && !may_have_groups(judge, site); i++) {
        const luci_site_line_t *line = &APR_ARRAY_IDX(site->rules, i, luci_site_line_t);

        if (strstr(line->args, "lucia-group"))
            find(judge, id, LUCI_SITE_PROBLEM,
                 apr_psprintf(judge->pool,
                              "%s asks for a group, which no user can be in, because LuciaGroups of %s is "
                              "Off",
                              quoted_line(line, "", judge->pool), site->title),
                 "Write LuciaGroups On, or take the line out");
    }
}

/* People may fill in an attribute, and LUCIA_GROUPS and X-Lucia-Groups must never be theirs to choose. */
static void attribute_is_named_groups(judge_t *judge, const luci_site_t *site, const char *id)
{
    const luci_settings_t *settings = &site->config->settings;

    for (int i = 0; settings->groups && i < settings->attributes->nelts; i++) {
        if (strcasecmp(APR_ARRAY_IDX(settings->attributes, i, const char *), "groups") == 0)
            find(judge, id, LUCI_SITE_FATAL,
                 apr_pstrcat(judge->pool, "LuciaUserAttributes of ", site->title,
                             " names the column \"groups\", whose variable LUCIA_GROUPS and header "
                             "X-Lucia-Groups LuciaGroups needs",
                             NULL),
                 "Rename the column, or write LuciaGroups Off");
    }
}

/* ---- Use without LuciaDatabase ---- */

static int has_database(const luci_site_t *site)
{
    return site->config->database.driver != NULL;
}

/* A server without a database that a part of the configuration applies to; NULL: none. Lines outside of
 * virtual hosts apply to all servers; if each virtual host has a database, the main server is assumed to
 * serve nothing. */
static const luci_site_t *site_without_database(const luci_site_t *site, const apr_array_header_t *sites)
{
    if (has_database(site))
        return NULL;
    if (site->base || sites->nelts == 1)
        return site;
    for (int i = 1; i < sites->nelts; i++) {
        const luci_site_t *host = APR_ARRAY_IDX(sites, i, const luci_site_t *);

        if (!has_database(host))
            return host;
    }
    return NULL;
}

static void database_is_missing(judge_t *judge, const luci_site_t *site, const char *id)
{
    const luci_site_t *without = site->use.name ? site_without_database(site, judge->all->sites) : NULL;

    if (!without || without == judge->without_database)
        return;
    judge->without_database = without;
    find(judge, id, LUCI_SITE_FATAL,
         apr_psprintf(judge->pool,
                      "LuciaDatabase is missing: %s:%d uses mod_luciauth (%s %s), but %s has no "
                      "database; write LuciaDatabase DRIVER PARAMS there, such as LuciaDatabase %s %s",
                      site->use.file, site->use.number, site->use.name, site->use.args, without->title,
                      luci_engines[0]->driver, luci_engines[0]->params_example),
         NULL);
}

/* ---- Second factors ---- */

static void secret_is_missing(judge_t *judge, const luci_site_t *site, const char *id)
{
    const luci_settings_t *settings = &site->config->settings;

    const char *needs =
        settings->second_factor != LUCI_SECOND_FACTOR_OFF ? "LuciaSecondFactor" : "LuciaPasskeys";

    if ((settings->second_factor == LUCI_SECOND_FACTOR_OFF && settings->passkeys == LUCI_PASSKEYS_OFF) ||
        settings->seal_keys)
        return;
    find(judge, id, LUCI_SITE_FATAL,
         apr_pstrcat(judge->pool, "LuciaSecret is missing: ",
                     quoted_line(line_of(site, needs), needs, judge->pool), " needs it", NULL),
         "Make a secret, for example: (umask 077; openssl rand -base64 48 >/etc/luciauth-secret); then write "
         "LuciaSecret {file:/etc/luciauth-secret}");
}

/* 1 if links in the mails of a site have a page: its own, or that of another site that sends mails of the
 * same users. */
static int has_page_for_links(const judge_t *judge, const luci_server_config_t *config)
{
    for (int i = 0; i < judge->all->sites->nelts; i++) {
        const luci_server_config_t *other = APR_ARRAY_IDX(judge->all->sites, i, const luci_site_t *)->config;

        if (other->settings.mail && other->mount &&
            luci_database_is_same(&other->database, &config->database) &&
            strcmp(other->settings.tables.user, config->settings.tables.user) == 0)
            return 1;
    }
    return 0;
}

static void mail_is_missing(judge_t *judge, const luci_site_t *site, const char *id)
{
    const luci_settings_t *settings = &site->config->settings;
    const char *needs = settings->email != LUCI_EMAIL_OFF ? "LuciaEmail"
                        : settings->approval_mail         ? "LuciaApprovalMail"
                                                          : NULL;

    if (needs && !settings->mail)
        find(judge, id, LUCI_SITE_FATAL,
             apr_pstrcat(judge->pool, "LuciaMail is missing: ",
                         quoted_line(line_of(site, needs), needs, judge->pool), " needs it", NULL),
             apr_pstrcat(judge->pool, "Write LuciaMail, for example LuciaMail sendmail, or remove ", needs,
                         NULL));
}

/* The column of LuciaEmail that people fill in; NULL: none. Databases ignore the case of such names. */
static const char *address_asked_for(const apr_array_header_t *asked)
{
    for (int i = 0; i < asked->nelts; i++) {
        const char *name = APR_ARRAY_IDX(asked, i, luci_asked_attribute_t).name;

        if (strcasecmp(name, "email") == 0 || strcasecmp(name, "email_verified") == 0)
            return name;
    }
    return NULL;
}

static void find_unproved_address(judge_t *judge, const luci_site_t *site, const char *id,
                                  const char *directive, const apr_array_header_t *asked)
{
    const char *column = address_asked_for(asked);

    if (column)
        find(judge, id, LUCI_SITE_FATAL,
             apr_psprintf(judge->pool,
                          "%s lets people fill in \"%s\" themselves, but LuciaMail sends links for their "
                          "accounts to this address, so that it must be verified",
                          quoted_line(line_of(site, directive), directive, judge->pool), column),
             "Take the column out, and write LuciaEmail optional or required, which asks for an address and "
             "verifies it");
}

/* With a session alone, it must not be possible to send the link to a new password elsewhere; nor at another
 * server with the same database. */
static void address_is_unproved(judge_t *judge, const luci_site_t *site, const char *id)
{
    const luci_database_t *database = &site->config->database;

    for (int i = 0; site->config->settings.mail && i < judge->all->sites->nelts; i++) {
        const luci_site_t *other = APR_ARRAY_IDX(judge->all->sites, i, const luci_site_t *);
        const luci_settings_t *settings = &other->config->settings;

        if (other != site && !luci_database_may_be_same(&other->config->database, database, judge->pool))
            continue;
        find_unproved_address(judge, other, id, SIGNUP, settings->signup);
        find_unproved_address(judge, other, id, EDITABLE, settings->editable);
    }
}

static void addresses_have_no_page(judge_t *judge, const luci_site_t *site, const char *id)
{
    luci_email_t email = site->config->settings.email;

    if (email == LUCI_EMAIL_OFF || !has_endpoint(site, "login", NULL, judge->pool) ||
        has_endpoint(site, "email", NULL, judge->pool))
        return;
    find(judge, id, LUCI_SITE_PROBLEM,
         apr_psprintf(judge->pool, "%s has no page on which users give and confirm their email address%s",
                      site->title,
                      email == LUCI_EMAIL_REQUIRED ? ", so that those without one get nowhere" : ""),
         "Write LuciaMount /account, or SetHandler luciauth-email and LuciaEmailURL");
}

static void domains_are_not_used(judge_t *judge, const luci_site_t *site, const char *id)
{
    const luci_settings_t *settings = &site->config->settings;

    if (settings->email == LUCI_EMAIL_OFF && settings->email_domains->nelts > 0)
        find(judge, id, LUCI_SITE_PROBLEM,
             apr_psprintf(judge->pool, "%s has no effect, because LuciaEmail of %s is off",
                          quoted_line(line_of(site, "LuciaEmailDomains"), "LuciaEmailDomains", judge->pool),
                          site->title),
             "Write LuciaEmail required, or take the line out");
}

/* ---- LuciaAdopt ---- */

/* 1: in this site, or in a virtual host that a line outside of them is meant for. */
static int may_have_email(const judge_t *judge, const luci_site_t *site)
{
    for (int i = 0; !site->base && i < judge->all->sites->nelts; i++) {
        if (APR_ARRAY_IDX(judge->all->sites, i, const luci_site_t *)->config->settings.email !=
            LUCI_EMAIL_OFF)
            return 1;
    }
    return site->config->settings.email != LUCI_EMAIL_OFF;
}

static int names_address(const char *args, apr_pool_t *pool)
{
    while (*args) {
        if (strncasecmp(luci_word_next(&args, pool), "email=", strlen("email=")) == 0)
            return 1;
    }
    return 0;
}

static void adopted_address_is_off(judge_t *judge, const luci_site_t *site, const char *id)
{
    for (int i = 0; i < site->adopts->nelts && !may_have_email(judge, site); i++) {
        const luci_site_line_t *line = &APR_ARRAY_IDX(site->adopts, i, luci_site_line_t);

        if (names_address(line->args, judge->pool))
            find(judge, id, LUCI_SITE_FATAL,
                 apr_psprintf(judge->pool, "%s names an address, but LuciaEmail of %s is off",
                              quoted_line(line, "", judge->pool), site->title),
                 "Write LuciaEmail optional or required, or take email= out");
    }
}

static int is_adopter(void *baton, const luci_site_section_t *section)
{
    const luci_site_section_t **found = baton;

    if (!section->endpoint || strcmp(section->endpoint, "adopt") != 0)
        return 0;
    *found = section;
    return 1;
}

/* Only where the site has no line at all; a section that lacks it is told by the first request. */
static void adopter_has_no_name(judge_t *judge, const luci_site_t *site, const char *id)
{
    const luci_site_section_t *section;

    if (site->adopts->nelts == 0 && !(site->base && site->base->adopts->nelts > 0) &&
        any_section(site, is_adopter, &section))
        find(judge, id, LUCI_SITE_FATAL,
             apr_pstrcat(judge->pool, "LuciaAdopt is missing: ", place(&section->line, judge->pool),
                         " has SetHandler luciauth-adopt", NULL),
             "Write LuciaAdopt NAME into this section");
}

static int is_gated_adopter(void *baton, const luci_site_section_t *section)
{
    return section->is_gated && is_adopter(baton, section);
}

static void adopter_is_gated(judge_t *judge, const luci_site_t *site, const char *id)
{
    const luci_site_section_t *section;

    if (any_section(site, is_gated_adopter, &section))
        find(judge, id, LUCI_SITE_PROBLEM,
             apr_pstrcat(judge->pool, place(&section->line, judge->pool),
                         " has SetHandler luciauth-adopt and AuthType Lucia, so that no other module "
                         "identifies a user, and every request is refused",
                         NULL),
             "Write the AuthType of the module that identifies the users");
}

static void mail_lacks_a_line(judge_t *judge, const luci_site_t *site, const char *id)
{
    const luci_server_config_t *config = site->config;
    const char *lacks = !config->settings.mail_from.address  ? "LuciaMailFrom"
                        : !config->site_url                  ? "LuciaSiteURL"
                        : !has_page_for_links(judge, config) ? "LuciaMount"
                                                             : NULL;

    if (config->settings.mail && lacks)
        find(judge, id, LUCI_SITE_FATAL,
             apr_pstrcat(judge->pool, lacks, " is missing: LuciaMail of ", site->title, " needs it", NULL),
             "Write LuciaMailFrom accounts@example.org, LuciaSiteURL https://example.org and LuciaMount "
             "/account, with values of your own");
}

/* Notices of new devices need device cookies, and ones that last. */
static int tells_of_devices(const luci_site_t *site)
{
    const luci_settings_t *settings = &site->config->settings;

    return settings->mail && settings->mail_notices & LUCI_MAIL_NOTICE_DEVICE;
}

static void devices_are_unknown(judge_t *judge, const luci_site_t *site, const char *id)
{
    if (tells_of_devices(site) && site->config->throttle.account.max == 0)
        find(judge, id, LUCI_SITE_ADVICE,
             apr_pstrcat(judge->pool, "LuciaMailNotices of ", site->title,
                         " tells of sign-ins on new devices, but LuciaThrottle does not count by account, "
                         "so that no device is known and none is told",
                         NULL),
             "Write account=10/15min in LuciaThrottle, or leave device out of LuciaMailNotices");
}

static void devices_are_forgotten(judge_t *judge, const luci_site_t *site, const char *id)
{
    if (tells_of_devices(site) && site->config->throttle.account.max > 0 && !site->config->throttle_secret &&
        !site->config->settings.seal_keys)
        find(judge, id, LUCI_SITE_NOTE,
             apr_pstrcat(judge->pool, "LuciaMailNotices of ", site->title,
                         " tells of sign-ins on new devices, but without LuciaThrottleSecret each device is "
                         "new after httpd was stopped",
                         NULL),
             "Write LuciaThrottleSecret {file:/etc/luciauth-throttle-secret}, or LuciaSecret");
}

/* ---- The list of rules ---- */

typedef struct {
    const char *id;
    void (*judge)(judge_t *judge, const luci_site_t *site, const char *id);
    int is_of_all; /* 1: applies to servers without a database, too */
} rule_t;

static const rule_t rules[] = {
    { "LUCI0501", database_is_missing, 1 },
    { "LUCI0502", column_is_unknown, 1 },
    { "LUCI0503", inherited_column_is_unknown, 1 },
    { "LUCI0508", asked_attributes_are_unknown, 1 },
    { "LUCI0509", filled_in_column_is_trusted, 1 },
    { "LUCI0514", secret_is_missing, 0 },
    { "LUCI0528", mail_lacks_a_line, 0 },
    { "LUCI0529", mail_is_missing, 0 },
    { "LUCI0530", address_is_unproved, 0 },
    { "LUCI0531", domains_are_not_used, 0 },
    { "LUCI0535", devices_are_unknown, 0 },
    { "LUCI0536", devices_are_forgotten, 0 },
    { "LUCI0537", adopter_has_no_name, 1 },
    { "LUCI0538", adopted_address_is_off, 0 },
    { "LUCI0313", servers_differ, 0 },
    { "LUCI0451", socache_keeps_nothing, 1 },
    { "LUCI0511", factors_are_off, 1 },
    { "LUCI0526", groups_are_off, 1 },
    { "LUCI0527", attribute_is_named_groups, 1 },
    { "LUCI0901", database_is_served, 0 },
    { "LUCI0902", gate_without_login, 0 },
    { "LUCI0903", gate_without_require, 0 },
    { "LUCI0904", urls_loop, 0 },
    { "LUCI0905", cookie_path_is_elsewhere, 0 },
    { "LUCI0906", cookie_domain_is_foreign, 0 },
    { "LUCI0907", cookie_is_secure_on_http, 0 },
    { "LUCI0908", mount_covers_folder, 0 },
    { "LUCI0909", templates_are_writable, 0 },
    { "LUCI0910", factors_have_no_page, 0 },
    { "LUCI0913", passkeys_have_no_page, 0 },
    { "LUCI0914", passkeys_have_no_name, 0 },
    { "LUCI0915", addresses_have_no_page, 0 },
    { "LUCI0916", adopter_is_gated, 0 },
    { "LUCI0911", factor_is_optional_elsewhere, 0 },
    { "LUCI0912", form_refuses_factors, 0 },
};

apr_array_header_t *luci_site_judge(const luci_site_all_t *all, apr_pool_t *pool)
{
    judge_t judge = { all, apr_array_make(pool, 8, sizeof(luci_site_finding_t)), NULL, pool };

    for (size_t i = 0; i < sizeof rules / sizeof *rules; i++) {
        for (int j = 0; j < all->sites->nelts; j++) {
            const luci_site_t *site = APR_ARRAY_IDX(all->sites, j, const luci_site_t *);

            if (site->config->database.driver || rules[i].is_of_all)
                rules[i].judge(&judge, site, rules[i].id);
        }
    }
    return judge.findings;
}
