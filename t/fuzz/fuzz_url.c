/* SPDX-License-Identifier: Apache-2.0 */
/* The input is a redirect's target, and an origin too. */
#include "fuzz.h"

#include "core/web/form.h"
#include "core/web/url.h"

#include <strings.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static int fuzz_url_is_dot(const char *segment, size_t *length)
{
    if (*length > 0 && segment[0] == '.') {
        *length = 1;
        return 1;
    }
    *length = 3;
    return strncasecmp(segment, "%2e", 3) == 0;
}

/* How many dots a path segment consists of, "%2e" being one (WHATWG URL, "double-dot path segment"); 0 for
 * other segments. */
static int fuzz_url_dots(const char *segment, size_t length)
{
    size_t at = 0;
    int dots = 0;

    while (at < length) {
        size_t size = length - at;

        if (!fuzz_url_is_dot(segment + at, &size))
            return 0;
        at += size;
        dots++;
    }
    return dots <= 2 ? dots : 0;
}

/* As a browser resolves a path: whether it comes out as "//...". */
static int fuzz_url_resolves_to_two_slashes(const char *path)
{
    const char *segments[LUCI_NEXT_BYTES_MAX * 3 + 1];
    size_t count = 0, length;

    for (const char *at = path; *at == '/'; at += length) {
        int dots;

        length = 1 + strcspn(at + 1, "/?#");
        dots = fuzz_url_dots(at + 1, length - 1);
        if (dots == 0)
            segments[count++] = at;
        else if (dots == 2 && count)
            count--;
        if (dots && at[length] != '/')
            segments[count++] = "/"; /* a path that ends in a dot segment ends in a slash */
    }
    return count > 1 && strchr("/?#", segments[0][1]);
}

static void fuzz_url_next(const char *next, apr_pool_t *pool)
{
    const char *location = luci_url_location(next, pool), *login;
    char *back = NULL;

    for (const char *c = location; *c; c++)
        FUZZ_CHECK(*c > ' ' && *c < 0x7f && *c != '"' && *c != '<' && *c != '>');
    login = luci_url_with_next("/login?a=b", next, SIZE_MAX, pool);
    FUZZ_CHECK(strncmp(login, "/login?a=b&next=", 16) == 0 && !strpbrk(login + 16, "&#+ '\"<>\r\n\t\\"));
    if (luci_form_query(login + strlen("/login?"), "next", &back, pool) == LUCI_OK)
        FUZZ_CHECK(strcmp(back, next) == 0);
    FUZZ_CHECK(!luci_url_next(next, NULL, pool) == !luci_url_is_local(next));
    if (!luci_url_is_local(next))
        return;
    FUZZ_CHECK(location[0] == '/' && location[1] != '/' && location[1] != '\\');
    FUZZ_CHECK(!strchr(location, '\\'));
    FUZZ_CHECK(!fuzz_url_resolves_to_two_slashes(location));
    FUZZ_CHECK(strlen(location) > LUCI_NEXT_BYTES_MAX || luci_url_is_local(location));
}

static void fuzz_url_origin(const char *text, apr_pool_t *pool)
{
    const char *origin = NULL, *again;

    if (luci_url_origin(text, &origin, pool) != LUCI_OK) {
        FUZZ_CHECK(!luci_url_origin_allowed(text, text, NULL, pool));
        return;
    }
    FUZZ_CHECK(strncmp(origin, "http://", 7) == 0 || strncmp(origin, "https://", 8) == 0);
    FUZZ_CHECK(!strpbrk(strstr(origin, "://") + 3, "/\\@?# %,\r\n\t"));
    FUZZ_CHECK(luci_url_origin(origin, &again, pool) == LUCI_OK && strcmp(origin, again) == 0);
    FUZZ_CHECK(luci_url_origin_allowed(text, origin, NULL, pool));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    char *text = fuzz_copy(data, size, 1);
    apr_pool_t *pool = fuzz_pool();

    fuzz_url_next(text, pool);
    fuzz_url_origin(text, pool);
    apr_pool_destroy(pool);
    free(text);
    return 0;
}
