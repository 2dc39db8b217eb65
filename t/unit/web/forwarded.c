/* SPDX-License-Identifier: Apache-2.0 */
/* S4.30: the request that a proxy asks about, from every combination of headers. */
#include "core/web/forwarded.h"
#include "lib/tap.h"

#include <apr_general.h>
#include <apr_strings.h>
#include <string.h>

static apr_pool_t *pool;
static apr_array_header_t *hosts;

typedef luci_forwarded_headers_t headers_t;

static const headers_t nginx = { .original_url = "https://app.example/a?b=c", .original_method = "GET" };
static const headers_t caddy = { .method = "GET", .proto = "https", .host = "app.example", .uri = "/a?b=c" };

static luci_result_t read_request(const headers_t *headers, luci_forwarded_t *request, const char **problem)
{
    return luci_forwarded_read(headers, hosts, request, problem, pool);
}

static void accepts(headers_t headers, const char *origin, const char *target, const char *name)
{
    luci_forwarded_t request;
    const char *problem;

    tap_is_result(read_request(&headers, &request, &problem), LUCI_OK, "S4.30: %s is accepted", name);
    tap_is_str(request.origin, origin, "S4.30: the origin of %s", name);
    tap_is_str(request.target, target, "S4.30: the path of %s", name);
}

static void refuses(headers_t headers, const char *word, const char *name)
{
    luci_forwarded_t request;
    const char *problem = NULL;

    tap_is_result(read_request(&headers, &request, &problem), LUCI_INVALID, "S4.30: %s is refused", name);
    tap_ok(problem && strstr(problem, word), "S4.30: the problem of %s names %s (%s)", name, word,
           problem ? problem : "none");
}

#define URL(text) ((headers_t){ .original_url = (text), .original_method = "GET" })
#define HOST(text) ((headers_t){ .method = "GET", .proto = "https", .host = (text), .uri = "/" })
#define PARTS(method_, proto_, uri_)                                                                         \
    ((headers_t){ .method = (method_), .proto = (proto_), .host = "app.example", .uri = (uri_) })

static void check_accepted(void)
{
    luci_forwarded_t request;
    const char *problem;

    accepts(nginx, "https://app.example", "/a?b=c", "what nginx sends");
    accepts(caddy, "https://app.example", "/a?b=c", "what Caddy sends");
    accepts(URL("http://app.example/"), "http://app.example", "/", "plain HTTP");
    accepts(URL("HTTPS://APP.example:443/"), "https://app.example", "/", "a default port and upper case");
    accepts(URL("https://app.example:8443/x,y"), "https://app.example:8443", "/x,y", "a port that is listed");
    accepts(URL("https://app.example/\xc3\xa9?u=http://b.example/"), "https://app.example",
            "/\xc3\xa9?u=http://b.example/", "a URL in the query");
    accepts(HOST("App.Example:443"), "https://app.example", "/", "a host with the default port");
    accepts(PARTS("POST", "wss", "/socket"), "https://app.example", "/socket", "a WebSocket of Traefik");
    accepts(PARTS("PROPFIND", "http", "/dav"), "http://app.example", "/dav", "another method");
    tap_is_result(read_request(&(headers_t){ .original_url = "https://app.example/" }, &request, &problem),
                  LUCI_OK, "S4.30: X-Original-URL alone is accepted");
    tap_is_str(request.method, "", "S4.30: without X-Original-Method the method is not known");
    (void)read_request(&caddy, &request, &problem);
    tap_is_int(request.is_original, 0, "S4.30: Caddy does not need 401");
    (void)read_request(&nginx, &request, &problem);
    tap_is_int(request.is_original, 1, "S4.30: nginx needs 401");
}

/* Each of the 64 combinations: only those of one proxy are accepted. */
static void check_combinations(void)
{
    for (int bits = 0; bits < 64; bits++) {
        const headers_t headers = {
            .original_url = bits & 1 ? nginx.original_url : NULL,
            .original_method = bits & 2 ? nginx.original_method : NULL,
            .method = bits & 4 ? caddy.method : NULL,
            .proto = bits & 8 ? caddy.proto : NULL,
            .host = bits & 16 ? caddy.host : NULL,
            .uri = bits & 32 ? caddy.uri : NULL,
        };
        int is_one = bits == 1 || bits == 3 || bits == 60;
        luci_forwarded_t request;
        const char *problem;

        tap_is_result(read_request(&headers, &request, &problem), is_one ? LUCI_OK : LUCI_INVALID,
                      "S4.30: the combination %d of headers", bits);
    }
}

