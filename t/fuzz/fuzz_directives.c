/* SPDX-License-Identifier: Apache-2.0 */
/* The input is what stands behind a directive; its first byte says behind which. */
#include "fuzz.h"

#include "core/config/directive_types.h"
#include "core/config/directives.h"
#include "core/web/cookie.h"
#include "core/web/url.h"

#include <apr_strings.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define FUZZ_DIRECTIVES_MARK "Zq7xWv3kPm"

static const char *const fuzz_directives_names[] = {
#define SERVER(name, syntax, fallback, text, type, member, limits) name
#define DIR(name, syntax, fallback, text, type, member, limits) name
#include "core/config/directive_rows.h"
#undef SERVER
#undef DIR
};

#define FUZZ_DIRECTIVES_COUNT (sizeof fuzz_directives_names / sizeof *fuzz_directives_names)

static void fuzz_directives_cookie(const char *name, const char *path, const char *domain)
{
    const luci_cookie_t cookie = { .name = name, .path = path, .domain = domain, .secure = 1 };

    FUZZ_CHECK(!luci_cookie_problem(&cookie));
}

static void fuzz_directives_length(luci_length_t length)
{
    FUZZ_CHECK(length.min >= 1 && length.min <= length.max);
}

static void fuzz_directives_origins(const apr_array_header_t *origins, apr_pool_t *pool)
{
    const char *again;

    for (int i = 0; i < origins->nelts; i++) {
        const char *origin = APR_ARRAY_IDX(origins, i, const char *);

        FUZZ_CHECK(luci_url_origin(origin, &again, pool) == LUCI_OK && strcmp(origin, again) == 0);
    }
}

static void fuzz_directives_limit(const luci_limit_t *limit)
{
    FUZZ_CHECK(limit->max == 0 || limit->period >= LUCI_MS_SECOND);
}

/* Every member is legal, whatever was written: the one directive, and the defaults of the others. */
static void fuzz_directives_server(const luci_server_config_t *config, apr_pool_t *pool)
{
    const luci_settings_t *settings = &config->settings;
    const luci_tables_t *tables = &settings->tables;

    fuzz_directives_cookie(config->cookie_name, "/", NULL);
    fuzz_directives_cookie("a", config->cookie_path, NULL);
    fuzz_directives_cookie("a", "/", config->cookie_domain);
    fuzz_directives_length(settings->username_length);
    fuzz_directives_length(settings->password_length);
    FUZZ_CHECK(settings->active_period >= LUCI_MS_SECOND && settings->idle_period >= LUCI_MS_SECOND);
    FUZZ_CHECK(settings->max_lifetime == 0 || settings->max_lifetime >= LUCI_MS_SECOND);
    FUZZ_CHECK(config->cleanup == 0 || config->cleanup >= LUCI_MS_SECOND);
    FUZZ_CHECK(luci_word_is_identifier(tables->user) && luci_word_is_identifier(tables->key) &&
               luci_word_is_identifier(tables->session));
    FUZZ_CHECK(settings->attributes->nelts <= LUCI_ATTRIBUTES_MAX);
    for (int i = 0; i < settings->attributes->nelts; i++)
        FUZZ_CHECK(luci_word_is_identifier(APR_ARRAY_IDX(settings->attributes, i, const char *)));
    FUZZ_CHECK(settings->hash.kind == LUCI_HASH_LUCIA_SCRYPT ||
               (settings->hash.passes >= 1 && settings->hash.lanes >= 1 &&
                settings->hash.memory_kib >= 8 * settings->hash.lanes));
    fuzz_directives_limit(&config->throttle.account);
    fuzz_directives_limit(&config->throttle.address);
    fuzz_directives_limit(&config->throttle.sign_up);
    fuzz_directives_limit(&config->throttle.factor);
    fuzz_directives_origins(config->return_to, pool);
    FUZZ_CHECK(!config->mount ||
               (config->mount[0] == '/' && !strstr(config->mount, "//") && !strstr(config->mount, "/../")));
}

static void fuzz_directives_dir(const luci_dir_config_t *config, apr_pool_t *pool)
{
    fuzz_directives_origins(config->allowed_origins, pool);
    FUZZ_CHECK(luci_url_is_local(config->signup_url) && luci_url_is_local(config->logout_url) &&
               luci_url_is_local(config->home_url));
    FUZZ_CHECK(!strpbrk(config->login_url, "#\r\n\t") && *config->login_url);
    FUZZ_CHECK(luci_word_is_identifier(config->remote_user));
}

/* What is refused leaves everything as it was; the message begins with the directive's name. */
static void fuzz_directives_set(int row, const char *args, apr_pool_t *pool)
{
    const luci_scope_t *scope = luci_directives_scope(row);
    size_t size = scope == &luci_scope_server ? sizeof(luci_server_config_t) : sizeof(luci_dir_config_t);
    void *config = luci_directives_defaults(scope, pool), *before = apr_pmemdup(pool, config, size);
    const char *name = fuzz_directives_names[row], *problem = luci_directives_set(row, args, config, pool);

    if (problem) {
        FUZZ_CHECK(strncmp(problem, name, strlen(name)) == 0 && problem[strlen(name)] == ':');
        FUZZ_CHECK(memcmp(config, before, size) == 0);
        return;
    }
    FUZZ_CHECK(luci_directives_merge(scope, before, config, pool) != before);
    if (scope == &luci_scope_server)
        fuzz_directives_server(config, pool);
    else
        fuzz_directives_dir(config, pool);
}

/* A password among the words of LuciaDatabase, or in the place of a secret's name, is not shown. */
static void fuzz_directives_secret(const char *name, const char *args, apr_pool_t *pool)
{
    const char *line = apr_pstrcat(pool, args, " " FUZZ_DIRECTIVES_MARK, NULL), *problem;

    if (strchr(args, '{')) /* which names a file or a variable */
        return;
    problem = luci_directives_set(luci_directives_find(name), line,
                                  luci_directives_defaults(&luci_scope_server, pool), pool);
    FUZZ_CHECK(!problem || !strstr(problem, FUZZ_DIRECTIVES_MARK));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    apr_pool_t *pool = fuzz_pool();
    int row = size ? data[0] % (int)FUZZ_DIRECTIVES_COUNT : 0;
    char *args = fuzz_copy(size ? data + 1 : data, size ? size - 1 : 0, 1);

    luci_directive_root = "/srv/www";
    FUZZ_CHECK(luci_directives_find(fuzz_directives_names[row]) == row);
    fuzz_directives_set(row, args, pool);
    fuzz_directives_secret("LuciaDatabase", apr_pstrcat(pool, "pgsql ", args, NULL), pool);
    fuzz_directives_secret("LuciaThrottleSecret", args, pool);
    fuzz_directives_secret("LuciaSecret", args, pool);
    fuzz_directives_secret("LuciaMail", apr_pstrcat(pool, "smtps://localhost ", args, NULL), pool);
    free(args);
    apr_pool_destroy(pool);
    return 0;
}
