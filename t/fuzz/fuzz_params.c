/* SPDX-License-Identifier: Apache-2.0 */
/* The input is a kind of database ("p", "m", "s") and its connection parameters. */
#include "fuzz.h"

#include "core/config/connect_params.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* What is refused has a reason; nothing that is to be filled in is left. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    apr_pool_t *pool = fuzz_pool();
    char *params = fuzz_copy(data, size, 1);
    const char *filled = NULL, *problem = NULL;
    const luci_engine_t *engine = *params == 'p'   ? &luci_engine_pgsql
                                  : *params == 'm' ? &luci_engine_mysql
                                                   : &luci_engine_sqlite3;

    if (luci_connect_params(engine, *params ? params + 1 : params, &filled, &problem, pool) != LUCI_OK)
        FUZZ_CHECK(problem && *problem);
    else
        FUZZ_CHECK(filled != NULL);
    if (engine == &luci_engine_mysql && filled && !problem)
        FUZZ_CHECK(strlen(filled) == strlen(params + 1) || strstr(params, "{env:") ||
                   strstr(params, "{file:"));
    (void)luci_connect_is_local(*params == 'p' ? "pgsql" : "mysql", params);
    free(params);
    apr_pool_destroy(pool);
    return 0;
}
