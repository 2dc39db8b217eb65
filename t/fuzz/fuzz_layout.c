/* SPDX-License-Identifier: Apache-2.0 */
/* The input is a layout, a page and a footer, with a NUL between them. */
#include "fuzz.h"

#include "core/web/layout.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* The text behind the next NUL before end; NULL: there is none. */
static const char *fuzz_layout_next(const char *text, const char *end)
{
    const char *next = text ? text + strlen(text) + 1 : end;

    return next < end ? next : NULL;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    char *layout = fuzz_copy(data, size, 1);
    const char *page = fuzz_layout_next(layout, layout + size),
               *footer = fuzz_layout_next(page, layout + size);
    const char *problem = luci_layout_problem(layout);
    apr_pool_t *pool = fuzz_pool();

    FUZZ_CHECK(!problem || *problem);
    if (!problem && page && luci_layout_is_body(page))
        FUZZ_CHECK(luci_layout_compose(layout, page, footer, pool));
    apr_pool_destroy(pool);
    free(layout);
    return 0;
}
