/* SPDX-License-Identifier: Apache-2.0 */
/* S9.24: what bodies and queries are fields, and what is refused. */
#include "core/web/form.h"
#include "lib/tap.h"

#include <apr_general.h>
#include <apr_strings.h>
#include <jansson.h>
#include <stdlib.h>
#include <string.h>

static apr_pool_t *pool;

static const luci_form_field_t fields[] = { { "username", LUCI_FORM_TEXT },
                                            { "password", LUCI_FORM_SECRET },
                                            { "next", LUCI_FORM_TEXT },
                                            { NULL, LUCI_FORM_TEXT } };

#define BYTES(literal) (literal), sizeof(literal) - 1

typedef struct {
    const char *body;
    size_t length;
    luci_result_t result;
    const char *username, *password, *next;
} body_case_t;

/* Exactly as long as it says: a sanitizer sees a byte read too many. */
static char *exact_copy(const char *bytes, size_t length)
{
    char *copy = malloc(length ? length : 1);

    if (length)
        memcpy(copy, bytes, length);
    return copy;
}

static void check_body(const body_case_t *c, luci_result_t result, const luci_form_t *form)
{
    tap_is_result(result, c->result, "%s", c->body);
    tap_is_str(luci_form_value(form, "username"), c->username, "... the value of username");
    tap_is_str(luci_form_value(form, "password"), c->password, "... the value of password");
    tap_is_str(luci_form_value(form, "next"), c->next, "... the value of next");
}

