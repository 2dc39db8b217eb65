/* SPDX-License-Identifier: Apache-2.0 */
/* Checklist rows 19 and 21: where a redirect may lead, and what is an origin. */
#include "url.h"
#include "tap.h"

#include <apr_general.h>
#include <apr_strings.h>
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
        "/a?b=\\",
        "/a#\\",
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
        "/?x=%0d%0aLocation:%20//evil.example",
        "/?%00",
        "/#%0a",
        "/%250a/evil.example",
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
    tap_ok(!luci_url_is_local(NULL), "refused: NULL");
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
    };

    for (size_t i = 0; i < sizeof table / sizeof table[0]; i++) {
        const char *location = luci_url_location(table[i], pool);

        tap_ok(luci_url_is_local(table[i]), "accepted: %s", table[i]);
        tap_ok(luci_url_is_local(location), "... and as a Location: %s", location);
    }
}

static void test_length(void)
{
    char path[LUCI_NEXT_BYTES_MOST + 2];

    memset(path, 'a', sizeof path);
    path[0] = '/';
    path[LUCI_NEXT_BYTES_MOST] = '\0';
    tap_ok(luci_url_is_local(path), "2048 bytes are accepted");
    path[LUCI_NEXT_BYTES_MOST] = 'a';
    path[LUCI_NEXT_BYTES_MOST + 1] = '\0';
    tap_ok(!luci_url_is_local(path), "2049 are refused");
    memset(path + 1, '/', sizeof path - 2);
    path[LUCI_NEXT_BYTES_MOST] = '\0';
    tap_ok(!luci_url_is_local(path), "2048 slashes are refused");
}

static void test_with_next(void)
{
    static const struct {
        const char *base, *next, *url;
    } table[] = {
        { "/login", "/", "/login?next=/" },
        { "/login", "/a/b?c=d&e=f#g", "/login?next=/a/b%3Fc%3Dd%26e%3Df%23g" },
        { "/login?a=b", "/x", "/login?a=b&next=/x" },
        { "/login?", "/x", "/login?next=/x" },
        { "/login?a&", "/x", "/login?a&next=/x" },
        { "/login#form", "/x", "/login?next=/x#form" },
        { "/login?a=b#form?", "/x", "/login?a=b&next=/x#form?" },
        { "https://id.example/in", "/x", "https://id.example/in?next=/x" },
        { "", "/x", "?next=/x" },
        { "/login", "/AZaz09-._~", "/login?next=/AZaz09-._~" },
        { "/login", "/ +%\"<>'\\\r\n", "/login?next=/%20%2B%25%22%3C%3E%27%5C%0D%0A" },
        { "/login", "/\xc3\xa4\xff", "/login?next=/%C3%A4%FF" },
        { "/login", "/%2f", "/login?next=/%252f" },
        { "/login", "", "/login?next=" },
    };

    for (size_t i = 0; i < sizeof table / sizeof table[0]; i++)
        tap_is_str(luci_url_with_next(table[i].base, table[i].next, pool), table[i].url, "%s and %s",
                   table[i].base, table[i].next);
}

static void test_location(void)
{
    static const struct {
        const char *path, *location;
    } table[] = {
        { "/", "/" },
        { "/a?b=c&d#e", "/a?b=c&d#e" },
        { "/a b", "/a%20b" },
        { "/a%20b%zz%", "/a%20b%zz%" },
        { "/\"<>", "/%22%3C%3E" },
        { "/'`{}|^[]\\", "/'`{}|^[]\\" },
        { "/\xc3\xa4\xff", "/%C3%A4%FF" },
        { "/\r\n\t\x7f", "/%0D%0A%09%7F" },
        { "", "" },
    };

    for (size_t i = 0; i < sizeof table / sizeof table[0]; i++)
        tap_is_str(luci_url_location(table[i].path, pool), table[i].location, "location: %s", table[i].path);
}

#define LABEL63 "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"

