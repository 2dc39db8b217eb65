/* SPDX-License-Identifier: Apache-2.0 */
/* S9.12 and S9.16: what counts as our cookie, and the exact bytes of Set-Cookie. */
#include "core/web/cookie.h"
#include "core/web/cookie_shapes.h"
#include "lib/tap.h"

#include <apr_general.h>
#include <apr_strings.h>
#include <apr_time.h>
#include <string.h>

#define ID "abcdefghijklmnopqrstuvwxyz01234567890123"
#define ID2 "zbcdefghijklmnopqrstuvwxyz01234567890123"

static apr_pool_t *pool;

static void test_find(void)
{
    static const struct {
        const char *header, *id;
    } table[] = {
        { "auth_session=" ID, ID },
        { " auth_session=" ID, ID },
        { "\tauth_session=" ID "\t ", ID },
        { "auth_session=" ID ";", ID },
        { ";auth_session=" ID, ID },
        { "a=1; auth_session=" ID "; b=2", ID },
        { "a=1;auth_session=" ID ";b=2", ID },
        { "a=1 ; auth_session=" ID " ; b=2", ID },
        { "a; =b; ; auth_session=" ID, ID },
        { "auth_session=" ID "; auth_session=" ID, ID },
        { "auth_session=" ID "; x=" ID2 "; auth_session=" ID, ID },
        { "Auth_Session=" ID2 "; auth_session=" ID, ID },
        { "xauth_session=" ID2 "; auth_session=" ID, ID },
        { "auth_sessionx=" ID2 "; auth_session=" ID, ID },
        { NULL, NULL },
        { "", NULL },
        { ";", NULL },
        { "; ;\t;", NULL },
        { "auth_session", NULL },
        { "auth_session=", NULL },
        { "auth_session;=" ID, NULL },
        { "=auth_session=" ID, NULL },
        { "==" ID, NULL },
        { "=" ID, NULL },
        { ID, NULL },
        { "a=1,auth_session=" ID, NULL },
        { "a=1, auth_session=" ID, NULL },
        { "a=auth_session=" ID, NULL },
        { "AUTH_SESSION=" ID, NULL },
        { "Auth_session=" ID, NULL },
        { "xauth_session=" ID, NULL },
        { "auth_session2=" ID, NULL },
        { "auth%5Fsession=" ID, NULL },
        { "auth.session=" ID, NULL },
        { "auth_session[]=" ID, NULL },
        { "$auth_session=" ID, NULL },
        { "auth_session =" ID, NULL },
        { "auth_session= " ID, NULL },
        { "auth_session==" ID, NULL },
        { "auth_session=\"" ID "\"", NULL },
        { "auth_session=" ID ",b=2", NULL },
        { "auth_session=" ID " x", NULL },
        { "auth_session=" ID "4", NULL },
        { "auth_session=bcdefghijklmnopqrstuvwxyz01234567890123", NULL },
        { "auth_session=Abcdefghijklmnopqrstuvwxyz01234567890123", NULL },
        { "auth_session=abcdefghijklmnopqrstuvwxyz0123456789012_", NULL },
        { "auth_session=abcdefghijklmnopqrstuvwxyz0123456789012\xc3", NULL },
        { "auth_session=abcdefghijklmnopqrstuvwxyz0123456789012/", NULL },
        { "auth_session=abcdefghijklmnopqrstuvwxyz0123456789012:", NULL },
        { "auth_session=abcdefghijklmnopqrstuvwxyz0123456789012`", NULL },
        { "auth_session=abcdefghijklmnopqrstuvwxyz0123456789012{", NULL },
        { "auth_session=%61bcdefghijklmnopqrstuvwxyz01234567890123", NULL },
        { "auth_session=x; auth_session=x", NULL },
    };

    for (size_t i = 0; i < sizeof table / sizeof table[0]; i++) {
        const char *id = NULL;
        luci_result_t result = luci_cookie_find(table[i].header, "auth_session", &id, pool);

        tap_is_result(result, table[i].id ? LUCI_OK : LUCI_NOT_FOUND, "find: %s",
                      table[i].header ? table[i].header : "no header");
        tap_is_str(id, table[i].id, "... the id that is found");
    }
}