static void test_urlencoded(void)
{
    static const body_case_t table[] = {
        { BYTES(""), LUCI_OK, NULL, NULL, NULL },
        { BYTES("&"), LUCI_OK, NULL, NULL, NULL },
        { BYTES("&&&"), LUCI_OK, NULL, NULL, NULL },
        { BYTES("="), LUCI_OK, NULL, NULL, NULL },
        { BYTES("==&=x&x="), LUCI_OK, NULL, NULL, NULL },
        { BYTES("username=a&password=b&next=c"), LUCI_OK, "a", "b", "c" },
        { BYTES("next=c&&password=b&username=a&"), LUCI_OK, "a", "b", "c" },
        { BYTES("&username=a"), LUCI_OK, "a", NULL, NULL },
        { BYTES("username"), LUCI_OK, "", NULL, NULL },
        { BYTES("username="), LUCI_OK, "", NULL, NULL },
        { BYTES("username&password"), LUCI_OK, "", "", NULL },
        { BYTES("username=a=b=c"), LUCI_OK, "a=b=c", NULL, NULL },
        { BYTES("username==a"), LUCI_OK, "=a", NULL, NULL },
        { BYTES("username=a+b&password=a%2Bb"), LUCI_OK, "a b", "a+b", NULL },
        { BYTES("username=%61%26%3d%25"), LUCI_OK, "a&=%", NULL, NULL },
        { BYTES("user%6eame=a&%70assword=b"), LUCI_OK, "a", "b", NULL },
        { BYTES("username%3D=a"), LUCI_OK, NULL, NULL, NULL },
        { BYTES("username%3Da"), LUCI_OK, NULL, NULL, NULL },
        { BYTES("username%3Da=b"), LUCI_OK, NULL, NULL, NULL },
        { BYTES("username[]=x"), LUCI_OK, NULL, NULL, NULL },
        { BYTES("username%5B%5D=x"), LUCI_OK, NULL, NULL, NULL },
        { BYTES("username[0]=x&password.x=y"), LUCI_OK, NULL, NULL, NULL },
        { BYTES("Username=x&USERNAME=y&username=z"), LUCI_OK, "z", NULL, NULL },
        { BYTES("username =x&+username=y&%20username=z"), LUCI_OK, NULL, NULL, NULL },
        { BYTES("\xef\xbb\xbfusername=x"), LUCI_OK, NULL, NULL, NULL },
        { BYTES("username=a;password=b"), LUCI_OK, "a;password=b", NULL, NULL },
        { BYTES("username=%F0%9F%98%80&password=\xc3\xa4"), LUCI_OK, "\xf0\x9f\x98\x80", "\xc3\xa4", NULL },
        { BYTES("username=%ef%bb%bf"), LUCI_OK, "\xef\xbb\xbf", NULL, NULL },
        { BYTES("username=%0a%0d%09"), LUCI_OK, "\n\r\t", NULL, NULL },
        { BYTES("username=a\r\n"), LUCI_OK, "a\r\n", NULL, NULL },
        { BYTES("x=1&x=2&x=3&username=a"), LUCI_OK, "a", NULL, NULL },
        { BYTES("username=a&username=a"), LUCI_INVALID, NULL, NULL, NULL },
        { BYTES("username=a&user%6Eame=b"), LUCI_INVALID, NULL, NULL, NULL },
        { BYTES("username&username"), LUCI_INVALID, NULL, NULL, NULL },
        { BYTES("username=a&password=b&password="), LUCI_INVALID, NULL, NULL, NULL },
        { BYTES("next=a&next=b"), LUCI_INVALID, NULL, NULL, NULL },
        { BYTES("username=%"), LUCI_INVALID, NULL, NULL, NULL },
        { BYTES("username=%4"), LUCI_INVALID, NULL, NULL, NULL },
        { BYTES("username=%4&x=1"), LUCI_INVALID, NULL, NULL, NULL },
        { BYTES("username=%g0"), LUCI_INVALID, NULL, NULL, NULL },
        { BYTES("username=%0g"), LUCI_INVALID, NULL, NULL, NULL },
        { BYTES("username=% 41"), LUCI_INVALID, NULL, NULL, NULL },
        { BYTES("username=%+1"), LUCI_INVALID, NULL, NULL, NULL },
        { BYTES("username=%-1"), LUCI_INVALID, NULL, NULL, NULL },
        { BYTES("username=%u0041"), LUCI_INVALID, NULL, NULL, NULL },
        { BYTES("username=a&x=%zz"), LUCI_INVALID, NULL, NULL, NULL },
        { BYTES("username=a&%zz"), LUCI_INVALID, NULL, NULL, NULL },
        { BYTES("username=100%"), LUCI_INVALID, NULL, NULL, NULL },
        { BYTES("username=admin%00x"), LUCI_INVALID, NULL, NULL, NULL },
        { BYTES("username=admin\0x"), LUCI_INVALID, NULL, NULL, NULL },
        { BYTES("username=a&x=\0"), LUCI_INVALID, NULL, NULL, NULL },
        { BYTES("username=a&%00=x"), LUCI_INVALID, NULL, NULL, NULL },
        { BYTES("username=\xff"), LUCI_INVALID, NULL, NULL, NULL },
        { BYTES("username=%ff"), LUCI_INVALID, NULL, NULL, NULL },
        { BYTES("username=%c0%af"), LUCI_INVALID, NULL, NULL, NULL },
        { BYTES("username=%c3"), LUCI_INVALID, NULL, NULL, NULL },
        { BYTES("username=%c3&x=%a4"), LUCI_INVALID, NULL, NULL, NULL },
        { BYTES("username=%ed%a0%80"), LUCI_INVALID, NULL, NULL, NULL },
        { BYTES("username=%f4%90%80%80"), LUCI_INVALID, NULL, NULL, NULL },
        { BYTES("username=a&x=%e0%80%af"), LUCI_INVALID, NULL, NULL, NULL },
        { BYTES("password=secret&x=%"), LUCI_INVALID, NULL, NULL, NULL },
        { BYTES("{\"username\":\"a\"}"), LUCI_OK, NULL, NULL, NULL },
    };

    for (size_t i = 0; i < sizeof table / sizeof table[0]; i++) {
        char *body = exact_copy(table[i].body, table[i].length);
        luci_form_t form = { .fields = fields };

        check_body(&table[i], luci_form_parse_urlencoded(body, table[i].length, &form, pool), &form);
        free(body);
    }
}

