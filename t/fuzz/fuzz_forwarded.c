/* SPDX-License-Identifier: Apache-2.0 */
/* The input is the headers with which a proxy asks about a request: one on each line, in the order of
 * luci_forwarded_headers_t; a line "-" is a header that is absent. */
#include "fuzz.h"

#include "core/web/forwarded.h"

#include <apr_strings.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const char *fuzz_forwarded_next(char **rest)
{
    char *line = *rest, *end = line + strcspn(line, "\n");

    *rest = *end ? end + 1 : end;
    *end = '\0';
    return strcmp(line, "-") == 0 ? NULL : line;
}

static void fuzz_forwarded_check(const luci_forwarded_headers_t *headers, const luci_forwarded_t *request)
{
    FUZZ_CHECK(strcmp(request->origin, "https://app.example") == 0 ||
               strcmp(request->origin, "http://app.example") == 0 ||
               strcmp(request->origin, "https://other.example:8443") == 0 ||
               strcmp(request->origin, "http://other.example:8443") == 0);
    FUZZ_CHECK(*request->target == '/' && !strpbrk(request->target, " \t\r\n#"));
    FUZZ_CHECK(!request->is_original == !headers->original_url);
    FUZZ_CHECK(!headers->original_url ||
               (!headers->uri && !headers->host && !headers->proto && !headers->method));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    apr_pool_t *pool = fuzz_pool();
    apr_array_header_t *hosts = apr_array_make(pool, 2, sizeof(const char *));
    char *copy = fuzz_copy(data, size, 1), *rest = copy;
    luci_forwarded_headers_t headers = { .original_url = fuzz_forwarded_next(&rest) };
    luci_forwarded_t request;
    const char *problem = NULL;

    headers.original_method = fuzz_forwarded_next(&rest);
    headers.method = fuzz_forwarded_next(&rest);
    headers.proto = fuzz_forwarded_next(&rest);
    headers.host = fuzz_forwarded_next(&rest);
    headers.uri = fuzz_forwarded_next(&rest);
    APR_ARRAY_PUSH(hosts, const char *) = "app.example";
    APR_ARRAY_PUSH(hosts, const char *) = "other.example:8443";
    if (luci_forwarded_read(&headers, hosts, &request, &problem, pool) == LUCI_OK)
        fuzz_forwarded_check(&headers, &request);
    else
        FUZZ_CHECK(problem != NULL);
    apr_pool_destroy(pool);
    free(copy);
    return 0;
}
