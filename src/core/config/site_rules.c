/* SPDX-License-Identifier: Apache-2.0 */
#include "core/config/site_rules.h"

#include "core/config/connect_params.h"
#include "core/config/directives.h"
#include "core/db/engine.h"

#include <apr_strings.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

typedef struct {
    const luci_site_all_t *all;
    apr_array_header_t *findings;
    const luci_site_t *without_database; /* the last site that was found to have none */
    apr_pool_t *pool;
} judge_t;

/* ---- Saying ---- */

/* Settings that virtual hosts inherit would otherwise be reported for each of them. */
static int was_said(const judge_t *judge, const char *what)
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
    if (!was_said(judge, what))
        APR_ARRAY_PUSH(judge->findings, luci_site_finding_t) =
            (luci_site_finding_t){ .id = id, .level = level, .what = what, .remedy = remedy };
}

static const char *place(const luci_site_line_t *line, apr_pool_t *pool)
{
    return apr_psprintf(pool, "<%s %s> in %s:%d", line->name, line->args, line->file, line->number);
}

/* ---- Paths ---- */

/* 1 when path is prefix or lies below it; neither has a slash at its end but for "/". */
static int is_below(const char *path, const char *prefix)
{
    size_t length = strcmp(prefix, "/") == 0 ? 0 : strlen(prefix);

    return strncmp(path, prefix, length) == 0 && (path[length] == '/' || path[length] == '\0');
}

/* Where a file really is, as far as it can be seen. */
static const char *resolved(const char *path, apr_pool_t *pool)
{
    char *real = realpath(path, NULL);
    const char *copy = real ? apr_pstrdup(pool, real) : path;

    free(real);
    return copy;
}

/* The path of a URL on this site, without query and fragment; NULL: it leads to another site. */
static const char *path_of_url(const char *url, apr_pool_t *pool)
{
    return *url == '/' ? apr_pstrmemdup(pool, url, strcspn(url, "?#")) : NULL;
}

/* ---- Sections of a site and of its base ---- */

typedef int section_fn(void *baton, const luci_site_section_t *section);

/* Calls fn for each section that is in force, until it returns 1; then 1. */
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

/* A URL as written, else as LuciaMount implies it, else the default: as luci_config_urls does. */
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
    const char *endpoint; /* which one; NULL: any */
    const char *path;     /* where; NULL: anywhere */
    const char *found;    /* the path of one that was found */
} wanted_t;

/* An endpoint whose path is not known may be everywhere. */
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
    const char *file = is_file(site) ? resolved(site->config->database.params, judge->pool) : NULL;

    for (const luci_site_t *each = file ? site : NULL; each; each = each->base) {
        for (int i = 0; i < each->folders->nelts; i++) {
            const char *folder = APR_ARRAY_IDX(each->folders, i, const char *);

            if (is_below(file, resolved(folder, judge->pool)))
                find(judge, id, LUCI_SITE_PROBLEM,
                     apr_psprintf(judge->pool,
                                  "the database %s lies in %s, whose files %s serves to everybody",
                                  site->config->database.params, folder, site->title),
                     "Move it out of there, with its -wal and -shm, and correct LuciaDatabase");
        }
    }
}

typedef struct {
    judge_t *judge;
    const luci_site_t *site;
    const char *id;
} gates_t;

/* People whom this gate refuses are sent to a page that is not there, or back to a gate. */
static int judge_gates_login(void *baton, const luci_site_section_t *section)
{
    gates_t *gates = baton;
    const luci_site_t *site = gates->site;
    apr_pool_t *pool = gates->judge->pool;
    const char *login = section->login_url ? section->login_url : URL(site, login_url, "/login", pool),
               *path = path_of_url(login, pool);
    wanted_t wanted = { "login", NULL, NULL };

    if (!section->is_gated || !path || has_endpoint(site, "login", path, pool) ||
        site->dir->unauthenticated == LUCI_UNAUTHENTICATED_401)
        return 0;
    if (!has_endpoint(site, "login", NULL, pool) && !section->login_url &&
        !luci_directives_written(&luci_scope_dir, site->dir, offsetof(luci_dir_config_t, login_url)))
        find(gates->judge, gates->id, LUCI_SITE_PROBLEM,
             apr_psprintf(pool,
                          "the gate of %s sends people to %s, but %s has no sign-in page: neither "
                          "LuciaMount nor SetHandler luciauth-login",
                          place(&section->line, pool), path, site->title),
             "Write LuciaMount /account, or say with LuciaLoginURL where people sign in");
    else if (any_section(site, is_wanted, &wanted) && wanted.found)
        find(gates->judge, gates->id, LUCI_SITE_ADVICE,
             apr_psprintf(pool,
                          "the gate of %s sends people to %s, but the sign-in page of %s "
                          "is %s",
                          place(&section->line, pool), path, site->title, wanted.found),
             apr_pstrcat(pool, "If that is not meant, write LuciaLoginURL ", wanted.found, NULL));
    return 0;
}