static void test_origin(void)
{
    static const struct {
        const char *text, *origin;
    } table[] = {
        { "https://example.org", "https://example.org" },
        { "http://example.org", "http://example.org" },
        { "HTTPS://Example.ORG", "https://example.org" },
        { "https://example.org:443", "https://example.org" },
        { "http://example.org:80", "http://example.org" },
        { "http://example.org:443", "http://example.org:443" },
        { "https://example.org:80", "https://example.org:80" },
        { "https://example.org:8443", "https://example.org:8443" },
        { "https://example.org:1", "https://example.org:1" },
        { "https://example.org:65535", "https://example.org:65535" },
        { "https://example.org.", "https://example.org." },
        { "https://example.org.:443", "https://example.org." },
        { "https://xn--bcher-kva.example", "https://xn--bcher-kva.example" },
        { "https://XN--BCHER-KVA.example", "https://xn--bcher-kva.example" },
        { "http://my_host", "http://my_host" },
        { "http://localhost:3000", "http://localhost:3000" },
        { "http://127.0.0.1:8080", "http://127.0.0.1:8080" },
        { "http://[::1]:8080", "http://[::1]:8080" },
        { "http://[::1]", "http://[::1]" },
        { "http://[::1]:80", "http://[::1]" },
        { "http://[0:0:0:0:0:0:0:1]", "http://[::1]" },
        { "http://[2001:DB8::A]", "http://[2001:db8::a]" },
        { "http://" LABEL63 "." LABEL63 "." LABEL63 "." LABEL63,
          "http://" LABEL63 "." LABEL63 "." LABEL63 "." LABEL63 },
        { "http://" LABEL63 "." LABEL63 "." LABEL63 "." LABEL63 "a", NULL },
        { NULL, NULL },
        { "", NULL },
        { "null", NULL },
        { "Null", NULL },
        { "://", NULL },
        { "://example.org", NULL },
        { "example.org", NULL },
        { "//example.org", NULL },
        { "https:example.org", NULL },
        { "https:/example.org", NULL },
        { "https:///example.org", NULL },
        { "https://", NULL },
        { "https://:443", NULL },
        { "https://example.org/", NULL },
        { "https://example.org/path", NULL },
        { "https://example.org?x", NULL },
        { "https://example.org#x", NULL },
        { "https://example.org:443/", NULL },
        { "https://example.org:", NULL },
        { "https://example.org:0", NULL },
        { "https://example.org:00", NULL },
        { "https://example.org:0443", NULL },
        { "https://example.org:65536", NULL },
        { "https://example.org:99999", NULL },
        { "https://example.org:4294967739", NULL },
        { "https://example.org:-1", NULL },
        { "https://example.org:+443", NULL },
        { "https://example.org: 443", NULL },
        { "https://example.org:443 ", NULL },
        { "https://example.org:44a", NULL },
        { "https://example.org:443:443", NULL },
        { "https://user@example.org", NULL },
        { "https://user:pass@example.org", NULL },
        { "https://@example.org", NULL },
        { "https://example.org@", NULL },
        { " https://example.org", NULL },
        { "https://example.org ", NULL },
        { "https:// example.org", NULL },
        { "https://exa mple.org", NULL },
        { "https://example.org\n", NULL },
        { "https://example.org\t", NULL },
        { "\thttps://example.org", NULL },
        { "https://example.org https://evil.example", NULL },
        { "https://example.org, https://evil.example", NULL },
        { "https://example.org,https://evil.example", NULL },
        { "https://https://example.org", NULL },
        { "https://ex%61mple.org", NULL },
        { "https://b\303\274cher.example", NULL },
        { "https://example.org\xff", NULL },
        { "https://*.example.org", NULL },
        { "https://example.org\\", NULL },
        { "https://a\\@example.org", NULL },
        { "https://.", NULL },
        { "https://.example.org", NULL },
        { "https://example..org", NULL },
        { "https://example.org..", NULL },
        { "ftp://example.org", NULL },
        { "file://", NULL },
        { "ws://example.org", NULL },
        { "httpss://example.org", NULL },
        { "xhttps://example.org", NULL },
        { "chrome-extension://abcdef", NULL },
        { "http://[]", NULL },
        { "http://[", NULL },
        { "http://]", NULL },
        { "http://[::1", NULL },
        { "http://::1", NULL },
        { "http://[::1]x", NULL },
        { "http://[::1]]", NULL },
        { "http://[[::1]]", NULL },
        { "http://[::1]:", NULL },
        { "http://[::1]:0", NULL },
        { "http://[::g]", NULL },
        { "http://[1::2::3]", NULL },
        { "http://[::1%25eth0]", NULL },
        { "http://[::1%eth0]", NULL },
        { "http://[127.0.0.1]", NULL },
        { "http://[0000:0000:0000:0000:0000:0000:0000:0000:0000:0000:0001]", NULL },
        { "http://a[::1]", NULL },
    };

    for (size_t i = 0; i < sizeof table / sizeof table[0]; i++) {
        const char *origin = NULL;
        luci_result_t result = luci_url_origin(table[i].text, &origin, pool);

        tap_is_str(luci_result_name(result), table[i].origin ? "ok" : "invalid", "origin: %s",
                   table[i].text ? table[i].text : "NULL");
        tap_is_str(origin, table[i].origin, "... in its one spelling");
    }
}

