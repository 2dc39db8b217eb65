/* SPDX-License-Identifier: Apache-2.0 */
#include "core/base/text.h"
#include "core/config/directive_types.h"
#include "core/web/url.h"

#include <apr_lib.h>
#include <apr_strings.h>

#include <string.h>

/* ---- Origins ---- */

static const char *allowed_origins(const luci_limits_t *limits, apr_pool_t *pool)
{
    (void)limits;
    (void)pool;
    return "origins as scheme://host or scheme://host:port with http or https and without a path or a final "
           "slash, "
           "such as https://app.example.org (neither * nor null); or off alone";
}

static const char *parse_origins(const apr_array_header_t *words, const luci_limits_t *limits, void *value,
                                 apr_pool_t *pool)
{
    apr_array_header_t *origins = apr_array_make(pool, words->nelts, sizeof(const char *));
    int none = words->nelts == 1 && luci_word_is_off(limits, LUCI_WORD(words, 0));

    for (int i = 0; i < words->nelts && !none; i++) {
        if (luci_url_origin(LUCI_WORD(words, i), (const char **)apr_array_push(origins), pool) != LUCI_OK)
            return allowed_origins(limits, pool);
    }
    *(luci_origins_value_t *)value = origins;
    return NULL;
}

static void append_origins(void *value, const void *more)
{
    apr_array_cat(*(luci_origins_value_t *)value, *(const luci_origins_value_t *)more);
}

const luci_type_t luci_type_origins = {
    sizeof(luci_origins_value_t), 1, LUCI_WORDS_ANY, parse_origins, allowed_origins, append_origins, 0
};

static const char *allowed_origin(const luci_limits_t *limits, apr_pool_t *pool)
{
    (void)limits;
    (void)pool;
    return "scheme://host or scheme://host:port with http or https and without a path or a final slash, such "
           "as https://example.org";
}

static const char *parse_origin(const apr_array_header_t *words, const luci_limits_t *limits, void *value,
                                apr_pool_t *pool)
{
    const char *origin;

    if (luci_url_origin(LUCI_WORD(words, 0), &origin, pool) != LUCI_OK)
        return allowed_origin(limits, pool);
    *(luci_origin_value_t *)value = origin;
    return NULL;
}

const luci_type_t luci_type_origin = {
    sizeof(luci_origin_value_t), 1, 1, parse_origin, allowed_origin, NULL, 0
};

/* ---- URLs and folders ---- */

/* The canonical origin of word if it is an http or https URL that can be put into a header unchanged,
 * otherwise NULL. */
static const char *origin_of(const char *word, apr_pool_t *pool)
{
    const char *authority = strstr(word, "://"), *origin;
    size_t origin_length = authority ? (size_t)(authority - word) + 3 : 0;

    if (!authority)
        return NULL;
    origin_length += strcspn(word + origin_length, "/?");
    for (const char *at = word; *at; at++) {
        if (!apr_isascii(*at) || !apr_isgraph(*at) || strchr("\"<>\\#", *at))
            return NULL;
    }
    if (luci_url_origin(apr_pstrmemdup(pool, word, origin_length), &origin, pool) != LUCI_OK)
        return NULL;
    return origin;
}

static const char *allowed_local_url(const luci_limits_t *limits, apr_pool_t *pool)
{
    (void)limits;
    (void)pool;
    return "a path on this site that starts with one slash, such as /account";
}

static const char *parse_local_url(const apr_array_header_t *words, const luci_limits_t *limits, void *value,
                                   apr_pool_t *pool)
{
    if (!luci_url_is_local(LUCI_WORD(words, 0)))
        return allowed_local_url(limits, pool);
    *(luci_local_url_value_t *)value = LUCI_WORD(words, 0);
    return NULL;
}

static const char *allowed_login_url(const luci_limits_t *limits, apr_pool_t *pool)
{
    (void)limits;
    (void)pool;
    return "a path on this site that starts with one slash, such as /login, or an absolute http or https "
           "URL; neither "
           "with a fragment (#)";
}

static const char *parse_login_url(const apr_array_header_t *words, const luci_limits_t *limits, void *value,
                                   apr_pool_t *pool)
{
    const char *word = LUCI_WORD(words, 0);

    if (strchr(word, '#') || !(luci_url_is_local(word) || origin_of(word, pool)))
        return allowed_login_url(limits, pool);
    *(luci_login_url_value_t *)value = word;
    return NULL;
}

const luci_type_t luci_type_local_url = { sizeof(const char *), 1,    1, parse_local_url,
                                          allowed_local_url,    NULL, 0 };
const luci_type_t luci_type_login_url = { sizeof(const char *), 1,    1, parse_login_url,
                                          allowed_login_url,    NULL, 0 };