static void gate_without_login(judge_t *judge, const luci_site_t *site, const char *id)
{
    gates_t gates = { judge, site, id };

    (void)any_section(site, judge_gates_login, &gates);
}

/* 1 when the other section may say who is let in where this one asks who it is. */
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
             apr_psprintf(pool, "%s has AuthType Lucia and no Require: it protects nothing",
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

/* The page that people are sent to must not send them on to itself. */
static void urls_loop(judge_t *judge, const luci_site_t *site, const char *id)
{
    apr_pool_t *pool = judge->pool;
    const char *login = path_of_url(URL(site, login_url, "/login", pool), pool),
               *signup = path_of_url(URL(site, signup_url, "/signup", pool), pool),
               *logout = path_of_url(URL(site, logout_url, "/logout", pool), pool),
               *home = path_of_url(URL(site, home_url, "", pool), pool);
    const struct {
        const char *path;
        const char *what;
    } pages[] = { { login, "LuciaLoginURL" }, { signup, "LuciaSignupURL" }, { logout, "LuciaLogoutURL" } };

    for (size_t i = 0; home && i < sizeof pages / sizeof *pages; i++) {
        if (pages[i].path && strcmp(home, pages[i].path) == 0)
            find(judge, id, LUCI_SITE_PROBLEM,
                 apr_psprintf(pool,
                              "LuciaHomeURL and %s are both %s in %s: who has signed in is "
                              "sent there again and again",
                              pages[i].what, home, site->title),
                 "Let LuciaHomeURL name a page for members");
    }
    if (login && !has_endpoint(site, "login", login, pool) && any_section(site, is_gate_of, (void *)login))
        find(judge, id, LUCI_SITE_PROBLEM,
             apr_psprintf(pool,
                          "LuciaLoginURL %s lies behind a gate of %s, and no sign-in page of this "
                          "module answers there: people are sent there again and again",
                          login, site->title),
             "Write Require all granted for it, or name the page of LuciaMount");
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
                          "LuciaCookiePath %s of %s does not cover %s: browsers send no session "
                          "there",
                          path, site->title, what),
             "Write LuciaCookiePath /, or a path above all of them");
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
                      "LuciaCookieDomain %s holds no name of %s, which is called %s: browsers "
                      "refuse the cookie",
                      domain, site->title, site->host),
         "Name a domain that ServerName is in, or take the line out");
}

static void cookie_is_secure_on_http(judge_t *judge, const luci_site_t *site, const char *id)
{
    if (site->config->cookie_secure == LUCI_SECURE_ON && !site->has_tls)
        find(judge, id, LUCI_SITE_ADVICE,
             apr_psprintf(judge->pool,
                          "LuciaCookieSecure is on, but %s speaks no https: browsers do not send "
                          "the session back",
                          site->title),
             "Where a proxy in front speaks https, write ServerName https://NAME; else write "
             "LuciaCookieSecure auto");
}

/* ---- mod_authn_socache, which keeps what apr_password_validate can compare ---- */

/* It asks the providers behind it all the same, and what they answer is what counts. */
static void socache_keeps_nothing(judge_t *judge, const luci_site_t *site, const char *id)
{
    for (int i = 0; i < site->socache->nelts; i++) {
        const luci_site_line_t *line = &APR_ARRAY_IDX(site->socache, i, luci_site_line_t);

        find(judge, id, LUCI_SITE_ADVICE,
             apr_psprintf(judge->pool,
                          "%s:%d: %s %s: mod_authn_socache keeps nothing of lucia, since it cannot "
                          "compare Argon2 hashes; lucia remembers right passwords for a minute by "
                          "itself",
                          line->file, line->number, line->name, line->args),
             strcasecmp(line->name, "AuthBasicProvider") == 0 ? "Take socache out" : "Take lucia out");
    }
}

/* ---- Folders ---- */

static void mount_covers_folder(judge_t *judge, const luci_site_t *site, const char *id)
{
    const char *mount = site->config->mount, *root = site->document_root;
    struct stat info;
    const char *folder;

    if (!root && site->base)
        root = site->base->document_root;
    if (!mount || strcmp(mount, "/") == 0 || !root)
        return;
    folder = apr_pstrcat(judge->pool, root, mount, NULL);
    if (stat(folder, &info) == 0 && S_ISDIR(info.st_mode))
        find(judge, id, LUCI_SITE_ADVICE,
             apr_psprintf(judge->pool,
                          "LuciaMount %s covers the folder %s of %s: its index is not shown, nor "
                          "its files signup, login and logout",
                          mount, folder, site->title),
             "Rename the one or the other if that is not meant");
}

