/* SPDX-License-Identifier: Apache-2.0 */
/* S9.22: values are escaped in every page; and what templates mean or are refused for. */
#include "core/web/template.h"
#include "lib/tap.h"

#include <apr_general.h>
#include <apr_strings.h>
#include <apr_time.h>
#include <string.h>

#define NAME63 "abcdefghijklmnopqrstuvwxyzabcdefghijklmnopqrstuvwxyz_0123456789"

static apr_pool_t *pool;

static apr_table_t *some_values(void)
{
    apr_table_t *values = apr_table_make(pool, 8);

    apr_table_set(values, "a", "A");
    apr_table_set(values, "b", "B");
    apr_table_set(values, "empty", "");
    apr_table_set(values, "user_id", "x1");
    apr_table_set(values, "_", "underscore");
    apr_table_set(values, "hostile", "\"><svg onload='alert(1)'>&amp;%%a%%%%#b%%");
    apr_table_set(values, NAME63, "long");
    apr_table_set(values, NAME63 "x", "too long");
    return values;
}

static void test_render(void)
{
    static const struct {
        const char *text, *page;
    } table[] = {
        { "plain", "plain" },
        { "%%a%%", "A" },
        { "<%%a%%-%%b%%>", "<A-B>" },
        { "%%a%%%%b%%", "AB" },
        { "%%A%%", "A" },
        { "%%User_ID%%", "x1" },
        { "%%_%%", "underscore" },
        { "[%%missing%%]", "[]" },
        { "[%%empty%%]", "[]" },
        { "%%" NAME63 "%%", "long" },
        { "%%" NAME63 "x%%", "%%" NAME63 "x%%" },
        { "%%hostile%%", "&quot;&gt;&lt;svg onload=&#39;alert(1)&#39;&gt;&amp;amp;%%a%%%%#b%%" },
        /* plain percent signs */
        { "%", "%" },
        { "100%", "100%" },
        { "100%%", "100%%" },
        { "%%%", "%%%" },
        { "%%%%", "%%%%" },
        { "%%%%%%%%%", "%%%%%%%%%" },
        { "%%not a name%%", "%%not a name%%" },
        { "%%1a%%", "%%1a%%" },
        { "%%a-b%%", "%%a-b%%" },
        { "%% a%%", "%% a%%" },
        { "%%a %%", "%%a %%" },
        { "%%a%", "%%a%" },
        { "%a%%", "%a%%" },
        { "%%a", "%%a" },
        { "%%#%%", "%%#%%" },
        { "%%/%%", "%%/%%" },
        { "%%#1%%", "%%#1%%" },
        { "%%##a%%", "%%##a%%" },
        { "%%#/a%%", "%%#/a%%" },
        { "%%\xc3\xa4%%", "%%\xc3\xa4%%" },
        { "%%a\n%%", "%%a\n%%" },
        { "100%%%a%%", "100%A" },
        { "100%%%%a%%", "100%%A" },
        { "%%a%%%", "A%" },
        { "%%a%%b%%", "Ab%%" },
        { "%%a%%a%%a%%", "AaA" },
        { "%%#a%b%%a%%", "%%#a%bA" },
        /* sections */
        { "x%%#a%%y%%/a%%z", "xyz" },
        { "x%%#empty%%y%%/empty%%z", "xz" },
        { "x%%#missing%%y%%/missing%%z", "xz" },
        { "%%#a%%%%/a%%", "" },
        { "%%#a%%%%a%%%%/a%%", "A" },
        { "%%#a%%[%%#b%%(%%b%%)%%/b%%]%%/a%%", "[(B)]" },
        { "%%#a%%[%%#empty%%(%%b%%)%%/empty%%]%%/a%%", "[]" },
        { "%%#empty%%[%%#a%%(%%b%%)%%/a%%]%%/empty%%!", "!" },
        { "%%#a%%1%%/a%%%%#a%%2%%/a%%", "12" },
        { "%%#a%%%%#a%%1%%/a%%%%/a%%", "1" },
        { "%%#a%%1%%#empty%%2%%/empty%%3%%/a%%4%%#missing%%5%%/missing%%", "134" },
        { "\xef\xbb\xbf%%a%%\r\n", "\xef\xbb\xbf"
                                   "A\r\n" },
    };
    apr_table_t *values = some_values();

    for (size_t i = 0; i < sizeof table / sizeof table[0]; i++) {
        luci_template_t *compiled = NULL;
        const char *problem = NULL, *page = NULL;
        size_t length = 0;

        if (luci_template_parse(table[i].text, strlen(table[i].text), &compiled, &problem, pool) == LUCI_OK)
            page = luci_template_render(compiled, values, &length, pool);
        tap_is_str(page, table[i].page, "%s", table[i].text);
        tap_is_int(length, strlen(table[i].page), "... the length of the page");
        tap_is_str(problem, NULL, "... without a problem");
    }
}

