/* SPDX-License-Identifier: Apache-2.0 */
/* The input is a template; it's filled in with what an attacker would call himself. */
#include "fuzz.h"

#include "core/web/template.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static size_t fuzz_template_count(const char *text, size_t length, char c)
{
    size_t count = 0;

    for (size_t i = 0; i < length; i++)
        count += text[i] == c;
    return count;
}

/* Values add none of these characters raw: the page has at most those of the template. */
static void fuzz_template_page(const luci_template_t *compiled, const char *value, const char *text,
                               size_t size)
{
    apr_pool_t *pool = fuzz_pool();
    apr_table_t *values = apr_table_make(pool, 4);
    const char *page;
    size_t length;

    apr_table_setn(values, "a", value);
    apr_table_setn(values, "username", value);
    apr_table_setn(values, "empty", "");
    page = luci_template_render(compiled, values, &length, pool);
    FUZZ_CHECK(strlen(page) == length);
    for (const char *c = "<>\"'"; *c; c++)
        FUZZ_CHECK(fuzz_template_count(page, length, *c) <= fuzz_template_count(text, size, *c));
    apr_pool_destroy(pool);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    char *text = fuzz_copy(data, size, 0);
    apr_pool_t *pool = fuzz_pool();
    luci_template_t *compiled = NULL;
    const char *problem;

    if (luci_template_parse(text, size, &compiled, &problem, pool) == LUCI_OK) {
        FUZZ_CHECK(compiled && !problem);
        fuzz_template_page(compiled, "\"><svg onload='alert(1)'>%%a%%%%#a%%", text, size);
        fuzz_template_page(compiled, "", text, size);
    }
    else {
        FUZZ_CHECK(!compiled && problem && *problem);
    }
    apr_pool_destroy(pool);
    free(text);
    return 0;
}
