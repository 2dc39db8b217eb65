/* SPDX-License-Identifier: Apache-2.0 */
#include "core/config/connect_params.h"
#include "core/config/directive_types.h"
#include "core/db/engine.h"
#include "core/web/language.h"

#include <apr_lib.h>
#include <apr_strings.h>

#include <string.h>

#define COUNT(array) ((int)(sizeof(array) / sizeof(*(array))))

static int contains(const char *const *names, int count, const char *name)
{
    for (int i = 0; i < count; i++) {
        if (strcasecmp(names[i], name) == 0)
            return 1;
    }
    return 0;
}

/* ---- Columns and tables ---- */

int luci_word_is_identifier(const char *word)
{
    size_t length = 0;

    while (apr_isalnum(word[length]) || word[length] == '_')
        length++;
    return length > 0 && length <= LUCI_IDENTIFIER_BYTES_MAX && word[length] == '\0' && !apr_isdigit(word[0]);
}

static const char *allowed_tables(const luci_limits_t *limits, apr_pool_t *pool)
{
    (void)limits;
    return apr_psprintf(
        pool,
        "three different names USER KEY SESSION, each of letters, digits and underscores, not "
        "starting with a digit, of at most %d characters",
        LUCI_IDENTIFIER_BYTES_MAX);
}

static const char *parse_tables(const apr_array_header_t *words, const luci_limits_t *limits, void *value,
                                apr_pool_t *pool)
{
    const char *const *names = (const char *const *)words->elts;

    for (int i = 0; i < words->nelts; i++) {
        if (!luci_word_is_identifier(names[i]) ||
            contains(names, i, names[i])) /* engines fold the case of names */
            return allowed_tables(limits, pool);
    }
    *(luci_tables_value_t *)value = (luci_tables_t){ names[0], names[1], names[2] };
    return NULL;
}

const luci_type_t luci_type_tables = {
    sizeof(luci_tables_value_t), 3, 3, parse_tables, allowed_tables, NULL, 0
};

/* Names that pages, JSON answers and luciauth-verify (X-Lucia-Cookie) already use, and columns with password
 * hashes, which must never leave the database. */
static const char *const reserved_columns[] = {
    "id",          "user_id",      "userid",       "password",   "password_hash", "hashed_password",
    "error",       "next",         "login_url",    "signup_url", "logout_url",    "home_url",
    "form_action", "password_url", "username_url", "delete_url", "cookie",        "authorization"
};

static const char *allowed_attributes(const luci_limits_t *limits, apr_pool_t *pool)
{
    const char *text =
        apr_psprintf(pool,
                     "1 to %d different columns of the user table, each of letters, digits and "
                     "underscores, not starting with a digit, of at most %d characters, and none of",
                     LUCI_ATTRIBUTES_MAX, LUCI_IDENTIFIER_BYTES_MAX);

    (void)limits;
    for (int i = 0; i < COUNT(reserved_columns); i++)
        text = apr_pstrcat(pool, text, i ? ", " : " ", reserved_columns[i], NULL);
    return text;
}

/* "username" may be listed, but is not stored: every user has it, and reading a column twice would cost time
 * in each gated request. */
static const char *parse_attributes(const apr_array_header_t *words, const luci_limits_t *limits, void *value,
                                    apr_pool_t *pool)
{
    const char *const *names = (const char *const *)words->elts;
    apr_array_header_t *attributes = apr_array_make(pool, words->nelts, sizeof *names);

    for (int i = 0; i < words->nelts; i++) {
        if (!luci_word_is_identifier(names[i]) || contains(names, i, names[i]) ||
            contains(reserved_columns, COUNT(reserved_columns), names[i]))
            return allowed_attributes(limits, pool);
        if (strcmp(names[i], "username") != 0)
            APR_ARRAY_PUSH(attributes, const char *) = names[i];
    }
    *(luci_attributes_value_t *)value = attributes;
    return NULL;
}

const luci_type_t luci_type_attributes = {
    sizeof(luci_attributes_value_t), 1, LUCI_ATTRIBUTES_MAX, parse_attributes, allowed_attributes, NULL, 0
};

static const char *allowed_asked_attributes(const luci_limits_t *limits, apr_pool_t *pool)
{
    (void)limits;
    (void)pool;
    return "different columns of LuciaUserAttributes, each with a question mark if it is optional, but not "
           "username or current_username; or off";
}

static int is_asked_for(const apr_array_header_t *asked, const char *name)
{
    for (int i = 0; i < asked->nelts; i++) {
        if (strcasecmp(APR_ARRAY_IDX(asked, i, luci_asked_attribute_t).name, name) == 0)
            return 1;
    }
    return 0;
}

