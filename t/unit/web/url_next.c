/* SPDX-License-Identifier: Apache-2.0 */
/* S9.21: where a redirect may lead. */
#include "core/web/url.h"
#include "lib/tap.h"

#include <apr_general.h>
#include <string.h>

static apr_pool_t *pool;

static void test_refused(void)
{
    static const char *const table[] = {
        /* not a path at all */
        "",
        " ",
        "a",
        "evil.example",
        "www.evil.example/",
        "./",
        "../",
        "..",
        "?",
        "?x",
        "#",
        "@evil.example",
        ".evil.example",
        "user:pass@evil.example",
        ":80",
        ":@evil.example/",
        ";/evil.example",
        "%2f",
        "%2fevil.example",
        "%2f%2fevil.example",
        "%5cevil.example",
        "%09/evil.example",
        "%20/evil.example",
        "%0a//evil.example",
        /* with a scheme */
        "http://evil.example",
        "https://evil.example/",
        "HTTPS://EVIL.EXAMPLE",
        "https:evil.example",
        "https:/evil.example",
        "https:///evil.example",
        "https:\\\\evil.example",
        "http:evil.example",
        "http:\\evil.example",
        "ftp://evil.example",
        "//https:evil.example",
        "javascript:alert(1)",
        "JavaScript:alert(1)",
        "java\tscript:alert(1)",
        "java\nscript:alert(1)",
        "javascript://evil.example/%0aalert(1)",
        "javascript%3aalert(1)",
        "data:text/html,<script>alert(1)</script>",
        "data:text/html;base64,PHNjcmlwdD4=",
        "vbscript:msgbox(1)",
        "file:///etc/passwd",
        "blob:https://evil.example/1",
        "about:blank",
        "mailto:a@evil.example",
        "tel:1",
        "x:y",
        "https://site.example@evil.example",
        "https://site.example.evil.example/",
        "http://127.0.0.1",
        "http://[::1]/",
        "ws://evil.example",
        "view-source:/",
        "https://evil.example\\@site.example",
        "https://site.example:443@evil.example",
        "http;//evil.example",
        /* two slashes */
        "//",
        "//evil.example",
        "//evil.example/",
        "///",
        "///evil.example",
        "////evil.example",
        "/////evil.example",
        "//evil.example:443/",
        "//user:pass@evil.example",
        "//evil.example/..",
        "//evil.example/%2f..",
        "//evil%2eexample",
        "//evil%00.example",
        "//EVIL",
        "//[::1]/",
        "//127.1",
        "//2130706433",
        "//0x7f000001",
        "//evil\343\200\202example",
        "//\xe2\x93\x94vil.example",
        "//@evil.example",
        "//;@evil.example",
        "//?",
        "//#",
        "// evil.example",
        "//google.com/%2e%2e",
        "//evil.example/%5c..",
        "///evil.example//..",
        "//\\evil.example",
        /* backslashes */
        "\\",
        "\\\\evil.example",
        "\\/evil.example",
        "\\/\\/evil.example",
        "/\\",
        "/\\evil.example",
        "/\\/evil.example",
        "/\\\\evil.example",
        "/\\/\\/evil.example",
        "/a\\..\\..\\\\evil.example",
        "/.\\evil.example",
        "/\\@evil.example",
        "/\\;evil.example",
        /* control characters, and what browsers drop on the way */
        "\t/",
        "\n/",
        "\r/",
        "\x0b/",
        "\x01/",
        " //evil.example",
        "\t//evil.example",
        "\x01//evil.example",
        "/\t/evil.example",
        "/\n/evil.example",
        "/\r/evil.example",
        "/\r\n/evil.example",
        "/\x0b/evil.example",
        "/\x0c/evil.example",
        "/\x08/evil.example",
        "/\x7f/evil.example",
        "/\x1f/evil.example",
        "/\x01/evil.example",
        "/\t\\evil.example",
        "/a\t",
        "/a\n",
        "/a\rb",
        "/\t",
        "/x\r\nSet-Cookie: a=b",
        "/x\nLocation: //evil.example",
        "/x\x1b[0m",
        "/x\x7f",
        "/?\t",
        "/#\n",
        "/a\xc2\x80",
        "/\xc2\x85//evil.example",
        "/a\xc2\x9fz",
        "/a?b=\xc2\x85",
        "/a#\xc2\x85",
        /* the same, encoded */
        "/%09/evil.example",
        "/%0a/evil.example",
        "/%0d/evil.example",
        "/%0d%0a/evil.example",
        "/%00/evil.example",
        "/%7f/evil.example",
        "/%0b/evil.example",
        "/%1f/evil.example",
        "/x%0d%0aSet-Cookie:a=b",
        "/x%0D%0A",
        "/x%00",
        "/x%09",
        "/%250a/evil.example",
        "/x%C2%85",
        "/x%c2%80y",
        "/x%c2%9f",
        "/x\xc2%85",
        "/x%c2\x85",
        "/x%25C2%2585",
        "/%250d%250aX",
        /* encoded slashes and backslashes */
        "/%2f",
        "/%2fevil.example",
        "/%2Fevil.example",
        "/%2f%2fevil.example",
        "/%2f/evil.example",
        "/%5cevil.example",
        "/%5Cevil.example",
        "/%5c%5cevil.example",
        "/%2f%5cevil.example",
        "/%5c/evil.example",
        "/a%5cb",
        "/%252fevil.example",
        "/%252Fevil.example",
        "/%255cevil.example",
        "/%25%32%66evil.example",
        "/%25%35%63evil.example",
        "/%2%66evil.example",
        "/%%32%66evil.example",
        "/%2f%2e%2e/",
        "/%2f@evil.example",
        "/%2f?",
        "/%2f#",
        /* dot segments that lead back to the root */
        "/.//",
        "/.//evil.example",
        "/..//evil.example",
        "/...//../..//evil.example",
        "/././/evil.example",
        "/./..//evil.example",
        "/../..//evil.example",
        "/a/..//evil.example",
        "/a/../..//evil.example",
        "/a/b/../..//evil.example",
        "/a/./..//evil.example",
        "/a/..//",
        "/a//..//evil.example",
        "/a//../..//evil.example",
        "/%2e//evil.example",
        "/%2E%2E//evil.example",
        "/.%2e//evil.example",
        "/%2e%2fevil.example%2f/../..//x",
        "/%2e%2f/evil.example",
        "/a/%2e%2e//evil.example",
        "/a/..%2f/evil.example",
        "/a/..%2f%2fevil.example",
        "/a%2f..%2f%2fevil.example",
        "/%252e//evil.example",
        "/a/%252e%252e//evil.example",
        "/.//@evil.example",
        "/..%5cevil.example",
        "/%2e%5cevil.example",
        "/.///evil.example",
        /* segments that somebody drops */
        "/;//evil.example",
        "/;/evil.example",
        "/;a=b/evil.example",
        "/;@evil.example/x",
        "/..;//evil.example",
        "/..;a=b//evil.example",
        "/.;//evil.example",
        "/a/..;//evil.example",
        "/%3b/evil.example",
        "/%2e%2e%3b//evil.example",
        "/ /evil.example",
        "/  /evil.example",
        "/. //evil.example",
        "/.. //evil.example",
        "/ ..//evil.example",
        "/%20/evil.example",
        "/./ /evil.example",
        "/%20%20;x/evil.example",
        /* look-alikes and overlong spellings of a slash */
        "/\xef\xbc\x8fx.example",
        "/\xef\xbc\xbcx.example",
        "/\xe2\x88\x95x.example",
        "/\xe2\x81\x84x.example",
        "/\xe2\xa7\xb8x.example",
        "/\xe2\xa7\xb5x.example",
        "/\xe2\x88\x96x.example",
        "/\xef\xb9\xa8x.example",
        "/%ef%bc%8fevil.example",
        "/%EF%BC%BCevil.example",
        "/%e2%88%95evil.example",
        "/%c0%afevil.example",
        "/%c1%9cevil.example",
        "/%e0%80%afevil.example",
        "/\xc0\xafx.example",
        "/%25ef%25bc%258fevil.example",
        "\xef\xbc\x8f/evil.example",
        "\xe3\x80\x80//evil.example",
        "\xc2\xa0//evil.example",
        "\xef\xbb\xbf//evil.example",
        "\xe2\x80\x8b//evil.example",
        "\xef\xbc\x8f\xef\xbc\x8fx.example",
    };
    size_t count = sizeof table / sizeof table[0];

    for (size_t i = 0; i < count; i++)
        tap_ok(!luci_url_is_local(table[i]), "refused: %s", table[i]);
    tap_ok(!luci_url_is_local(NULL), "refused: NULL is not local");
    tap_ok(count >= 100, "these were %d", (int)count);
}