static void test_lists(void)
{
    static const struct {
        const char *text, *page;
    } table[] = {
        { "%%*users%%<%%name%%>%%/users%%", "<one><two &amp; more><three>" },
        { "%%*users%%%%name%%=%%a%%;%%/users%%", "one=A;two &amp; more=row;three=A;" },
        { "%%*users%%%%#new%%!%%/new%%%%name%%%%/users%%.", "one!two &amp; morethree." },
        { "%%#users%%%%users%% users%%/users%%", "3 users" },
        { "%%*missing%%x%%/missing%%.", "." },
        { "%%*empty%%x%%/empty%%.", "." },
        { "%%*a%%x%%/a%%.", "." },
        { "%%name%%|%%new%%", "|" },
        { "%%*users%%%%/users%%%%a%%", "A" },
        { "%%#a%%%%*users%%+%%/users%%%%/a%%", "+++" },
        { "%%*users%%1%%/users%%%%*users%%2%%/users%%", "111222" },
    };
    apr_table_t *values = some_values();

    luci_template_set_row(values, "users", 0, "name", "one");
    luci_template_set_row(values, "users", 1, "name", "two & more");
    luci_template_set_row(values, "users", 1, "new", "1");
    luci_template_set_row(values, "users", 1, "a", "row");
    luci_template_set_row(values, "users", 2, "name", "three");
    for (size_t i = 0; i < sizeof table / sizeof table[0]; i++) {
        luci_template_t *compiled = NULL;
        const char *problem = NULL, *page = NULL;

        if (luci_template_parse(table[i].text, strlen(table[i].text), &compiled, &problem, pool) == LUCI_OK)
            page = luci_template_render(compiled, values, NULL, pool);
        tap_is_str(page, table[i].page, "S8.5: %s", table[i].text);
    }
    luci_template_set_row(values, "users", LUCI_TEMPLATE_ROWS_MAX, "name", "too many");
    tap_is_str(apr_table_get(values, "users"), "3", "a row beyond the maximum is left out");
}

#define BYTES(literal) (literal), sizeof(literal) - 1
#define OPEN_4 "%%#a%%%%#b%%%%#c%%%%#d%%"
#define CLOSE_4 "%%/d%%%%/c%%%%/b%%%%/a%%"

static void test_problems(void)
{
    static const struct {
        const char *text;
        size_t length;
        const char *problem;
    } table[] = {
        { BYTES(""), "it is empty" },
        { BYTES("%%#error%%"), "line 1: section \"error\" is not closed" },
        { BYTES("1\n2\n3\n4\n5\n6\n7\n8\n9\n10\n11\n<%%#error%%>\n13\n"),
          "line 12: section \"error\" is not closed" },
        { BYTES("%%*a%%\n%%#b%%%%*c%%%%/c%%%%/b%%%%/a%%"), "line 2: list \"c\" is inside list \"a\"" },
        { BYTES("%%*a%%"), "line 1: section \"a\" is not closed" },
        { BYTES("\r\n%%#a%%\r\n%%#b%%\r\n%%/b%%\r\n"), "line 2: section \"a\" is not closed" },
        { BYTES("%%#a%%\n%%#b%%"), "line 2: section \"b\" is not closed" },
        { BYTES("\n\n%%/x%%"), "line 3: section \"x\" is closed but not open" },
        { BYTES("%%#x%%\n%%/x%%\n%%/x%%"), "line 3: section \"x\" is closed but not open" },
        { BYTES("%%#a%%\n%%#b%%\n%%/a%%\n%%/b%%"),
          "line 3: section \"a\" is closed inside section \"b\" of line 2" },
        { BYTES("%%#a%%\n%%/A%%"), "line 2: section \"A\" is closed inside section \"a\" of line 1" },
        { BYTES("a\nb\xff\n"), "line 2: this is not valid UTF-8" },
        { BYTES("a\n\n\xed\xa0\x80"), "line 3: this is not valid UTF-8" },
        { BYTES("\xc3"), "line 1: this is not valid UTF-8" },
        { BYTES("a\n\0b"), "line 2: there is a NUL byte" },
        { BYTES("a\0"), "line 1: there is a NUL byte" },
        { BYTES(OPEN_4 OPEN_4 OPEN_4 OPEN_4 "\n%%#z%%%%/z%%" CLOSE_4 CLOSE_4 CLOSE_4 CLOSE_4),
          "line 2: section \"z\" nests deeper than 16" },
    };

    for (size_t i = 0; i < sizeof table / sizeof table[0]; i++) {
        luci_template_t *compiled = NULL;
        const char *problem = NULL;

        tap_is_result(luci_template_parse(table[i].text, table[i].length, &compiled, &problem, pool),
                      LUCI_INVALID, "refused: %s", table[i].text);
        tap_is_str(problem, table[i].problem, "... the reason of the refusal");
        tap_ok(!compiled, "... nothing is compiled from a refused template");
    }
}

