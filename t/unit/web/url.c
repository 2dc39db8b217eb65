/* SPDX-License-Identifier: Apache-2.0 */
/* S9.19 and S9.21: what is an origin, and how a target is written into a URL or a Location. */
#include "core/web/url.h"
#include "lib/tap.h"

#include <apr_general.h>
#include <string.h>

static apr_pool_t *pool;

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
        tap_is_str(luci_url_with_next(table[i].base, table[i].next, 8000, pool), table[i].url, "%s and %s",
                   table[i].base, table[i].next);
}

static void test_length_with_next(void)
{
    const char *next = "/a?b=c&d=e%20f+\\'\"";
    const char *full = "/login?next=/a%3Fb%3Dc%26d%3De%2520f%2B%5C%27%22",
               *lean = "/login?next=/a?b=c%26d=e%2520f%2B%5C%27%22";

    tap_is_str(luci_url_with_next("/login", next, strlen(full), pool), full, "a URL that just fits");
    tap_is_str(luci_url_with_next("/login", next, strlen(full) - 1, pool), lean,
               "one that does not: what a query may hold stays");
    tap_is_str(luci_url_with_next("/login", next, strlen(lean), pool), lean,
               "a URL that just fits is given with next");
    tap_ok(!luci_url_with_next("/login", next, strlen(lean) - 1, pool),
           "a URL that does not fit is not given");
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
        { "/'`{}|^[]\\", "/'`{}|^[]%5C" },
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

        tap_is_result(result, table[i].origin ? LUCI_OK : LUCI_INVALID, "origin: %s",
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
        { "https", "[", 0, NULL },
        { "https", "[::1", 0, NULL },
    };

    for (size_t i = 0; i < sizeof table / sizeof table[0]; i++) {
        const char *origin = NULL;
        luci_result_t result =
            luci_url_make_origin(table[i].scheme, table[i].host, table[i].port, &origin, pool);

        tap_is_result(result, table[i].origin ? LUCI_OK : LUCI_INVALID, "made of %s, %s, %d",
                      table[i].scheme ? table[i].scheme : "NULL", table[i].host ? table[i].host : "NULL",
                      table[i].port);
        tap_is_str(origin, table[i].origin, "... the origin that was made");
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
    test_with_next();
    test_length_with_next();
    test_location();
    test_origin();
    test_make_origin();
    test_allowed();
    apr_pool_destroy(pool);
    apr_terminate();
    return tap_done();
}