static void test_accepted(void)
{
    static const char *const table[] = {
        "/",
        "/a",
        "/a/",
        "/a/b",
        "/a/b.html?c=d&e=f#g",
        "/a//b",
        "/a///b//",
        "/a/./b",
        "/a/../b",
        "/a/..",
        "/a/../",
        "/.",
        "/..",
        "/./",
        "/../a",
        "/a/b/..//c",
        "/?",
        "/#",
        "/?a",
        "/??",
        "/?//evil.example",
        "/?u=//evil.example",
        "/a?u=https://evil.example/",
        "/a?u=/..//x",
        "/a?re=%5cd",
        "/a?x=%2f%2f",
        "/#//evil.example",
        "/a#/..//x",
        "/@evil.example",
        "/user:pass@evil.example",
        "/https://evil.example",
        "/javascript:alert(1)",
        "/;@evil.example",
        "/;a=b",
        "/a;b=c/d",
        "/x y",
        "/a b/c d",
        "/ ",
        "/100%",
        "/100%25",
        "/%",
        "/%zz",
        "/a?q=100%",
        "/%41",
        "/a%2fb",
        "/a%20b",
        "/\xc3\xa4",
        "/%C3%A4/\xe6\x97\xa5",
        "/\xe6\x97\xa5\xe6\x9c\xac",
        "/caf%e9",
        "/a\xc2\xa0z",
        "/caf\xc3\x85",
        "/caf%C3%85",
        "/x%85",
        "/x%c2",
        "/x\xc2",
        "/?x=%C2%85",
        "/#%c2%9f",
        "/a\xef\xbc\x8fz",
        "/a/\xe2\x88\x95",
        "/.well-known/x",
        "/...",
        "/.../",
        "/..a//b",
        "/<script>",
        "/\"><svg onload=alert(1)>",
        "/a'b`c{}|^~[]!$&()*,",
        "/a?b=%250a",
        "/a?b=\\",
        "/a#\\",
        "/?x=%0d%0aLocation:%20//evil.example",
        "/?%00",
        "/#%0a",
        "/a?text=one%0Atwo%09%7f",
        "/a?%5c%5C//\\",
    };

    for (size_t i = 0; i < sizeof table / sizeof table[0]; i++) {
        const char *location = luci_url_location(table[i], pool);

        tap_ok(luci_url_is_local(table[i]), "accepted: %s", table[i]);
        tap_ok(luci_url_is_local(location), "... is local as a Location: %s", location);
    }
}