static const char *parse_asked_attributes(const apr_array_header_t *words, const luci_limits_t *limits,
                                          void *value, apr_pool_t *pool)
{
    apr_array_header_t *asked = apr_array_make(pool, words->nelts + 1, sizeof(luci_asked_attribute_t));
    int none = words->nelts == 1 && luci_word_is_off(limits, LUCI_WORD(words, 0));

    for (int i = 0; i < words->nelts && !none; i++) {
        const char *word = LUCI_WORD(words, i);
        size_t length = strlen(word);
        luci_asked_attribute_t attribute = { word, length > 0 && word[length - 1] == '?' };

        if (attribute.is_optional)
            attribute.name = apr_pstrmemdup(pool, word, length - 1);
        if (!luci_word_is_identifier(attribute.name) || strcasecmp(attribute.name, "username") == 0 ||
            strcasecmp(attribute.name, "current_username") == 0 ||
            contains(reserved_columns, COUNT(reserved_columns), attribute.name) ||
            is_asked_for(asked, attribute.name))
            return allowed_asked_attributes(limits, pool);
        APR_ARRAY_PUSH(asked, luci_asked_attribute_t) = attribute;
    }
    *(luci_asked_attributes_value_t *)value = asked;
    return NULL;
}

const luci_type_t luci_type_asked_attributes = { sizeof(luci_asked_attributes_value_t),
                                                 1,
                                                 LUCI_ATTRIBUTES_MAX,
                                                 parse_asked_attributes,
                                                 allowed_asked_attributes,
                                                 NULL,
                                                 0 };

static const char *allowed_column(const luci_limits_t *limits, apr_pool_t *pool)
{
    (void)limits;
    (void)pool;
    return "username, user_id or a column of LuciaUserAttributes";
}

static const char *parse_column(const apr_array_header_t *words, const luci_limits_t *limits, void *value,
                                apr_pool_t *pool)
{
    if (!luci_word_is_identifier(LUCI_WORD(words, 0)))
        return allowed_column(limits, pool);
    *(luci_column_value_t *)value = LUCI_WORD(words, 0);
    return NULL;
}

const luci_type_t luci_type_column = {
    sizeof(luci_column_value_t), 1, 1, parse_column, allowed_column, NULL, 0
};

/* ---- DRIVER PARAMS: the words may contain a password and are never shown ---- */

static const char *allowed_database(const luci_limits_t *limits, apr_pool_t *pool)
{
    const char *drivers = luci_engine_names(" or ", " or ", pool), *params = "";

    (void)limits;
    for (const luci_engine_t *const *each = luci_engines; *each; each++) {
        const luci_engine_t *engine = *each;

        if (engine->params_help)
            params = apr_pstrcat(pool, params, *params ? ", of " : "PARAMS of ", engine->driver,
                                 *params ? " " : " is ", engine->params_help, NULL);
    }
    return apr_pstrcat(pool, "DRIVER PARAMS, where DRIVER is ", drivers, " (", params,
                       "; put PARAMS with blanks in quotes)", NULL);
}

static const char *refuse_database(const char *what, apr_pool_t *pool)
{
    return apr_pstrcat(pool, what, " is not allowed: ", allowed_database(NULL, pool), NULL);
}

static const char *parse_database(const apr_array_header_t *words, const luci_limits_t *limits, void *value,
                                  apr_pool_t *pool)
{
    luci_database_value_t database = { .driver = LUCI_WORD(words, 0), .params = LUCI_WORD(words, 1) };
    const luci_engine_t *engine = luci_engine_find(database.driver);
    const char *problem;

    (void)limits;
    if (!engine)
        return refuse_database(luci_word_is_identifier(database.driver)
                                   ? apr_pstrcat(pool, "driver \"", database.driver, "\"", NULL)
                                   : "this driver",
                               pool);
    if (!*database.params)
        return refuse_database("an empty PARAMS", pool);
    if (!luci_engine_is_server(engine)) {
        if (!luci_engine_is_file(engine, database.params))
            return refuse_database("a database in memory", pool);
        database.params = luci_word_path(database.params, pool);
        if (!database.params)
            return refuse_database("this path", pool);
    }
    database.written = database.params;
    if (luci_connect_params(engine, database.params, &database.params, &problem, pool) != LUCI_OK)
        return problem;
    *(luci_database_value_t *)value = database;
    return NULL;
}

const luci_type_t luci_type_database = {
    sizeof(luci_database_value_t), 2, 2, parse_database, allowed_database, NULL, 1
};

/* ---- PROVIDER[:ARGS]: whether the provider exists is checked after all modules are loaded ---- */