static void test_limits(void)
{
    static const char deep[] = OPEN_4 OPEN_4 OPEN_4 OPEN_4 "x" CLOSE_4 CLOSE_4 CLOSE_4 CLOSE_4;
    char *text = apr_palloc(pool, (size_t)LUCI_TEMPLATE_BYTES_MAX + 1);
    luci_template_t *compiled;
    const char *problem;

    tap_is_result(luci_template_parse(deep, sizeof deep - 1, &compiled, &problem, pool), LUCI_OK,
                  "a template of 16 levels is read");
    memset(text, 'x', (size_t)LUCI_TEMPLATE_BYTES_MAX + 1);
    tap_is_result(luci_template_parse(text, LUCI_TEMPLATE_BYTES_MAX, &compiled, &problem, pool), LUCI_OK,
                  "a template of 256 KiB is read");
    tap_is_result(luci_template_parse(text, (size_t)LUCI_TEMPLATE_BYTES_MAX + 1, &compiled, &problem, pool),
                  LUCI_INVALID, "one byte more");
    tap_is_str(problem, "it has 262145 bytes, more than 262144", "... the reason names the size");
}

/* 256 KiB of one piece over and over: linear time is milliseconds. */
static void test_time(void)
{
    static const char *const pieces[] = { "%",  "%%",    "%%a",          "%%#a-", "a",
                                          "\n", "%%a%%", "%%#a%%%%/a%%", "%%#",   "%%a%%%" };
    apr_table_t *values = some_values();

    for (size_t i = 0; i < sizeof pieces / sizeof pieces[0]; i++) {
        size_t limit = LUCI_TEMPLATE_BYTES_MAX, size = strlen(pieces[i]), count = limit / size;
        char *text = apr_palloc(pool, limit);
        apr_time_t start = apr_time_now();
        luci_template_t *compiled;
        const char *problem;

        for (size_t j = 0; j < count; j++)
            memcpy(text + j * size, pieces[i], size);
        tap_is_result(luci_template_parse(text, count * size, &compiled, &problem, pool), LUCI_OK,
                      "256 KiB of %s", pieces[i]);
        luci_template_render(compiled, values, NULL, pool);
        tap_ok(apr_time_now() - start < apr_time_from_sec(2), "... within 2 s");
    }
}

static void test_owned(void)
{
    char text[] = "<%%a%%>";
    luci_template_t *compiled;
    const char *problem;

    tap_is_result(luci_template_parse(text, strlen(text), &compiled, &problem, pool), LUCI_OK,
                  "a text that goes away");
    memset(text, 'x', sizeof text);
    tap_is_str(luci_template_render(compiled, some_values(), NULL, pool), "<A>",
               "... the template holds a copy of the text");
}

static void test_escape(void)
{
    tap_is_str(luci_template_escape("", pool), "", "escaping an empty text gives an empty text");
    tap_is_str(luci_template_escape("plain \xc3\xa4", pool), "plain \xc3\xa4", "escape what needs none");
    tap_is_str(luci_template_escape("&<>\"'", pool), "&amp;&lt;&gt;&quot;&#39;", "escape all five");
    tap_is_str(luci_template_escape("&amp;", pool), "&amp;amp;", "escape what is escaped");
}

int main(void)
{
    apr_initialize();
    apr_pool_create(&pool, NULL);
    test_render();
    test_lists();
    test_problems();
    test_limits();
    test_time();
    test_owned();
    test_escape();
    apr_pool_destroy(pool);
    apr_terminate();
    return tap_done();
}
