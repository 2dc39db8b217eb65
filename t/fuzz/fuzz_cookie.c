/* SPDX-License-Identifier: Apache-2.0 */
/* The input is a Cookie header. */
#include "fuzz.h"

#include "core/web/cookie.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void fuzz_cookie_name(const char *header, const char *name, apr_pool_t *pool)
{
    const char *id = NULL, *again, *left;
    luci_result_t result = luci_cookie_find(header, name, &id, pool);

    FUZZ_CHECK(result == LUCI_OK || result == LUCI_NOT_FOUND || result == LUCI_CONFLICT);
    FUZZ_CHECK(result != LUCI_CONFLICT || luci_cookie_count(header, name) > 1);
    FUZZ_CHECK((result == LUCI_OK) == (id != NULL));
    FUZZ_CHECK(!id || (luci_cookie_is_session_id(id) && strstr(header, id)));

    left = luci_cookie_strip(header, name, "other", pool);
    FUZZ_CHECK(luci_cookie_find(left, name, &again, pool) == LUCI_NOT_FOUND);
    FUZZ_CHECK(luci_cookie_strip(left, name, "other", pool) == left);
    again = luci_cookie_strip(luci_cookie_strip(header, name, NULL, pool), "other", NULL, pool);
    FUZZ_CHECK(left ? again && strcmp(left, again) == 0 : !again);
    FUZZ_CHECK(!id || left != header);
    FUZZ_CHECK(!left || left == header || *left);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    char *header = fuzz_copy(data, size, 1);
    apr_pool_t *pool = fuzz_pool();

    fuzz_cookie_name(header, "auth_session", pool);
    fuzz_cookie_name(header, "__Host-s", pool);
    fuzz_cookie_name(header, "a", pool);
    apr_pool_destroy(pool);
    free(header);
    return 0;
}
