/* SPDX-License-Identifier: Apache-2.0 */
/* The input is an Accept-Language header, and a language tag of the configuration. */
#include "fuzz.h"

#include "core/web/language.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void fuzz_language_tag(const char *text, apr_pool_t *pool)
{
    const char *tag = luci_language_tag(text, pool);

    if (!tag)
        return;
    FUZZ_CHECK(strlen(tag) <= LUCI_LANGUAGE_BYTES_MAX && !strpbrk(tag, "/.\\ \t\r\n"));
    FUZZ_CHECK(strcmp(luci_language_tag(tag, pool), tag) == 0);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const char *const tags[] = { "en", "de", "pt-BR", "zh-Hant", "pt" };
    char *text = fuzz_copy(data, size, 1);
    apr_pool_t *pool = fuzz_pool();
    apr_array_header_t *languages = apr_array_make(pool, 5, sizeof(const char *));

    for (size_t i = 0; i < sizeof tags / sizeof *tags; i++) {
        int chosen;

        APR_ARRAY_PUSH(languages, const char *) = tags[i];
        chosen = luci_language_choose(languages, text);
        FUZZ_CHECK(chosen >= 0 && chosen < languages->nelts);
    }
    fuzz_language_tag(text, pool);
    apr_pool_destroy(pool);
    free(text);
    return 0;
}
