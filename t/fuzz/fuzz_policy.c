/* SPDX-License-Identifier: Apache-2.0 */
/* The input is a Content-Security-Policy header. */
#include "fuzz.h"

#include "core/web/page_policy.h"

#include <apr_strings.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* One more policy that forbids styles forbids them, and one that says nothing of them changes nothing. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    char *header = fuzz_copy(data, size, 1);
    apr_pool_t *pool = fuzz_pool();
    int admits = luci_page_policy_admits_style(header, pool);

    FUZZ_CHECK(luci_page_policy_admits_style(apr_pstrcat(pool, header, ", img-src 'none'", NULL), pool) ==
               admits);
    FUZZ_CHECK(!luci_page_policy_admits_style(apr_pstrcat(pool, "style-src 'none', ", header, NULL), pool));
    apr_pool_destroy(pool);
    free(header);
    return 0;
}