static void test_json(void)
{
    static const body_case_t table[] = {
        { BYTES("{}"), LUCI_OK, NULL, NULL, NULL },
        { BYTES(" \t\r\n{ } \n"), LUCI_OK, NULL, NULL, NULL },
        { BYTES("{\"username\":\"a\",\"password\":\"b\",\"next\":\"/c\"}"), LUCI_OK, "a", "b", "/c" },
        { BYTES("{\"username\":\"\"}"), LUCI_OK, "", NULL, NULL },
        { BYTES("{\"user\\u006eame\":\"\\u0061\\\"\\\\\\/\\n\"}"), LUCI_OK, "a\"\\/\n", NULL, NULL },
        { BYTES("{\"username\":\"\\ud83d\\ude00\",\"password\":\"\xf0\x9f\x98\x80\"}"), LUCI_OK,
          "\xf0\x9f\x98\x80", "\xf0\x9f\x98\x80", NULL },
        { BYTES("{\"username\":1,\"password\":null,\"next\":true}"), LUCI_OK, NULL, NULL, NULL },
        { BYTES("{\"username\":[\"a\"],\"password\":{\"password\":\"b\"}}"), LUCI_OK, NULL, NULL, NULL },
        { BYTES("{\"Username\":\"a\",\"username \":\"b\",\"username[]\":\"c\"}"), LUCI_OK, NULL, NULL, NULL },
        { BYTES("{\"x\":{\"y\":[1,2.5,-3e2,false,\"]}\\\"\"]},\"username\":\"a\"}"), LUCI_OK, "a", NULL,
          NULL },
        { BYTES("{\"username\":\"[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[\"}"), LUCI_OK,
          "[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[", NULL, NULL },
        { BYTES("[]"), LUCI_OK, NULL, NULL, NULL },
        { BYTES("[{\"username\":\"a\"}]"), LUCI_OK, NULL, NULL, NULL },
        { BYTES("\"username\""), LUCI_OK, NULL, NULL, NULL },
        { BYTES("1"), LUCI_OK, NULL, NULL, NULL },
        { BYTES("true"), LUCI_OK, NULL, NULL, NULL },
        { BYTES("null"), LUCI_OK, NULL, NULL, NULL },
        { BYTES(""), LUCI_INVALID, NULL, NULL, NULL },
        { BYTES(" "), LUCI_INVALID, NULL, NULL, NULL },
        { BYTES("{"), LUCI_INVALID, NULL, NULL, NULL },
        { BYTES("}"), LUCI_INVALID, NULL, NULL, NULL },
        { BYTES("{\"username\":\"a\""), LUCI_INVALID, NULL, NULL, NULL },
        { BYTES("{\"username\":\"a"), LUCI_INVALID, NULL, NULL, NULL },
        { BYTES("{\"username\":\"a\\"), LUCI_INVALID, NULL, NULL, NULL },
        { BYTES("{\"username\":\"a\",}"), LUCI_INVALID, NULL, NULL, NULL },
        { BYTES("{username:\"a\"}"), LUCI_INVALID, NULL, NULL, NULL },
        { BYTES("{'username':'a'}"), LUCI_INVALID, NULL, NULL, NULL },
        { BYTES("{\"username\":\"a\"}x"), LUCI_INVALID, NULL, NULL, NULL },
        { BYTES("{\"username\":\"a\"}{}"), LUCI_INVALID, NULL, NULL, NULL },
        { BYTES("{\"username\":\"a\"},{}"), LUCI_INVALID, NULL, NULL, NULL },
        { BYTES("{\"username\":\"a\"},"), LUCI_INVALID, NULL, NULL, NULL },
        { BYTES(",{\"username\":\"a\"}"), LUCI_INVALID, NULL, NULL, NULL },
        { BYTES(","), LUCI_INVALID, NULL, NULL, NULL },
        { BYTES("1,2"), LUCI_INVALID, NULL, NULL, NULL },
        { BYTES("1],[2"), LUCI_INVALID, NULL, NULL, NULL },
        { BYTES("{}],[{}"), LUCI_INVALID, NULL, NULL, NULL },
        { BYTES("\"a"), LUCI_INVALID, NULL, NULL, NULL },
        { BYTES("a\""), LUCI_INVALID, NULL, NULL, NULL },
        { BYTES("// c\n{}"), LUCI_INVALID, NULL, NULL, NULL },
        { BYTES("NaN"), LUCI_INVALID, NULL, NULL, NULL },
        { BYTES("01"), LUCI_INVALID, NULL, NULL, NULL },
        { BYTES("tru"), LUCI_INVALID, NULL, NULL, NULL },
        { BYTES("{\"x\":1e999}"), LUCI_INVALID, NULL, NULL, NULL },
        { BYTES("\xef\xbb\xbf{}"), LUCI_INVALID, NULL, NULL, NULL },
        { BYTES("{\"username\":\"a\",\"username\":\"a\"}"), LUCI_INVALID, NULL, NULL, NULL },
        { BYTES("{\"username\":\"a\",\"user\\u006eame\":1}"), LUCI_INVALID, NULL, NULL, NULL },
        { BYTES("{\"x\":{\"y\":1,\"y\":1}}"), LUCI_INVALID, NULL, NULL, NULL },
        { BYTES("{\"username\":\"admin\\u0000x\"}"), LUCI_INVALID, NULL, NULL, NULL },
        { BYTES("{\"username\":\"admin\0x\"}"), LUCI_INVALID, NULL, NULL, NULL },
        { BYTES("{\"x\\u0000\":1}"), LUCI_INVALID, NULL, NULL, NULL },
        { BYTES("{}\0"), LUCI_INVALID, NULL, NULL, NULL },
        { BYTES("\0{}"), LUCI_INVALID, NULL, NULL, NULL },
        { BYTES("{\"username\":\"a\nb\"}"), LUCI_INVALID, NULL, NULL, NULL },
        { BYTES("{\"username\":\"\\x41\"}"), LUCI_INVALID, NULL, NULL, NULL },
        { BYTES("{\"username\":\"\\ud83d\"}"), LUCI_INVALID, NULL, NULL, NULL },
        { BYTES("{\"username\":\"\\ude00\"}"), LUCI_INVALID, NULL, NULL, NULL },
        { BYTES("{\"username\":\"\\ud83d\\u0041\"}"), LUCI_INVALID, NULL, NULL, NULL },
        { BYTES("{\"username\":\"\xff\"}"), LUCI_INVALID, NULL, NULL, NULL },
        { BYTES("{\"username\":\"\xc0\xaf\"}"), LUCI_INVALID, NULL, NULL, NULL },
        { BYTES("{\"username\":\"\xed\xa0\x80\"}"), LUCI_INVALID, NULL, NULL, NULL },
        { BYTES("{\"username\":\"\xc3"), LUCI_INVALID, NULL, NULL, NULL },
        { BYTES("\"\xc3"), LUCI_INVALID, NULL, NULL, NULL },
        { BYTES("username=a&password=b"), LUCI_INVALID, NULL, NULL, NULL },
    };

    for (size_t i = 0; i < sizeof table / sizeof table[0]; i++) {
        char *body = exact_copy(table[i].body, table[i].length);
        luci_form_t form = { .fields = fields };

        check_body(&table[i], luci_form_parse_json(body, table[i].length, &form, pool), &form);
        free(body);
    }
}