static void test_conflicts(void)
{
    static const struct {
        const char *header;
        int count;
    } table[] = {
        { "auth_session=" ID "; auth_session=" ID2, 2 },
        { "auth_session=" ID2 "; auth_session=" ID, 2 },
        { "auth_session=" ID "; auth_session=", 2 },
        { "auth_session=; auth_session=" ID, 2 },
        { "auth_session=x; auth_session=y", 2 },
        { "auth_session=x; a=b; auth_session=xy; auth_session2=z", 2 },
        { "auth_session=" ID "; auth_session=" ID "; auth_session=" ID2, 3 },
    };
    const char *id = NULL;

    for (size_t i = 0; i < sizeof table / sizeof table[0]; i++) {
        tap_is_result(luci_cookie_find(table[i].header, "auth_session", &id, pool), LUCI_CONFLICT,
                      "S9.16: two values: %s", table[i].header);
        tap_is_int(luci_cookie_count(table[i].header, "auth_session"), table[i].count,
                   "... the number of cookies");
    }
    tap_ok(!id, "two different cookies give no id");
    tap_is_int(luci_cookie_count("auth_session=" ID "; auth_session=" ID, "auth_session"), 2,
               "two equal cookies are both counted");
    tap_is_int(luci_cookie_count("Auth_session=1; auth_session", "auth_session"), 0, "others are not");
    tap_is_int(luci_cookie_count(NULL, "auth_session"), 0, "no header has none");
}

/* "domain path" of each shape, in a line. */
static const char *shapes_of(const luci_cookie_t *cookie, const char *host, const char *path)
{
    apr_array_header_t *shapes = luci_cookie_shapes(cookie, host, path, pool);
    const char *text = "";

    for (int i = 0; i < shapes->nelts; i++) {
        const luci_cookie_t *shape = &APR_ARRAY_IDX(shapes, i, luci_cookie_t);

        text = apr_pstrcat(pool, text, *text ? ", " : "", shape->domain ? shape->domain : "-", " ",
                           shape->path, NULL);
    }
    return text;
}

static void test_shapes(void)
{
    luci_cookie_t cookie = { .name = "auth_session", .path = "/" };
    apr_array_header_t *shapes;

    tap_is_str(shapes_of(&cookie, "www.site.example", "/"), "www.site.example /, site.example /",
               "S9.16: host-only at /: the host's and the parent domain's");
    tap_is_str(shapes_of(&cookie, "www.site.example", "/a/b?c/d"),
               "www.site.example /, site.example /, - /a, - /a/, - /a/b", "the folders of the path");
    cookie.domain = ".Site.example";
    tap_is_str(shapes_of(&cookie, "www.site.example", "/"), "- /, www.site.example /",
               "with a domain: the cookie's own shape is left out, however it is written");
    cookie.path = "/auth";
    tap_is_str(shapes_of(&cookie, "site.example", "/auth"), "- /auth, - /, site.example /",
               "with a path: shapes at / are cleared as well");
    cookie.domain = "other.example";
    tap_is_str(shapes_of(&cookie, "site.example", NULL),
               "- /auth, - /, site.example /auth, site.example /, other.example /",
               "with a domain of another host: all shapes are cleared");
    cookie = (luci_cookie_t){ .name = "auth_session", .path = "/" };
    tap_is_str(shapes_of(&cookie, "127.0.0.1", "/x"), "- /x", "an address has no parent domain");
    tap_is_str(shapes_of(&cookie, "::1", "/"), "", "an address of IPv6 has no parent domain");
    tap_is_str(shapes_of(&cookie, "localhost", "/"), "", "a host of one label has no parent domain");
    tap_is_str(shapes_of(&cookie, NULL, "/"), "", "an unknown host has no parent domain");
    tap_is_str(shapes_of(&cookie, "a;b.example", "/c;d/e"), "",
               "what cannot stand in the header is left out");
    shapes = luci_cookie_shapes(&cookie, "a.b.c.d.e.f.g.h.i.j.example", "/1/2/3/4/5/6/7/8/9/10/11/12", pool);
    tap_is_int(shapes->nelts, LUCI_COOKIE_SHAPES_MAX, "there are not more than that");
    tap_is_str(APR_ARRAY_IDX(shapes, 0, luci_cookie_t).domain, "a.b.c.d.e.f.g.h.i.j.example",
               "the host itself is among them");
    cookie.name = "__host-a";
    tap_is_str(shapes_of(&cookie, "www.site.example", "/a"), "", "a __Host- name has one shape only");
}

static void test_prefixed_names(void)
{
    const char *id = NULL;

    tap_is_result(luci_cookie_find("__Host-x=" ID, "__Host-x", &id, pool), LUCI_OK, "__Host-x is found");
    tap_is_result(luci_cookie_find("__HOST-x=" ID, "__Host-x", &id, pool), LUCI_NOT_FOUND,
                  "__HOST-x is not ours");
    tap_is_result(luci_cookie_find("__host-x=" ID, "__Host-x", &id, pool), LUCI_NOT_FOUND,
                  "__host-x is not ours");
    tap_is_result(luci_cookie_find("=__Host-x=" ID, "__Host-x", &id, pool), LUCI_NOT_FOUND,
                  "a nameless cookie that looks like __Host-x is not ours");
}