static void test_make_origin(void)
{
    static const struct {
        const char *scheme, *host;
        int port;
        const char *origin;
    } table[] = {
        { "https", "Example.org", 443, "https://example.org" },
        { "https", "example.org", 0, "https://example.org" },
        { "http", "example.org", 0, "http://example.org" },
        { "http", "example.org", 80, "http://example.org" },
        { "http", "example.org", 443, "http://example.org:443" },
        { "HTTP", "[::1]", 8080, "http://[::1]:8080" },
        { "https", "example.org", 65535, "https://example.org:65535" },
        { "https", "example.org", 65536, NULL },
        { "https", "example.org", -1, NULL },
        { "https", "example.org:80", 0, NULL },
        { "https", "", 0, NULL },
        { "https", NULL, 0, NULL },
        { NULL, "example.org", 0, NULL },
        { "", "example.org", 0, NULL },
        { "ftp", "example.org", 0, NULL },
        { "https", "a@b", 0, NULL },
        { "https", "a/b", 0, NULL },
        { "https", "::1", 0, NULL },
    };

    for (size_t i = 0; i < sizeof table / sizeof table[0]; i++) {
        const char *origin = NULL;
        luci_result_t result =
            luci_url_make_origin(table[i].scheme, table[i].host, table[i].port, &origin, pool);

        tap_is_str(luci_result_name(result), table[i].origin ? "ok" : "invalid", "made of %s, %s, %d",
                   table[i].scheme ? table[i].scheme : "NULL", table[i].host ? table[i].host : "NULL",
                   table[i].port);
        tap_is_str(origin, table[i].origin, "... the origin");
    }
}

static void test_allowed(void)
{
    static const struct {
        const char *header;
        int is_allowed;
    } table[] = {
        { "https://site.example", 1 },
        { "https://site.example:443", 1 },
        { "HTTPS://SITE.EXAMPLE", 1 },
        { "https://app.example:8443", 1 },
        { "http://[::1]:3000", 1 },
        { NULL, 0 },
        { "", 0 },
        { "null", 0 },
        { "http://site.example", 0 },
        { "https://site.example:8443", 0 },
        { "https://site.example.", 0 },
        { "https://site.evil", 0 },
        { "https://site.example.evil", 0 },
        { "https://evil-site.example", 0 },
        { "https://evilsite.example", 0 },
        { "https://sub.site.example", 0 },
        { "https://app.example", 0 },
        { "https://evil.example", 0 },
        { "https://site.example/", 0 },
        { "https://site.example@evil.example", 0 },
        { "https://site.example https://site.example", 0 },
        { "https://site.example, https://site.example", 0 },
        { "https://evil.example#https://site.example", 0 },
    };
    apr_array_header_t *allowed = apr_array_make(pool, 2, sizeof(const char *));

    APR_ARRAY_PUSH(allowed, const char *) = "https://app.example:8443";
    APR_ARRAY_PUSH(allowed, const char *) = "http://[::1]:3000";
    for (size_t i = 0; i < sizeof table / sizeof table[0]; i++)
        tap_is_int(luci_url_origin_allowed(table[i].header, "https://site.example", allowed, pool),
                   table[i].is_allowed, "allowed: %s", table[i].header ? table[i].header : "no header");
    tap_ok(!luci_url_origin_allowed("https://site.example", NULL, allowed, pool), "own origin unknown");
    tap_ok(luci_url_origin_allowed("https://app.example:8443", NULL, allowed, pool), "... the list counts");
    tap_ok(!luci_url_origin_allowed("https://site.example", NULL, NULL, pool),
           "nothing is allowed without own and list");
    tap_ok(luci_url_origin_allowed("https://site.example", "https://site.example", NULL, pool),
           "own without a list");
}

int main(void)
{
    apr_initialize();
    apr_pool_create(&pool, NULL);
    test_refused();
    test_accepted();
    test_length();
    test_with_next();
    test_location();
    test_origin();
    test_make_origin();
    test_allowed();
    apr_pool_destroy(pool);
    apr_terminate();
    return tap_done();
}