static const char *allowed_mount(const luci_limits_t *limits, apr_pool_t *pool)
{
    (void)limits;
    (void)pool;
    return "a path that starts with a slash, such as / or /auth, of letters, digits and -._~!$&'()*+,;=:@, "
           "without "
           "// and without . or .. as a segment; or off";
}

static int is_mount(const char *word)
{
    if (word[0] != '/' || strstr(word, "//"))
        return 0;
    for (const char *at = word; *at; at++) {
        if (*at == '/') {
            size_t segment = strcspn(at + 1, "/");

            if (segment > 0 && segment <= 2 && strspn(at + 1, ".") >= segment)
                return 0;
        }
        else if (!apr_isascii(*at) || !(apr_isalnum(*at) || strchr("-._~!$&'()*+,;=:@", *at)))
            return 0;
    }
    return 1;
}

static const char *parse_mount(const apr_array_header_t *words, const luci_limits_t *limits, void *value,
                               apr_pool_t *pool)
{
    const char *word = LUCI_WORD(words, 0);
    size_t length = strlen(word);
    int off = luci_word_is_off(limits, word);

    if (!off && !is_mount(word))
        return allowed_mount(limits, pool);
    if (length > 1 && word[length - 1] == '/')
        length--;
    *(luci_mount_value_t *)value = off ? NULL : apr_pstrmemdup(pool, word, length);
    return NULL;
}

const luci_type_t luci_type_mount = { sizeof(const char *), 1, 1, parse_mount, allowed_mount, NULL, 0 };

static const char *allowed_folder(const luci_limits_t *limits, apr_pool_t *pool)
{
    (void)limits;
    (void)pool;
    return "the path of a folder, absolute or relative to ServerRoot";
}

static const char *parse_folder(const apr_array_header_t *words, const luci_limits_t *limits, void *value,
                                apr_pool_t *pool)
{
    const char *path = *LUCI_WORD(words, 0) ? luci_word_path(LUCI_WORD(words, 0), pool) : NULL;

    if (!path)
        return allowed_folder(limits, pool);
    *(luci_folder_value_t *)value = path;
    return NULL;
}

const luci_type_t luci_type_folder = { sizeof(const char *), 1, 1, parse_folder, allowed_folder, NULL, 0 };

/* ---- NAME [LOGO-URL] ---- */

#define SITE_NAME_BYTES_MAX 200

static const char *allowed_site_identity(const luci_limits_t *limits, apr_pool_t *pool)
{
    (void)limits;
    return apr_psprintf(
        pool,
        "NAME [LOGO-URL], where NAME is UTF-8 of at most %d bytes, in quotes if it has spaces, "
        "and LOGO-URL a path on this site or an absolute http or https URL; or off",
        SITE_NAME_BYTES_MAX);
}

static int is_site_name(const char *word)
{
    size_t length = strlen(word);

    return length > 0 && length <= SITE_NAME_BYTES_MAX && luci_text_valid_bytes(word, length) == length &&
           luci_text_printable_bytes(word, length) == length && word[strspn(word, " ")] != '\0';
}

static const char *parse_site_identity(const apr_array_header_t *words, const luci_limits_t *limits,
                                       void *value, apr_pool_t *pool)
{
    luci_site_identity_t site = { .name = LUCI_WORD(words, 0) };

    if (words->nelts == 1 && luci_word_is_off(limits, site.name))
        site.name = NULL;
    else if (!is_site_name(site.name))
        return allowed_site_identity(limits, pool);
    if (words->nelts > 1) {
        site.logo = LUCI_WORD(words, 1);
        site.logo_origin = luci_url_is_local(site.logo) ? NULL : origin_of(site.logo, pool);
        if (!luci_url_is_local(site.logo) && !site.logo_origin)
            return allowed_site_identity(limits, pool);
    }
    *(luci_site_identity_value_t *)value = site;
    return NULL;
}

const luci_type_t luci_type_site_identity = {
    sizeof(luci_site_identity_value_t), 1, 2, parse_site_identity, allowed_site_identity, NULL, 0
};

static const char *allowed_log_target(const luci_limits_t *limits, apr_pool_t *pool)
{
    (void)limits;
    (void)pool;
    return "the path of a file, absolute or relative to ServerRoot, \"|program\" with its arguments, or off";
}

static const char *parse_log_target(const apr_array_header_t *words, const luci_limits_t *limits, void *value,
                                    apr_pool_t *pool)
{
    const char *word = LUCI_WORD(words, 0);

    if (word[strspn(word, "|$ ")] == '\0')
        return allowed_log_target(limits, pool);
    *(luci_log_target_value_t *)value = strcasecmp(word, "off") == 0 ? "off" : word;
    return NULL;
}

const luci_type_t luci_type_log_target = { sizeof(const char *), 1,    1, parse_log_target,
                                           allowed_log_target,   NULL, 0 };
