/* SPDX-License-Identifier: Apache-2.0 */
#include "directives.h"
#include "directive_types.h"

#include <apr_strings.h>

#include <string.h>

struct luci_scope_t {
    size_t size;
    size_t set; /* offset of the member "set" */
};

const luci_scope_t luci_scope_server = { sizeof(luci_server_config_t), offsetof(luci_server_config_t, set) };
const luci_scope_t luci_scope_dir = { sizeof(luci_dir_config_t), offsetof(luci_dir_config_t, set) };

typedef struct {
    const luci_scope_t *scope;
    const luci_type_t *type;
    size_t offset;
    const luci_limits_t *limits;
    const char *fallback; /* the default as it would be written; NULL: zeros */
} luci_row_t;

static const char *set_value(cmd_parms *cmd, void *dir_config, const char *args);

/* ---- The rows ----
 * SERVER or DIR (also in sections)("name", "syntax", "default" or NULL, "what for", type, member, limits)
 * doc/directives-table.pl reads them too. */

/* clang-format off */

/* The comparison makes the compiler check that the type writes what the member is. */
#define OFFSET(config, type, member)                                                                              \
    (offsetof(config, member) + 0 * sizeof((luci_##type##_value_t *)NULL == &((config *)NULL)->member))
#define ROW(scope_, config, type_, member, limits_, fallback_)                                                    \
    ((void *)&(const luci_row_t){ .scope = &(scope_), .type = &luci_type_##type_,                                 \
                                  .offset = OFFSET(config, type_, member), .limits = (limits_),                   \
                                  .fallback = (fallback_) })
#define SERVER(name, syntax, fallback, text, type, member, limits)                                                \
    AP_INIT_RAW_ARGS(name, set_value,                                                                             \
                     ROW(luci_scope_server, luci_server_config_t, type, member, limits, fallback),                \
                     RSRC_CONF, syntax ": " text)
#define DIR(name, syntax, fallback, text, type, member, limits)                                                   \
    AP_INIT_RAW_ARGS(name, set_value,                                                                             \
                     ROW(luci_scope_dir, luci_dir_config_t, type, member, limits, fallback),                      \
                     RSRC_CONF | ACCESS_CONF, syntax ": " text)

#define FROM_TO(low, high) (&(const luci_limits_t){ .least = (low), .most = (high) })
#define OFF_OR_FROM_TO(low, high) (&(const luci_limits_t){ .least = (low), .most = (high), .off = 1 })
#define QUOTA(high, of, wait_) (&(const luci_limits_t){ .least = 1, .most = (high), .units = (of), .wait = (wait_) })
#define ONE_OF(...) (&(const luci_limits_t){ .choices = (const char *const[]){ __VA_ARGS__, NULL } })
#define OR_OFF (&(const luci_limits_t){ .off = 1 })
#define TEN_YEARS (3650 * LUCI_MS_DAY)

/* A body has 8 KiB, and a form spends up to nine bytes on a unit. */
#define USERNAME_UNITS_MOST 255
#define PASSWORD_UNITS_MOST 1000
#define HANDLES_MOST 1000
#define HASHES_MOST 256

const command_rec luci_directives[] = {
    SERVER("LuciaDatabase", "DRIVER PARAMS", NULL, "where users, keys and sessions are; using the module needs it",
           database, database, NULL),
    SERVER("LuciaDatabasePool", "MAX [WAIT]", "auto 5s",
           "database handles of a child process (auto: as many as threads), and the longest wait for one",
           quota, pool_size, QUOTA(HANDLES_MOST, "handles", 5 * LUCI_MS_SECOND)),
    SERVER("LuciaCreateSchema", "On|Off", "On", "whether missing tables are made at start-up",
           flag, create_schema, NULL),
    SERVER("LuciaTables", "USER KEY SESSION", "auth_user user_key user_session", "names of the three tables",
           tables, settings.tables, NULL),
    SERVER("LuciaUserAttributes", "COLUMN...", "username", "columns of the user table that describe a user",
           attributes, settings.attributes, NULL),
    SERVER("LuciaActivePeriod", "TIME", "1d", "how long a session is valid before it has to be renewed",
           time, settings.active_period, FROM_TO(LUCI_MS_SECOND, TEN_YEARS)),
    SERVER("LuciaIdlePeriod", "TIME", "14d", "how long after that a visit still renews it",
           time, settings.idle_period, FROM_TO(LUCI_MS_SECOND, TEN_YEARS)),
    SERVER("LuciaMaxLifetime", "TIME|off", "off", "when a session ends however often it was renewed",
           time, settings.max_lifetime, OFF_OR_FROM_TO(LUCI_MS_SECOND, TEN_YEARS)),
    SERVER("LuciaSessionTokens", "hashed|plain", "hashed", "how the session table holds session ids",
           choice, settings.tokens, ONE_OF("hashed", "plain")),
    SERVER("LuciaSessionCache", "PROVIDER[:ARGS]|off", NULL,
           "where sessions are kept at hand, an ap_socache provider; without it shmcb where that is loaded",
           cache_name, cache_name, OR_OFF),
    SERVER("LuciaSessionCacheTTL", "TIME", "10s", "the longest time for which a session that was ended elsewhere goes on",
           time, cache_ttl, FROM_TO(LUCI_MS_SECOND, LUCI_MS_HOUR)),
    SERVER("LuciaCleanup", "TIME|off", "10min", "how often dead sessions are removed from the database",
           time, cleanup, OFF_OR_FROM_TO(LUCI_MS_SECOND, LUCI_MS_DAY)),
    SERVER("LuciaCookieName", "NAME", "auth_session", "the name of the session cookie",
           cookie_name, cookie_name, NULL),
    SERVER("LuciaCookiePath", "PATH", "/", "the path of the session cookie",
           cookie_path, cookie_path, NULL),
    SERVER("LuciaCookieDomain", "DOMAIN|off", NULL, "the domain of the session cookie; without one only this host",
           cookie_domain, cookie_domain, OR_OFF),
    SERVER("LuciaCookieSameSite", "Lax|Strict|None", "Lax", "when browsers send the cookie from other sites",
           choice, cookie_samesite, ONE_OF("Lax", "Strict", "None")),
    SERVER("LuciaCookieSecure", "auto|on|off", "auto", "whether the cookie is for https only; auto: as the request",
           choice, cookie_secure, ONE_OF("auto", "on", "off")),
    SERVER("LuciaCookieExpires", "On|Off", "On", "whether the cookie ends with the session; Off: after one year",
           flag, cookie_expires, NULL),
    SERVER("LuciaUsernameLength", "MIN MAX", "4 31", "UTF-16 units of a new username",
           lengths, settings.username_length, FROM_TO(1, USERNAME_UNITS_MOST)),
    SERVER("LuciaPasswordLength", "MIN MAX", "6 255", "UTF-16 units of a new password",
           lengths, settings.password_length, FROM_TO(1, PASSWORD_UNITS_MOST)),
    SERVER("LuciaPasswordHash", "argon2id [m=KiB] [t=N] [p=N]|lucia-scrypt", "argon2id m=19456 t=2 p=1",
           "what new password hashes are",
           hash_cost, settings.hash, NULL),
    SERVER("LuciaHashSlots", "MAX [WAIT]", "auto 2s",
           "password hashes at once in the whole server (auto: as many as cores), and the longest wait for a turn",
           quota, hash_slots, QUOTA(HASHES_MOST, "hashes", 2 * LUCI_MS_SECOND)),
    SERVER("LuciaAuditLog", "FILE|PIPE|off", NULL,
           "where each sign-in, failure and the like gets a line, as CustomLog takes it; without it the error log",
           log_target, audit_log, NULL),
    SERVER("LuciaTemplates", "DIR", NULL, "the folder of the pages; without it the installed ones",
           folder, templates, NULL),
    SERVER("LuciaMount", "PREFIX|off", NULL, "serves all pages and endpoints at and below this path",
           mount, mount, OR_OFF),

    DIR("LuciaCSRF", "On|Off", "On", "whether unsafe requests must come from an allowed origin",
        flag, csrf, NULL),
    DIR("LuciaAllowedOrigins", "ORIGIN...|off", "", "origins that may send unsafe requests besides the site's own",
        origins, allowed_origins, OR_OFF),
    DIR("LuciaSignup", "On|Off", "On", "whether visitors may sign up; Off answers 403",
        flag, signup, NULL),
    DIR("LuciaLoginURL", "URL", "/login", "where visitors are sent to sign in",
        login_url, login_url, NULL),
    DIR("LuciaSignupURL", "PATH", "/signup", "where the pages' sign-up links and forms go",
        local_url, signup_url, NULL),
    DIR("LuciaLogoutURL", "PATH", "/logout", "where the pages' sign-out form goes",
        local_url, logout_url, NULL),
    DIR("LuciaHomeURL", "PATH", "/", "where users are sent after signing in",
        local_url, home_url, NULL),
    DIR("LuciaPages", "On|Off", "On", "whether endpoints show pages; Off: JSON only",
        flag, pages, NULL),
    DIR("LuciaUnauthenticated", "auto|redirect|401", "auto", "what visitors get at a gate",
        choice, unauthenticated, ONE_OF("auto", "redirect", "401")),
    DIR("LuciaRemoteUser", "COLUMN", "username", "what REMOTE_USER is: username, user_id or an attribute",
        column, remote_user, NULL),
    DIR("LuciaHeaders", "On|Off", "Off", "whether backends get X-Lucia-* headers",
        flag, headers, NULL),
    DIR("LuciaStripCookie", "On|Off", "On", "whether the session cookie is kept from CGI and backends",
        flag, strip_cookie, NULL),
    DIR("LuciaBearer", "On|Off", "Off", "whether Authorization: Bearer with a session id is accepted",
        flag, bearer, NULL),
    DIR("LuciaOptional", "On|Off", "Off", "identify who is there, admit everybody",
        flag, optional, NULL),
    { NULL, { NULL }, NULL, 0, RAW_ARGS, NULL }
};

/* clang-format on */

#define ROWS (sizeof(luci_directives) / sizeof(*luci_directives) - 1)
_Static_assert(ROWS <= LUCI_DIRECTIVES_MOST, "one bit of \"set\" a row");

static const luci_row_t *row_at(size_t n)
{
    return luci_directives[n].cmd_data;
}

static apr_uint64_t *set_bits(const luci_scope_t *scope, const void *config)
{
    return (apr_uint64_t *)((char *)config + scope->set);
}

static void *member_of(const luci_row_t *row, const void *config)
{
    return (char *)config + row->offset;
}

/* ---- Writing ---- */

static const char *complaint(const char *name, const luci_row_t *row, const apr_array_header_t *words,
                             const char *rule, apr_pool_t *pool)
{
    if (row->type->secret)
        return apr_pstrcat(pool, name, ": ", rule, NULL);
    if (words->nelts == 0)
        return apr_pstrcat(pool, name, ": a value is missing, allowed is ", rule, NULL);
    return apr_psprintf(pool, "%s: \"%.200s\" is not allowed: %s", name, apr_array_pstrcat(pool, words, ' '),
                        rule);
}

/* A wrong number of words is said without showing them. */
static const char *miscounted(const luci_row_t *row, const apr_array_header_t *words, apr_pool_t *pool)
{
    const char *allowed = row->type->allowed(row->limits, pool);

    if (!row->type->secret)
        return allowed;
    return apr_psprintf(pool, "%d %s given, allowed is %s", words->nelts,
                        words->nelts == 1 ? "word" : "words", allowed);
}

/* Validates, then assigns: a value that is refused leaves the structure as it was. */
static const char *set_value(cmd_parms *cmd, void *dir_config, const char *args)
{
    const luci_row_t *row = cmd->info;
    void *config = row->scope == &luci_scope_server
                       ? ap_get_module_config(cmd->server->module_config, &luciauth_module)
                       : dir_config;
    apr_uint64_t *set = set_bits(row->scope, config);
    apr_uint64_t bit = (apr_uint64_t)1 << (cmd->cmd - luci_directives);
    apr_array_header_t *words = luci_words(args, cmd->pool);
    void *value = apr_pcalloc(cmd->pool, row->type->size);
    const char *problem = ap_check_cmd_context(cmd, NOT_IN_LIMIT);

    if (problem)
        return problem;
    if (words->nelts < row->type->least_words || words->nelts > row->type->most_words)
        problem = miscounted(row, words, cmd->pool);
    else
        problem = row->type->parse(words, row->limits, value, cmd->pool);
    if (problem)
        return complaint(cmd->cmd->name, row, words, problem, cmd->pool);
    if ((*set & bit) && row->type->append)
        row->type->append(member_of(row, config), value);
    else
        memcpy(member_of(row, config), value, row->type->size);
    *set |= bit;
    return NULL;
}

/* ---- Defaults and merging ---- */

void *luci_directives_defaults(const luci_scope_t *scope, apr_pool_t *pool)
{
    void *config = apr_pcalloc(pool, scope->size);

    for (size_t i = 0; i < ROWS; i++) {
        const luci_row_t *row = row_at(i);

        if (row->scope == scope && row->fallback) {
            const char *problem =
                row->type->parse(luci_words(row->fallback, pool), row->limits, member_of(row, config), pool);
            ap_assert(problem == NULL);
        }
    }
    return config;
}

void *luci_directives_merge(const luci_scope_t *scope, void *base, const void *add, apr_pool_t *pool)
{
    apr_uint64_t set = *set_bits(scope, add);
    void *merged;

    if (set == 0)
        return base;
    merged = apr_pmemdup(pool, base, scope->size);
    *set_bits(scope, merged) |= set;
    for (; set; set &= set - 1) {
        const luci_row_t *row = row_at((size_t)__builtin_ctzll(set));

        memcpy(member_of(row, merged), member_of(row, add), row->type->size);
    }
    return merged;
}

int luci_directives_written(const luci_scope_t *scope, const void *config, size_t offset)
{
    apr_uint64_t set = *set_bits(scope, config);

    for (; set; set &= set - 1) {
        if (row_at((size_t)__builtin_ctzll(set))->offset == offset)
            return 1;
    }
    return 0;
}