static void test_shape(void)
{
    tap_ok(luci_cookie_is_session_id(ID), "40 characters of the alphabet are an id");
    tap_ok(!luci_cookie_is_session_id(NULL), "NULL is none");
    tap_ok(!luci_cookie_is_session_id(""), "nothing is none");
    tap_ok(!luci_cookie_is_session_id(&ID[1]), "39 are none");
    tap_ok(!luci_cookie_is_session_id(ID "a"), "41 are none");
    tap_ok(!luci_cookie_is_session_id("ABCDEFGHIJKLMNOPQRSTUVWXYZ01234567890123"), "capitals are none");
}

static void test_strip(void)
{
    static const struct {
        const char *header, *left;
    } table[] = {
        { "auth_session=" ID, NULL },
        { "auth_session=" ID ";", NULL },
        { " ; auth_session=" ID "; ;", NULL },
        { "auth_session=", NULL },
        { "auth_session=" ID "; auth_session=" ID2, NULL },
        { "a=1; auth_session=" ID, "a=1" },
        { "auth_session=" ID "; a=1", "a=1" },
        { "a=1; auth_session=" ID "; b=2", "a=1; b=2" },
        { "a=1;auth_session=" ID ";b=2;c", "a=1;b=2;c" },
        { "a;b;c;auth_session=;d;e", "a;b;c;d;e" },
        { "auth_session=garbage; a=\"x y\"", "a=\"x y\"" },
        { "auth_session=\"" ID "\"; =nameless; a", "=nameless; a" },
        { "=auth_session=1; auth_session=" ID, "=auth_session=1" },
        { "auth_session; auth_session=" ID, "auth_session" },
        { "Auth_Session=1; auth_session=" ID "; xauth_session=2", "Auth_Session=1; xauth_session=2" },
        { "a=1\t;\t auth_session=" ID " ;\tb=2 ", "a=1\t;\tb=2 " },
        { "a=1; auth_session=" ID ",b=2", "a=1;b=2" },
        { "a=1, auth_session=" ID, "a=1" },
        { "a=1,2; auth_session=" ID "; b=3,4", "a=1,2; b=3,4" },
        { "auth_session=" ID ", a=1,2", "a=1,2" },
        { ";;,auth_session=" ID, NULL },
    };
    static const char *const untouched[] = {
        "",
        ";",
        "a=1",
        "a=1;;  b=2 ;",
        "=auth_session=" ID,
        "a=1,2,3; b=\"x,y\"",
        "auth_session",
        "AUTH_SESSION=" ID,
    };

    for (size_t i = 0; i < sizeof table / sizeof table[0]; i++) {
        const char *left = luci_cookie_strip(table[i].header, "auth_session", NULL, pool);
        const char *id;

        tap_is_str(left, table[i].left, "strip: %s", table[i].header);
        tap_is_result(luci_cookie_find(left, "auth_session", &id, pool), LUCI_NOT_FOUND,
                      "... the stripped header has no session");
    }
    for (size_t i = 0; i < sizeof untouched / sizeof untouched[0]; i++)
        tap_ok(luci_cookie_strip(untouched[i], "auth_session", NULL, pool) == untouched[i], "untouched: %s",
               untouched[i]);
    tap_ok(luci_cookie_strip(NULL, "auth_session", NULL, pool) == NULL, "no header stays none");
}

static void test_strip_two(void)
{
    static const char *const headers[] = {
        "auth_session=" ID "; device=1",           "device=1; auth_session=" ID,
        "a=1; device=1; auth_session=" ID "; b=2", "device=1; a=1; auth_session=" ID,
        "device=1, auth_session=" ID "; a=1",      "devices=1; device=2; device =3",
        "device=1;auth_session=" ID ";;a",
    };

    tap_is_str(luci_cookie_strip("d=0; auth_session=" ID "; device=1; a=2", "auth_session", "device", pool),
               "d=0; a=2", "strip two: between others");
    tap_is_str(luci_cookie_strip("auth_session=" ID "; device=1", "auth_session", "device", pool), NULL,
               "strip two: nothing is left");
    for (size_t i = 0; i < sizeof headers / sizeof headers[0]; i++)
        tap_is_str(luci_cookie_strip(headers[i], "auth_session", "device", pool),
                   luci_cookie_strip(luci_cookie_strip(headers[i], "auth_session", NULL, pool), "device",
                                     NULL, pool),
                   "strip two: as one after the other: %s", headers[i]);
}

