/* SPDX-License-Identifier: Apache-2.0 */
#include "core/password/new_password.h"

#include "core/base/secret.h"
#include "core/password/block_list.h"
#include "core/password/policy.h"

#include <apr_lib.h>
#include <apr_strings.h>

#include <string.h>

#define LABEL_MIN 4 /* bytes of a part of a name that counts as a word; shorter: www, org, co, of, the */

static const char *const codes[] = {
    [LUCI_WEAKNESS_NONE] = "none",
    [LUCI_WEAKNESS_LENGTH] = "invalid_password",
    [LUCI_WEAKNESS_COMMON] = "password_too_common",
    [LUCI_WEAKNESS_USERNAME] = "password_like_username",
    [LUCI_WEAKNESS_SITE] = "password_like_site",
};
_Static_assert(sizeof codes / sizeof *codes == LUCI_WEAKNESS_SITE + 1, "each weakness has a code");

const char *luci_weakness_code(luci_weakness_t weakness)
{
    return codes[weakness];
}

/* ---- Words ---- */

typedef struct {
    const char *start;
    size_t length;
} span_t;

static span_t whole(const char *text)
{
    return (span_t){ text, strlen(text) };
}

static int is_padding(char c)
{
    return apr_isascii(c) && !apr_isalpha(c);
}

/* The part of a text between the digits, punctuation and blanks at its ends. */
static span_t core_of(span_t text)
{
    while (text.length > 0 && is_padding(*text.start)) {
        text.start++;
        text.length--;
    }
    while (text.length > 0 && is_padding(text.start[text.length - 1]))
        text.length--;
    return text;
}

static int is_same(span_t a, span_t b)
{
    return a.length == b.length && a.length > 0 && memcmp(a.start, b.start, a.length) == 0;
}

/* The password as words are compared with it. */
typedef struct {
    span_t whole;
    span_t core;
    int is_strict; /* 1: cores are compared, too */
} candidate_t;

/* word is folded. */
static int is_word(const candidate_t *candidate, span_t word)
{
    return is_same(candidate->whole, word) ||
           (candidate->is_strict && is_same(candidate->core, core_of(word)));
}

static int is_any_word(const candidate_t *candidate, const apr_array_header_t *words)
{
    for (int i = 0; words && i < words->nelts; i++) {
        if (is_word(candidate, whole(APR_ARRAY_IDX(words, i, const char *))))
            return 1;
    }
    return 0;
}

/* Whether a part of a name, between separators, is the password. */
static int is_part(const candidate_t *candidate, const char *name, const char *separators)
{
    while (*name) {
        span_t part = { name, strcspn(name, separators) };

        if (part.length >= LABEL_MIN && is_word(candidate, part))
            return 1;
        name += part.length;
        name += *name != '\0';
    }
    return 0;
}

/* host is folded; NULL: not known. */
static int is_host(const candidate_t *candidate, const char *host)
{
    return host && (is_word(candidate, whole(host)) || is_part(candidate, host, "."));
}

/* name is folded; NULL: the site has none. "Alpine Club" is also "alpineclub", "alpine" and "club". */
static int is_site_name(const candidate_t *candidate, const char *name, apr_pool_t *pool)
{
    char *joined;

    if (!name)
        return 0;
    joined = apr_pstrdup(pool, name);
    apr_collapse_spaces(joined, name);
    return is_word(candidate, whole(name)) || is_word(candidate, whole(joined)) ||
           is_part(candidate, name, " ");
}

/* ---- All rules ---- */

static int has_words(const luci_settings_t *settings)
{
    return settings->password_words && settings->password_words->nelts > 0;
}

/* Folds a text that may be NULL. */
static luci_result_t fold(const char *text, char **folded, apr_pool_t *pool)
{
    *folded = NULL;
    return text ? luci_policy_fold(text, folded, pool) : LUCI_OK;
}

static luci_result_t find_word(const luci_settings_t *settings, const luci_new_password_t *wanted,
                               const candidate_t *candidate, luci_weakness_t *weakness, apr_pool_t *pool)
{
    char *username, *host, *name;
    luci_result_t result = fold(wanted->username, &username, pool);

    if (result == LUCI_OK)
        result = fold(wanted->site, &host, pool);
    if (result == LUCI_OK)
        result = fold(settings->site.name, &name, pool);
    if (result != LUCI_OK)
        return LUCI_INTERNAL;
    if (username && is_word(candidate, whole(username)))
        *weakness = LUCI_WEAKNESS_USERNAME;
    else if (is_host(candidate, host) || is_site_name(candidate, name, pool) ||
             is_any_word(candidate, settings->password_words))
        *weakness = LUCI_WEAKNESS_SITE;
    return LUCI_OK;
}

static luci_result_t find_common(const luci_settings_t *settings, const char *password,
                                 luci_weakness_t *weakness, apr_pool_t *pool)
{
    luci_result_t result =
        settings->block_list ? luci_block_list_find(settings->block_list, password, pool) : LUCI_NOT_FOUND;

    if (result == LUCI_OK)
        *weakness = LUCI_WEAKNESS_COMMON;
    return result == LUCI_NOT_FOUND ? LUCI_OK : result;
}

luci_result_t luci_new_password_check(const luci_settings_t *settings, const luci_new_password_t *wanted,
                                      luci_weakness_t *weakness, apr_pool_t *pool)
{
    candidate_t candidate = { .is_strict = settings->block_list || has_words(settings) };
    luci_result_t result;
    char *folded = NULL;

    *weakness = LUCI_WEAKNESS_LENGTH;
    if (luci_policy_password(wanted->password, settings->password_length) != LUCI_OK)
        return LUCI_INVALID;
    *weakness = LUCI_WEAKNESS_NONE;
    if (luci_policy_fold(wanted->password, &folded, pool) != LUCI_OK)
        return LUCI_INTERNAL;
    candidate.whole = whole(folded);
    candidate.core = core_of(candidate.whole);
    result = find_word(settings, wanted, &candidate, weakness, pool);
    luci_secret_wipe_string(folded);
    if (result == LUCI_OK && *weakness == LUCI_WEAKNESS_NONE)
        result = find_common(settings, wanted->password, weakness, pool);
    return result == LUCI_OK && *weakness != LUCI_WEAKNESS_NONE ? LUCI_INVALID : result;
}