static void test_length(void)
{
    char path[LUCI_NEXT_BYTES_MAX + 2];

    memset(path, 'a', sizeof path);
    path[0] = '/';
    path[LUCI_NEXT_BYTES_MAX] = '\0';
    tap_is_int(strlen(path), 8000, "the limit is 8,000 bytes");
    tap_ok(luci_url_is_local(path), "8,000 bytes are accepted as next");
    path[LUCI_NEXT_BYTES_MAX] = 'a';
    path[LUCI_NEXT_BYTES_MAX + 1] = '\0';
    tap_ok(!luci_url_is_local(path), "one more is refused");
    path[1] = '?';
    tap_ok(!luci_url_is_local(path), "8,001 bytes in a query are refused");
    memset(path + 1, '/', sizeof path - 2);
    path[LUCI_NEXT_BYTES_MAX] = '\0';
    tap_ok(!luci_url_is_local(path), "8000 slashes are refused");
}

static void test_absolute(void)
{
    static const struct {
        const char *next, *url;
    } table[] = {
        { "https://app.example/", "https://app.example/" },
        { "https://app.example", "https://app.example/" },
        { "HTTPS://App.Example:443/a?b=c#d", "https://app.example/a?b=c#d" },
        { "https://app.example?x", "https://app.example/?x" },
        { "https://app.example#x", "https://app.example/#x" },
        { "http://127.0.0.1:8080/x", "http://127.0.0.1:8080/x" },
        { "/local", "/local" },
        { "https://app.example/?u=//evil.example/\\", "https://app.example/?u=//evil.example/\\" },
        { "http://app.example/", NULL },
        { "https://app.example:8443/", NULL },
        { "https://app.example./", NULL },
        { "https://evil.example/", NULL },
        { "https://app.example.evil.example/", NULL },
        { "https://evilapp.example/", NULL },
        { "https://x.app.example/", NULL },
        { "https://app.example@evil.example/", NULL },
        { "https://user@app.example/", NULL },
        { "https://user:pass@app.example/", NULL },
        { "https://app.example:443@evil.example/", NULL },
        { "https://app.example\\@evil.example/", NULL },
        { "https://evil.example\\app.example/", NULL },
        { "https://evil.example/https://app.example/", NULL },
        { "https://evil.example?https://app.example/", NULL },
        { "https://evil.example#https://app.example/", NULL },
        { "https:/app.example/", NULL },
        { "https:app.example/", NULL },
        { "https:///app.example/", NULL },
        { "https:\\\\app.example/", NULL },
        { "//app.example/", NULL },
        { "app.example/", NULL },
        { " https://app.example/", NULL },
        { "https://app.example/ ", "https://app.example/ " },
        { "https://app.example /", NULL },
        { "https://app.example//evil.example", NULL },
        { "https://app.example/\\evil.example", NULL },
        { "https://app.example/a\nb", NULL },
        { "https://app.example/%0a", NULL },
        { "https://app.exa\tmple/", NULL },
        { "javascript://app.example/%0aalert(1)", NULL },
        { "ftp://app.example/", NULL },
        { "view-source:https://app.example/", NULL },
        { "", NULL },
        { NULL, NULL },
    };
    apr_array_header_t *list = apr_array_make(pool, 2, sizeof(const char *));

    APR_ARRAY_PUSH(list, const char *) = "https://app.example";
    APR_ARRAY_PUSH(list, const char *) = "http://127.0.0.1:8080";
    for (size_t i = 0; i < sizeof table / sizeof table[0]; i++)
        tap_is_str(luci_url_next(table[i].next, list, pool), table[i].url, "S9.21: with a list: %s",
                   table[i].next ? table[i].next : "NULL");
    tap_ok(!luci_url_next("https://app.example/", NULL, pool), "without a list no absolute URL is accepted");
    tap_ok(luci_url_is_absolute("https://app.example/") && !luci_url_is_absolute("/?u=https://app.example/"),
           "an absolute URL is one that begins with a scheme");
}

int main(void)
{
    apr_initialize();
    apr_pool_create(&pool, NULL);
    test_refused();
    test_accepted();
    test_length();
    test_absolute();
    apr_pool_destroy(pool);
    apr_terminate();
    return tap_done();
}