static const luci_cookie_t plain = { .name = "auth_session", .path = "/" };

static void test_set(void)
{
    static const luci_cookie_t full = {
        .name = "NAME", .path = "/app", .domain = "example.org", .samesite = LUCI_SAMESITE_NONE, .secure = 1
    };
    static const luci_cookie_t host = {
        .name = "__Host-x", .path = "/", .samesite = LUCI_SAMESITE_STRICT, .secure = 1
    };
    const apr_int64_t moment = APR_INT64_C(784111777000);

    tap_is_str(luci_cookie_set(&plain, ID, moment, pool),
               "auth_session=" ID "; Path=/; Expires=Sun, 06 Nov 1994 08:49:37 GMT; HttpOnly; SameSite=Lax",
               "a plain cookie is set");
    tap_is_str(luci_cookie_set(&full, ID, moment + 999, pool),
               "NAME=" ID
               "; Domain=example.org; Path=/app; Expires=Sun, 06 Nov 1994 08:49:37 GMT; HttpOnly; Secure; "
               "SameSite=None",
               "a cookie with everything is set; part of a second counts for nothing");
    tap_is_str(luci_cookie_set(&host, ID, moment, pool),
               "__Host-x=" ID
               "; Path=/; Expires=Sun, 06 Nov 1994 08:49:37 GMT; HttpOnly; Secure; SameSite=Strict",
               "a __Host- cookie is set");
    tap_is_str(luci_cookie_clear(&plain, pool),
               "auth_session=; Path=/; Expires=Thu, 01 Jan 1970 00:00:00 GMT; HttpOnly; SameSite=Lax",
               "a cookie is cleared");
    tap_is_str(
        luci_cookie_clear(&full, pool),
        "NAME=; Domain=example.org; Path=/app; Expires=Thu, 01 Jan 1970 00:00:00 GMT; HttpOnly; Secure; "
        "SameSite=None",
        "clearing repeats the attributes");
}

static void test_dates(void)
{
    static const struct {
        luci_ms_t expires;
        const char *date;
    } table[] = {
        { 0, "Thu, 01 Jan 1970 00:00:00 GMT" },
        { 999, "Thu, 01 Jan 1970 00:00:00 GMT" },
        { 1000, "Thu, 01 Jan 1970 00:00:01 GMT" },
        { -1, "Thu, 01 Jan 1970 00:00:00 GMT" },
        { APR_INT64_MIN, "Thu, 01 Jan 1970 00:00:00 GMT" },
        { APR_INT64_C(1709210096000), "Thu, 29 Feb 2024 12:34:56 GMT" },
        { APR_INT64_C(2147483648000), "Tue, 19 Jan 2038 03:14:08 GMT" },
        { APR_INT64_C(253402300799999), "Fri, 31 Dec 9999 23:59:59 GMT" },
        { APR_INT64_C(253402300800000), "Fri, 31 Dec 9999 23:59:59 GMT" },
        { APR_INT64_MAX, "Fri, 31 Dec 9999 23:59:59 GMT" },
    };

    for (size_t i = 0; i < sizeof table / sizeof table[0]; i++) {
        tap_is_str(luci_cookie_set(&plain, ID, table[i].expires, pool),
                   apr_pstrcat(pool, "auth_session=" ID "; Path=/; Expires=", table[i].date,
                               "; HttpOnly; SameSite=Lax", NULL),
                   "Expires of the time %" APR_INT64_T_FMT, table[i].expires);
    }
}