static void templates_are_writable(judge_t *judge, const luci_site_t *site, const char *id)
{
    const char *folder = site->config->templates ? site->config->templates : LUCI_TEMPLATE_DIR;
    const luci_file_user_t *user = judge->all->user;
    struct stat info;

    if (!user || !user->name || user->uid == 0 || stat(folder, &info) != 0 ||
        !luci_file_may(user, &info, LUCI_MAY_WRITE))
        return;
    find(judge, id, LUCI_SITE_ADVICE,
         apr_psprintf(judge->pool,
                      "%s, as whom httpd runs, may write to the templates in %s: whoever gets into "
                      "an application there can change the page that asks for passwords",
                      user->name, folder),
         apr_psprintf(judge->pool, "Try: chown -R root '%s'; chmod -R go-w '%s'", folder, folder));
}

/* ---- Two servers ---- */

/* How the two read one table differently; NULL: they do not. */
static const char *difference(const luci_site_t *a, const luci_site_t *b, const char **remedy)
{
    const luci_settings_t *first = &a->config->settings, *second = &b->config->settings;
    int same_sessions = strcmp(first->tables.session, second->tables.session) == 0,
        same_keys = strcmp(first->tables.key, second->tables.key) == 0,
        same_users = strcmp(first->tables.user, second->tables.user) == 0;

    *remedy = "Write the same in both";
    if (same_sessions && first->tokens != second->tokens)
        return "one session table, and LuciaSessionTokens is plain in one of them only: who comes by the "
               "other is signed out there";
    if ((same_sessions && (!same_users || !same_keys)) || (same_keys && !same_users))
        return "tables in common, but not all three of LuciaTables: rows of the one belong to users of the "
               "other";
    if (same_keys &&
        (first->hash.kind != second->hash.kind || first->hash.memory_kib != second->hash.memory_kib ||
         first->hash.passes != second->hash.passes || first->hash.lanes != second->hash.lanes))
        return "one key table and two LuciaPasswordHash: each makes the other's hashes anew at sign-in";
    return NULL;
}

static void servers_differ(judge_t *judge, const luci_site_t *site, const char *id)
{
    for (int i = 0; i < judge->all->sites->nelts; i++) {
        const luci_site_t *other = APR_ARRAY_IDX(judge->all->sites, i, const luci_site_t *);
        const char *remedy, *how;

        if (other == site)
            return; /* the pairs that follow are seen from the other side */
        how = luci_database_is_same(&other->config->database, &site->config->database)
                  ? difference(other, site, &remedy)
                  : NULL;
        if (how)
            find(judge, id, LUCI_SITE_PROBLEM,
                 apr_psprintf(judge->pool, "%s and %s have %s", other->title, site->title, how), remedy);
    }
}

/* ---- Columns ---- */

/* What a virtual host inherits stands on none of its lines. */
static void inherited_column_is_unknown(judge_t *judge, const luci_site_t *site, const char *id)
{
    luci_site_column_t line = { .what = LUCI_SITE_REMOTE_USER, .column = site->dir->remote_user };
    const char *problem = site->base && line.column == site->base->dir->remote_user
                              ? luci_site_column_problem(site, &line)
                              : NULL;

    if (problem)
        find(judge, id, LUCI_SITE_FATAL,
             apr_psprintf(judge->pool, "%s, inherited by %s", problem, site->title),
             "Correct the one or the other");
}

/* A line outside virtual hosts may be meant for one of them: one that knows the column is enough. */
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

/* ---- Use without LuciaDatabase ---- */

static int has_database(const luci_site_t *site)
{
    return site->config->database.driver != NULL;
}

/* The server without a database that serves what stands in site's part of the configuration. Lines outside
 * virtual hosts belong to all of them; when each has a database, the main server is taken to serve nothing.
 */
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

/* ---- All of them ---- */

typedef struct {
    const char *id;
    void (*judge)(judge_t *judge, const luci_site_t *site, const char *id);
    int is_of_all; /* of servers without a database, too */
} rule_t;

static const rule_t rules[] = {
    { "LUCI0501", database_is_missing, 1 },
    { "LUCI0502", column_is_unknown, 1 },
    { "LUCI0503", inherited_column_is_unknown, 1 },
    { "LUCI0313", servers_differ, 0 },
    { "LUCI0451", socache_keeps_nothing, 1 },
    { "LUCI0901", database_is_served, 0 },
    { "LUCI0902", gate_without_login, 0 },
    { "LUCI0903", gate_without_require, 0 },
    { "LUCI0904", urls_loop, 0 },
    { "LUCI0905", cookie_path_is_elsewhere, 0 },
    { "LUCI0906", cookie_domain_is_foreign, 0 },
    { "LUCI0907", cookie_is_secure_on_http, 0 },
    { "LUCI0908", mount_covers_folder, 0 },
    { "LUCI0909", templates_are_writable, 0 },
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