/* depth times opening, then core, then as many closings. */
static char *nested(int depth, const char *opening, const char *core, const char *closing)
{
    char *text = apr_palloc(pool, (size_t)depth * (strlen(opening) + strlen(closing)) + strlen(core) + 1);

    *text = '\0';
    for (int i = 0; i < depth; i++)
        strcpy(text + (size_t)i * strlen(opening), opening);
    strcpy(text + (size_t)depth * strlen(opening), core);
    for (int i = 0; i < depth; i++)
        strcpy(text + (size_t)depth * strlen(opening) + strlen(core) + (size_t)i * strlen(closing), closing);
    return text;
}

static void test_depth(void)
{
    static const struct {
        const char *opening, *core, *closing;
        int depth;
        luci_result_t result;
    } table[] = {
        { "[", "", "]", LUCI_FORM_DEPTH_MAX, LUCI_OK },
        { "[", "", "]", LUCI_FORM_DEPTH_MAX + 1, LUCI_INVALID },
        { "{\"a\":", "1", "}", LUCI_FORM_DEPTH_MAX, LUCI_OK },
        { "{\"a\":", "1", "}", LUCI_FORM_DEPTH_MAX + 1, LUCI_INVALID },
        { "[", "", "]", 10000, LUCI_INVALID },
        { "{\"a\":", "1", "}", 10000, LUCI_INVALID },
        { "[", "", "", 10000, LUCI_INVALID },
        { "", "", "]", 10000, LUCI_INVALID },
    };

    for (size_t i = 0; i < sizeof table / sizeof table[0]; i++) {
        char *body = nested(table[i].depth, table[i].opening, table[i].core, table[i].closing);
        luci_form_t form = { .fields = fields };

        tap_is_int(luci_form_parse_json(body, strlen(body), &form, pool), table[i].result, "%d deep: %s",
                   table[i].depth, table[i].opening);
    }
}