static const char *allowed_cache_name(const luci_limits_t *limits, apr_pool_t *pool)
{
    return apr_pstrcat(pool,
                       "PROVIDER[:ARGS], such as shmcb, shmcb:/run/luciauth(1048576) or redis:127.0.0.1:6379",
                       limits && limits->off ? ", or off" : "", NULL);
}

static const char *parse_cache_name(const apr_array_header_t *words, const luci_limits_t *limits, void *value,
                                    apr_pool_t *pool)
{
    const char *word = LUCI_WORD(words, 0), *colon = strchr(word, ':');
    luci_cache_name_value_t name = { .is_off = luci_word_is_off(limits, word) };

    if (!name.is_off) {
        name.provider = colon ? apr_pstrmemdup(pool, word, (apr_size_t)(colon - word)) : word;
        name.args = colon && colon[1] ? colon + 1 : NULL;
        /* Providers would read the start of a URL as a host name, and never connect. */
        if (!luci_word_is_identifier(name.provider) || strcasecmp(name.provider, "off") == 0 ||
            (name.args && strncmp(name.args, "//", 2) == 0))
            return allowed_cache_name(limits, pool);
    }
    *(luci_cache_name_value_t *)value = name;
    return NULL;
}

const luci_type_t luci_type_cache_name = {
    sizeof(luci_cache_name_value_t), 1, 1, parse_cache_name, allowed_cache_name, NULL, 0
};

/* ---- The cookie: luci_cookie_problem checks each attribute ---- */

static const char *allowed_cookie(const luci_limits_t *limits, apr_pool_t *pool)
{
    return apr_pstrcat(pool, "one word", limits && limits->off ? ", or off" : "", NULL);
}

static const char *accept_cookie(const luci_cookie_t *cookie, const char *word, void *value)
{
    const char *problem = luci_cookie_problem(cookie);

    if (!problem)
        *(const char **)value = word;
    return problem;
}

static const char *parse_cookie_name(const apr_array_header_t *words, const luci_limits_t *limits,
                                     void *value, apr_pool_t *pool)
{
    const luci_cookie_t cookie = { .name = LUCI_WORD(words, 0), .path = "/", .secure = 1 };

    (void)limits;
    (void)pool;
    return accept_cookie(&cookie, cookie.name, value);
}

static const char *parse_cookie_path(const apr_array_header_t *words, const luci_limits_t *limits,
                                     void *value, apr_pool_t *pool)
{
    const luci_cookie_t cookie = { .name = "a", .path = LUCI_WORD(words, 0), .secure = 1 };

    (void)limits;
    (void)pool;
    return accept_cookie(&cookie, cookie.path, value);
}

static const char *parse_cookie_domain(const apr_array_header_t *words, const luci_limits_t *limits,
                                       void *value, apr_pool_t *pool)
{
    luci_cookie_t cookie = { .name = "a", .path = "/", .domain = LUCI_WORD(words, 0), .secure = 1 };

    (void)pool;
    if (luci_word_is_off(limits, cookie.domain))
        cookie.domain = NULL;
    return accept_cookie(&cookie, cookie.domain, value);
}

const luci_type_t luci_type_cookie_name = { sizeof(const char *), 1,    1, parse_cookie_name,
                                            allowed_cookie,       NULL, 0 };
const luci_type_t luci_type_cookie_path = { sizeof(const char *), 1,    1, parse_cookie_path,
                                            allowed_cookie,       NULL, 0 };
const luci_type_t luci_type_cookie_domain = { sizeof(const char *), 1,    1, parse_cookie_domain,
                                              allowed_cookie,       NULL, 0 };

/* ---- Languages ---- */

static const char *allowed_languages(const luci_limits_t *limits, apr_pool_t *pool)
{
    (void)limits;
    return apr_psprintf(pool,
                        "one to %d different language tags, each of which is the name of a folder of "
                        "templates, such as en de pt-BR",
                        LUCI_LANGUAGES_MAX);
}

static const char *parse_languages(const apr_array_header_t *words, const luci_limits_t *limits, void *value,
                                   apr_pool_t *pool)
{
    apr_array_header_t *tags = apr_array_make(pool, words->nelts, sizeof(const char *));

    for (int i = 0; i < words->nelts; i++) {
        const char *tag = luci_language_tag(LUCI_WORD(words, i), pool);

        if (!tag || contains((const char *const *)tags->elts, tags->nelts, tag))
            return allowed_languages(limits, pool);
        APR_ARRAY_PUSH(tags, const char *) = tag;
    }
    *(luci_languages_value_t *)value = tags;
    return NULL;
}

const luci_type_t luci_type_languages = {
    sizeof(luci_languages_value_t), 1, LUCI_LANGUAGES_MAX, parse_languages, allowed_languages, NULL, 0
};
