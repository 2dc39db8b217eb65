/* SPDX-License-Identifier: Apache-2.0 */
/* Floor 2.4. The rows of the directive table, included where SERVER and DIR (also in sections) are defined, inside an array:
 * SERVER or DIR("name", "syntax", "default" or NULL, "what for", type, member, limits)
 * doc/directives-table.pl reads them too. */
/* clang-format off */

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
/* clang-format on */