static void test_many_parameters(void)
{
    luci_form_t form = { .fields = fields };
    char *body = nested(10000, "x=1&", "username=a", "&y=%41");

    tap_is_result(luci_form_parse_urlencoded(body, strlen(body), &form, pool), LUCI_OK,
                  "a form of 20,001 parameters is read");
    tap_is_str(luci_form_value(&form, "username"), "a", "... the wanted field is among them");
    body = nested(10000, "&", "username=a", "&");
    tap_is_result(luci_form_parse_urlencoded(body, strlen(body), &form, pool), LUCI_OK,
                  "20,000 times nothing");
    body = nested(10000, "\"x\",", "1", ",2");
    tap_is_result(
        luci_form_parse_json(apr_pstrcat(pool, "[", body, "]", NULL), strlen(body) + 2, &form, pool), LUCI_OK,
        "an array of 20,001");
}

static void test_query(void)
{
    static const struct {
        const char *query;
        luci_result_t result;
        const char *value;
    } table[] = {
        { NULL, LUCI_NOT_FOUND, NULL },
        { "", LUCI_NOT_FOUND, NULL },
        { "next", LUCI_OK, "" },
        { "next=", LUCI_OK, "" },
        { "next=%2Fa%3Fb%3Dc%26d", LUCI_OK, "/a?b=c&d" },
        { "next=/a?b=c", LUCI_OK, "/a?b=c" },
        { "a=1&next=/x+y&b", LUCI_OK, "/x y" },
        { "ne%78t=/", LUCI_OK, "/" },
        { "%zz=1&next=/&x=%", LUCI_OK, "/" },
        { "x=%ff&next=/", LUCI_OK, "/" },
        { "Next=/&nextt=/&next[]=/", LUCI_NOT_FOUND, NULL },
        { "next%3D=/", LUCI_NOT_FOUND, NULL },
        { "next%00=/", LUCI_NOT_FOUND, NULL },
        { "next=/&next=/", LUCI_INVALID, NULL },
        { "next=/&next", LUCI_INVALID, NULL },
        { "next=%", LUCI_INVALID, NULL },
        { "next=/%00", LUCI_INVALID, NULL },
        { "next=/%ff", LUCI_INVALID, NULL },
        { "next=/&next=%", LUCI_INVALID, NULL },
    };

    for (size_t i = 0; i < sizeof table / sizeof table[0]; i++) {
        char *value = NULL;
        luci_result_t result = luci_form_query(table[i].query, "next", &value, pool);

        tap_is_result(result, table[i].result, "query: %s", table[i].query ? table[i].query : "none");
        tap_is_str(value, table[i].value, "... the value in the query");
    }
}

static void test_wipe(void)
{
    char body[] = "username=u&password=correct+horse";
    luci_form_t form = { .fields = fields };

    tap_is_result(luci_form_parse_urlencoded(body, strlen(body), &form, pool), LUCI_OK,
                  "a form with a password");
    char *password = luci_form_value(&form, "password");
    luci_form_wipe(&form);
    tap_ok(memcmp(password, "\0\0\0\0\0\0\0\0\0\0\0\0\0", 13) == 0, "the password is overwritten");
    tap_is_str(luci_form_value(&form, "username"), "u", "... the username is not");
    memset(form.values, 0, sizeof form.values);
    luci_form_wipe(&form);
    tap_pass("wiping an empty form does nothing");
}

/* jansson's memory, watched: every block is looked at when it's given back. */
static const char *secret;
static int leaked;

typedef struct {
    size_t size;
    max_align_t data[];
} block_t;

static void *watched_malloc(size_t size)
{
    block_t *block = malloc(sizeof *block + size);

    block->size = size;
    memset(block->data, 0, size);
    return block->data;
}

static void watched_free(void *memory)
{
    block_t *block;

    if (!memory)
        return;
    block = (block_t *)((char *)memory - offsetof(block_t, data));
    for (size_t i = 0; i + strlen(secret) <= block->size; i++)
        leaked += memcmp((char *)memory + i, secret, strlen(secret)) == 0;
    free(block);
}

static void test_no_copies_left(void)
{
    static const char *const bodies[] = {
        "{\"username\":\"u\",\"password\":\"correct horse battery staple\"}",
        "{\"password\":\"correct horse battery staple\",\"x\":1}",
        "{\"password\":\"correct horse battery staple\"}",
        "{\"other\":\"correct horse battery staple, and more\"}",
        "{\"a\":[1,2,3],\"password\":\"correct horse battery staple\",\"b\":{}}",
        "{\"password\":\"correct horse battery staple correct horse battery staple, and more\"}",
        "{\"p\\u0061ssword\":\"correct horse b\\u0061ttery staple correct horse b\"}",
    };
    luci_form_t form = { .fields = fields };

    json_set_alloc_funcs(watched_malloc, watched_free);
    secret = "correct h";
    json_decref(json_loads(bodies[0], 0, NULL));
    tap_ok(leaked > 0, "jansson by itself leaves %d copies of a password in freed memory", leaked);
    for (size_t i = 0; i < sizeof bodies / sizeof bodies[0]; i++) {
        leaked = 0;
        tap_is_result(luci_form_parse_json(bodies[i], strlen(bodies[i]), &form, pool), LUCI_OK, "watched: %s",
                      bodies[i]);
        tap_is_int(leaked, 0, "... leaves no copy of the password");
    }
    json_set_alloc_funcs(malloc, free);
}

