/* SPDX-License-Identifier: Apache-2.0 */
/* The choice of a language by Accept-Language, with headers as browsers and attackers send them. */
#include "core/web/language.h"
#include "lib/tap.h"

#include <apr_general.h>
#include <apr_strings.h>
#include <apr_time.h>
#include <string.h>

static apr_pool_t *pool;

static apr_array_header_t *languages_of(const char *tags)
{
    apr_array_header_t *languages = apr_array_make(pool, 4, sizeof(const char *));
    char *copy = apr_pstrdup(pool, tags), *rest;

    for (const char *tag = apr_strtok(copy, " ", &rest); tag; tag = apr_strtok(NULL, " ", &rest))
        APR_ARRAY_PUSH(languages, const char *) = tag;
    return languages;
}

static void test_tags(void)
{
    static const struct {
        const char *text, *tag;
    } table[] = {
        { "de", "de" },
        { "DE", "de" },
        { "pt-br", "pt-BR" },
        { "ZH-hant-tw", "zh-Hant-TW" },
        { "sl-ROZAJ", "sl-rozaj" },
        { "d", NULL },
        { "", NULL },
        { "de-", NULL },
        { "-de", NULL },
        { "de--AT", NULL },
        { "1de", NULL },
        { "de/..", NULL },
        { "..", NULL },
        { "de AT", NULL },
        { "de_AT", NULL },
        { "deutschland", NULL },
        { "d\xc3\xa9", NULL },
        { "de-1234567890", NULL },
        { "de-aaaaaaaa-bbbbbbbb-cccccccc-dddddddd", NULL },
    };

    for (size_t i = 0; i < sizeof table / sizeof *table; i++)
        tap_is_str(luci_language_tag(table[i].text, pool), table[i].tag, "the tag \"%s\"", table[i].text);
}

static void test_choice(void)
{
    static const struct {
        const char *languages, *header, *chosen;
    } table[] = {
        { "en de fr es", NULL, "en" },
        { "de en", NULL, "de" },
        { "en de fr es", "", "en" },
        { "en de fr es", "de", "de" },
        { "en de fr es", "DE", "de" },
        { "en de fr es", "de-AT", "de" },
        { "en de fr es", "de-AT-1901", "de" },
        { "en de fr es", "de-AT,de;q=0.9,en;q=0.8", "de" },
        { "en de fr es", "it-IT, it;q=0.9, fr;q=0.5", "fr" },
        { "en de fr es", "it", "en" },
        { "en de fr es", "en;q=0.5, de;q=0.9", "de" },
        { "en de fr es", "de;q=0.9, fr;q=0.9", "de" },
        { "en de fr es", "fr;q=0.9, de;q=0.9", "fr" },
        { "en de fr es", "fr ; q=0.3 ,\tde ;Q=0.4", "de" },
        { "en de fr es", "de;q=0, fr;q=0.1", "fr" },
        { "en de fr es", "*", "en" },
        { "en de fr es", "*, en;q=0", "de" },
        { "en de fr es", "en;q=0, *", "de" },
        { "en de fr es", "en;q=0", "en" },
        { "en de fr es", "*, en;q=0, de;q=0, fr;q=0, es;q=0", "en" },
        { "en de fr es", "*;q=0", "en" },
        { "en de fr es", "*, fr;q=0.1", "fr" },
        { "en pt-BR pt", "pt-BR", "pt-BR" },
        { "en pt-BR pt", "pt-PT", "pt" },
        { "en pt-BR", "pt", "en" },
        { "en zh-Hant", "zh-Hant-TW", "zh-Hant" },
        { "en zh", "zh-x-private", "zh" },
        { "en zh", "zh-a-b-c-d", "zh" },
        { "en de", "de;q=1.000", "de" },
        { "en de", "de;q=1.", "de" },
        { "en de", "de;q=1.001, en;q=0.1", "en" },
        { "en de", "de;q=2", "en" },
        { "en de", "de;q=0.0001", "en" },
        { "en de", "de;q=-1", "en" },
        { "en de", "de;q=", "en" },
        { "en de", "de;level=1", "en" },
        { "en de", "de;", "en" },
        { "en de", ";q=1, ,,de", "de" },
        { "en de", "-de, de-, d, --, -", "de" },
        { "en de", "../../de", "en" },
        { "en de", "\xff\xfe, de;q=0.1", "de" },
    };

    for (size_t i = 0; i < sizeof table / sizeof *table; i++) {
        const apr_array_header_t *languages = languages_of(table[i].languages);

        tap_is_str(APR_ARRAY_IDX(languages, luci_language_choose(languages, table[i].header), const char *),
                   table[i].chosen, "of %s, \"%s\" chooses %s", table[i].languages,
                   table[i].header ? table[i].header : "(none)", table[i].chosen);
    }
}

/* A header of n times the part, which ends with a range that is too far behind to count. */
static const char *repeated(const char *part, size_t n)
{
    size_t length = strlen(part);
    char *header = apr_palloc(pool, n * length + sizeof ",de");

    for (size_t i = 0; i < n; i++)
        memcpy(header + i * length, part, length); /* NOLINT(bugprone-not-null-terminated-result) */
    memcpy(header + n * length, ",de", sizeof ",de");
    return header;
}

static void test_hostile(void)
{
    static const char *const parts[] = { ",",
                                         "a",
                                         "-",
                                         "a-",
                                         "*,",
                                         "x;q=0,",
                                         ";",
                                         ";q=0.1",
                                         " ",
                                         "en-a-b-c-d-e-f-g,",
                                         "zz-zz-zz-zz-zz-zz-zz-zz-zz-zz," };
    const apr_array_header_t *languages = languages_of("en de fr es it nl pl pt ru sv tr uk zh ja ko ar");

    for (size_t i = 0; i < sizeof parts / sizeof *parts; i++) {
        const char *header = repeated(parts[i], 100000);
        apr_time_t start = apr_time_now();
        int chosen = luci_language_choose(languages, header);

        tap_is_int(chosen, 0, "a header of \"%s\" 100,000 times: nothing beyond its limit counts", parts[i]);
        tap_ok(apr_time_now() - start < apr_time_from_msec(100),
               "a header of \"%s\" 100,000 times is read at once", parts[i]);
    }
}

int main(void)
{
    apr_initialize();
    apr_pool_create(&pool, NULL);
    test_tags();
    test_choice();
    test_hostile();
    apr_terminate();
    return tap_done();
}