static void check_refused(void)
{
    static const char *const urls[] = {
        "",
        "/a",
        "app.example/a",
        "https:/app.example/a",
        "https://app.example",
        "https://app.example?a",
        "https://app.example/#a",
        "https://app.example/a b",
        "https://app.example/a, https://app.example/b",
        "https://app.example/\ta",
        "https://app.example/\n",
        "https://app.example/\x7f",
        "ftp://app.example/a",
        "javascript://app.example/%0aalert(1)",
        "https://user@app.example/a",
        "https://app.example@evil.example/a",
        "https://app.example\\@evil.example/a",
        "https://app.example\\.evil.example/a",
        "https://app.example:0/a",
        "https://app.example:99999/a",
        "https://app.example:/a",
        "https://[::1/a",
        "https:///a",
        "//app.example/a",
    };
    static const char *const foreign[] = {
        "https://evil.example/a",    "https://app.example.evil.example/a",
        "https://xapp.example/a",    "https://app.example./a",
        "https://app.example:444/a", "http://app.example:443/a",
        "https://app.example:80/a",  "https://127.0.0.1/a",
        "https://[::1]/a",           "https://app%2eexample/a",
    };

    for (size_t i = 0; i < sizeof urls / sizeof *urls; i++) {
        luci_forwarded_t request;
        const char *problem;

        tap_is_result(read_request(&URL(urls[i]), &request, &problem), LUCI_INVALID,
                      "S4.30: the URL %d is malformed", (int)i);
    }
    for (size_t i = 0; i < sizeof foreign / sizeof *foreign; i++) {
        luci_forwarded_t request;
        const char *problem;

        tap_is_result(read_request(&URL(foreign[i]), &request, &problem), LUCI_INVALID,
                      "S4.30: the host of %s is not listed", foreign[i]);
    }
    refuses(URL("https://evil.example/"), "LuciaForwardHosts", "another host");
    refuses((headers_t){ .original_url = "https://app.example/", .original_method = "GET, POST" },
            "X-Original-Method", "two methods of nginx");
    refuses((headers_t){ .original_url = "https://app.example/", .original_method = "" }, "X-Original-Method",
            "an empty method of nginx");
    refuses(HOST("app.example, app.example"), "X-Forwarded-Host", "a host twice");
    refuses(HOST("app.example,evil.example"), "X-Forwarded-Host", "two hosts");
    refuses(HOST("app.example/evil"), "X-Forwarded-Host", "a host with a path");
    refuses(HOST("evil.example/@app.example"), "X-Forwarded-Host", "a host behind a path");
    refuses(HOST("user@app.example"), "X-Forwarded-Host", "a host with a user");
    refuses(HOST(""), "X-Forwarded-Host", "an empty host");
    refuses(HOST("evil.example"), "LuciaForwardHosts", "another host of Caddy");
    refuses(PARTS("get", "https", "/"), "X-Forwarded-Method", "a method in lower case");
    refuses(PARTS("GET, GET", "https", "/"), "X-Forwarded-Method", "a method twice");
    refuses(PARTS("", "https", "/"), "X-Forwarded-Method", "an empty method");
    refuses(PARTS("GET", "https, http", "/"), "X-Forwarded-Proto", "two schemes");
    refuses(PARTS("GET", "HTTPS", "/"), "X-Forwarded-Proto", "a scheme in upper case");
    refuses(PARTS("GET", "", "/"), "X-Forwarded-Proto", "an empty scheme");
    refuses(PARTS("GET", "https", ""), "X-Forwarded-Uri", "an empty path");
    refuses(PARTS("GET", "https", "/a, /b"), "X-Forwarded-Uri", "two paths");
    refuses(PARTS("GET", "https", "https://evil.example/"), "slash", "an absolute URL as a path");
    refuses(PARTS("GET", "https", "*"), "slash", "an asterisk as a path");
    refuses(PARTS("GET", "https", "/a#b"), "fragment", "a path with a fragment");
}

int main(void)
{
    apr_initialize();
    apr_pool_create(&pool, NULL);
    hosts = apr_array_make(pool, 2, sizeof(const char *));
    APR_ARRAY_PUSH(hosts, const char *) = "app.example";
    APR_ARRAY_PUSH(hosts, const char *) = "app.example:8443";
    check_accepted();
    check_combinations();
    check_refused();
    hosts = apr_array_make(pool, 0, sizeof(const char *));
    refuses(nginx, "LuciaForwardHosts", "any host where none is listed");
    return tap_done();
}