static void test_flags(void)
{
    static const luci_form_field_t flags[] = { { "keep", LUCI_FORM_FLAG }, { NULL, LUCI_FORM_TEXT } };
    static const struct {
        const char *body;
        const char *flag;
    } table[] = {
        { "keep=on", "1" },
        { "keep=yes", "1" },
        { "keep=0", "" },
        { "keep=false", "" },
        { "keep=", "" },
        { "keep", "" },
        { "other=1", "" },
        { "", "" },
        { "{\"keep\":true}", "1" },
        { "{\"keep\":false}", "" },
        { "{\"keep\":null}", "" },
        { "{\"keep\":\"on\"}", "1" },
        { "{\"keep\":\"1\"}", "1" },
        { "{\"keep\":\"false\"}", "" },
        { "{\"keep\":\"0\"}", "" },
        { "{\"keep\":\"\"}", "" },
        { "{\"keep\":1}", "1" },
        { "{\"keep\":0}", "" },
        { "{\"keep\":0.0}", "" },
        { "{}", "" },
        { "[]", "" },
    };
    static const char *const refused[] = { "{\"keep\":[]}", "{\"keep\":[true]}", "{\"keep\":{\"a\":1}}" };

    for (size_t i = 0; i < sizeof table / sizeof *table; i++) {
        char *body = apr_pstrdup(pool, table[i].body);
        luci_form_t form = { .fields = flags };
        luci_result_t result = *body == '{' || *body == '['
                                   ? luci_form_parse_json(body, strlen(body), &form, pool)
                                   : luci_form_parse_urlencoded(body, strlen(body), &form, pool);

        tap_is_str(luci_result_name(result), luci_result_name(LUCI_OK), "a flag in '%s'", table[i].body);
        tap_is_str(luci_form_value(&form, "keep"), table[i].flag, "... is '%s'", table[i].flag);
    }
    for (size_t i = 0; i < sizeof refused / sizeof *refused; i++) {
        luci_form_t form = { .fields = flags };

        tap_is_result(luci_form_parse_json(refused[i], strlen(refused[i]), &form, pool), LUCI_INVALID,
                      "a flag is refused in '%s'", refused[i]);
    }
}

static void test_nullable(void)
{
    static const luci_form_field_t nullable[] = { { "phone", LUCI_FORM_NULLABLE }, { NULL, LUCI_FORM_TEXT } };
    static const struct {
        const char *body, *value;
        luci_result_t result;
    } table[] = {
        { "{\"phone\":\"1\"}", "1", LUCI_OK },
        { "{\"phone\":null}", "", LUCI_OK },
        { "{}", NULL, LUCI_OK },
        { "[]", NULL, LUCI_OK },
        { "{\"phone\":1}", NULL, LUCI_INVALID },
        { "{\"phone\":[\"1\"]}", NULL, LUCI_INVALID },
        { "{\"phone\":{}}", NULL, LUCI_INVALID },
        { "{\"phone\":false}", NULL, LUCI_INVALID },
    };

    for (size_t i = 0; i < sizeof table / sizeof *table; i++) {
        luci_form_t form = { .fields = nullable };

        tap_is_result(luci_form_parse_json(table[i].body, strlen(table[i].body), &form, pool),
                      table[i].result, "a nullable field in %s", table[i].body);
        tap_is_str(luci_form_value(&form, "phone"), table[i].value, "the nullable value in %s",
                   table[i].body);
    }
}

int main(void)
{
    apr_initialize();
    apr_pool_create(&pool, NULL);
    test_urlencoded();
    test_json();
    test_flags();
    test_nullable();
    test_depth();
    test_many_parameters();
    test_query();
    test_wipe();
    test_no_copies_left();
    apr_pool_destroy(pool);
    apr_terminate();
    return tap_done();
}
