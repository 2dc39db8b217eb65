/* SPDX-License-Identifier: Apache-2.0 */
#include "core/config/directive_types.h"
#include "core/password/block_list.h"
#include "core/password/policy.h"

#include <apr_strings.h>

/* ---- A list of passwords, which is opened here, so that a start fails without it ---- */

static const char *allowed_block_list(const luci_limits_t *limits, apr_pool_t *pool)
{
    (void)limits;
    (void)pool;
    return "a file of passwords, one a line, or of SHA-1 hashes ordered by hash (Have I Been Pwned), "
           "absolute or relative to ServerRoot; or off";
}

static const char *parse_block_list(const apr_array_header_t *words, const luci_limits_t *limits, void *value,
                                    apr_pool_t *pool)
{
    const char *word = LUCI_WORD(words, 0), *path = NULL, *problem = "it is not a path";
    luci_block_list_value_t list = NULL;

    if (!luci_word_is_off(limits, word)) {
        path = *word ? luci_word_path(word, pool) : NULL;
        list = path ? luci_block_list_open(path, &problem, pool) : NULL;
        if (!list)
            return apr_pstrcat(pool, problem, "; allowed is ", allowed_block_list(limits, pool), NULL);
    }
    *(luci_block_list_value_t *)value = list;
    return NULL;
}

const luci_type_t luci_type_block_list = {
    sizeof(luci_block_list_value_t), 1, 1, parse_block_list, allowed_block_list, NULL, 0
};

/* ---- Words ---- */

static const char *allowed_password_words(const luci_limits_t *limits, apr_pool_t *pool)
{
    (void)limits;
    (void)pool;
    return "words in UTF-8, such as the names of a company and its products; or off alone";
}

static const char *parse_password_words(const apr_array_header_t *words, const luci_limits_t *limits,
                                        void *value, apr_pool_t *pool)
{
    apr_array_header_t *folded = apr_array_make(pool, words->nelts, sizeof(char *));
    int none = words->nelts == 1 && luci_word_is_off(limits, LUCI_WORD(words, 0));

    for (int i = 0; i < words->nelts && !none; i++) {
        if (!*LUCI_WORD(words, i) ||
            luci_policy_fold(LUCI_WORD(words, i), (char **)apr_array_push(folded), pool) != LUCI_OK)
            return allowed_password_words(limits, pool);
    }
    *(luci_password_words_value_t *)value = folded;
    return NULL;
}

static void append_words(void *value, const void *more)
{
    apr_array_cat(*(luci_password_words_value_t *)value, *(const luci_password_words_value_t *)more);
}

const luci_type_t luci_type_password_words = { sizeof(luci_password_words_value_t),
                                               1,
                                               LUCI_WORDS_ANY,
                                               parse_password_words,
                                               allowed_password_words,
                                               append_words,
                                               0 };