static void test_problems(void)
{
    static const struct {
        luci_cookie_t cookie;
        const char *word; /* in the sentence; NULL: no problem */
    } table[] = {
        { { "auth_session", "/", NULL, LUCI_SAMESITE_LAX, 0 }, NULL },
        { { "a!#$%&'*+-.^_`|~9", "/", NULL, LUCI_SAMESITE_STRICT, 0 }, NULL },
        { { "a", "/app/x", "example.org", LUCI_SAMESITE_LAX, 0 }, NULL },
        { { "a", "/", ".example.org", LUCI_SAMESITE_NONE, 1 }, NULL },
        { { "__Host-a", "/", NULL, LUCI_SAMESITE_LAX, 1 }, NULL },
        { { "__Secure-a", "/app", "example.org", LUCI_SAMESITE_NONE, 1 }, NULL },
        { { "", "/", NULL, LUCI_SAMESITE_LAX, 0 }, "name" },
        { { "a b", "/", NULL, LUCI_SAMESITE_LAX, 0 }, "name" },
        { { "a=b", "/", NULL, LUCI_SAMESITE_LAX, 0 }, "name" },
        { { "a;b", "/", NULL, LUCI_SAMESITE_LAX, 0 }, "name" },
        { { "a,b", "/", NULL, LUCI_SAMESITE_LAX, 0 }, "name" },
        { { "a\"", "/", NULL, LUCI_SAMESITE_LAX, 0 }, "name" },
        { { "a\t", "/", NULL, LUCI_SAMESITE_LAX, 0 }, "name" },
        { { "\xc3\xa4", "/", NULL, LUCI_SAMESITE_LAX, 0 }, "name" },
        { { "a", "", NULL, LUCI_SAMESITE_LAX, 0 }, "path" },
        { { "a", "app", NULL, LUCI_SAMESITE_LAX, 0 }, "path" },
        { { "a", "/;x", NULL, LUCI_SAMESITE_LAX, 0 }, "path" },
        { { "a", "/a b", NULL, LUCI_SAMESITE_LAX, 0 }, "path" },
        { { "a", "/a\r\nX: y", NULL, LUCI_SAMESITE_LAX, 0 }, "path" },
        { { "a", "/\x7f", NULL, LUCI_SAMESITE_LAX, 0 }, "path" },
        { { "a", "/\xc3\xa4", NULL, LUCI_SAMESITE_LAX, 0 }, "path" },
        { { "a", "/", "", LUCI_SAMESITE_LAX, 0 }, "domain" },
        { { "a", "/", "https://example.org", LUCI_SAMESITE_LAX, 0 }, "domain" },
        { { "a", "/", "example.org:80", LUCI_SAMESITE_LAX, 0 }, "domain" },
        { { "a", "/", "example.org;", LUCI_SAMESITE_LAX, 0 }, "domain" },
        { { "a", "/", "example.org\n", LUCI_SAMESITE_LAX, 0 }, "domain" },
        { { "__Host-a", "/", NULL, LUCI_SAMESITE_LAX, 0 }, "Secure" },
        { { "__Host-a", "/", "example.org", LUCI_SAMESITE_LAX, 1 }, "domain" },
        { { "__Host-a", "/app", NULL, LUCI_SAMESITE_LAX, 1 }, "path" },
        { { "__HOST-a", "/app", NULL, LUCI_SAMESITE_LAX, 1 }, "path" },
        { { "__Secure-a", "/", NULL, LUCI_SAMESITE_LAX, 0 }, "__Secure-" },
        { { "__secure-a", "/", NULL, LUCI_SAMESITE_LAX, 0 }, "__Secure-" },
        { { "__Http-a", "/", NULL, LUCI_SAMESITE_LAX, 0 }, "__Http-" },
        { { "a", "/", NULL, LUCI_SAMESITE_NONE, 0 }, "SameSite=None" },
    };

    for (size_t i = 0; i < sizeof table / sizeof table[0]; i++) {
        const luci_cookie_t *cookie = &table[i].cookie;
        const char *problem = luci_cookie_problem(cookie);

        tap_ok(table[i].word ? problem && strstr(problem, table[i].word) : !problem,
               "problem of %s at %s: %s", cookie->name, cookie->path, problem ? problem : "none");
    }
}

/* A megabyte of pairs, with and without ours at the end: linear time is milliseconds, quadratic would be
 * minutes. */
static void test_long_headers(void)
{
    static const char *const pieces[] = { ";", " ",           "a", "a=1; ", "auth_session", "auth_session; ",
                                          "=", "auth_sessio=" };

    for (size_t i = 0; i < sizeof pieces / sizeof pieces[0]; i++) {
        size_t size = strlen(pieces[i]), count = 1000000 / size;
        char *header = apr_palloc(pool, count * size + 2 + sizeof "auth_session=" ID);
        apr_time_t start = apr_time_now();
        const char *id = NULL;

        for (size_t j = 0; j < count; j++)
            memcpy(header + j * size, pieces[i], size);
        strcpy(header + count * size, "; auth_session=" ID);
        tap_is_result(luci_cookie_find(header, "auth_session", &id, pool), LUCI_OK,
                      "found behind 1 MB of '%s'", pieces[i]);
        luci_cookie_strip(header, "auth_session", "other", pool);
        tap_ok(apr_time_now() - start < apr_time_from_sec(2), "... within 2 s");
    }
}

int main(void)
{
    apr_initialize();
    apr_pool_create(&pool, NULL);
    test_find();
    test_conflicts();
    test_shapes();
    test_prefixed_names();
    test_shape();
    test_strip();
    test_strip_two();
    test_set();
    test_dates();
    test_problems();
    test_long_headers();
    apr_pool_destroy(pool);
    apr_terminate();
    return tap_done();
}
