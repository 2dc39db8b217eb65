/* SPDX-License-Identifier: Apache-2.0 */
/* Usernames and passwords, character by character, as JavaScript treats them: checks the core's lower case
 * and NFKC against the table that t/interop/unicode.mjs prints (its head explains the lines).
 * t/interop/unicode.t brings both together:
 *
 *     node t/interop/unicode.mjs | build/t/unit/password/unicode_table -
 *
 * Code points that only one side's version of Unicode has assigned are left out and counted: Unicode promises
 * to keep the normal form and the case pair of an assigned character, and promises nothing about the others.
 * It doesn't promise to keep the category, which decides about a sigma beside it: two that changed lately are
 * tolerated, by name. */
#include "core/password/policy.h"
#include "lib/tap.h"

#include <apr_general.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <utf8proc.h>

#define LAST_CODE_POINT 0x10FFFF
#define CONTEXTS 4
#define UNCASED "0110" /* the forms of a sigma beside a character that the table does not list */
#define SIGMA "\xCE\xA3"
#define FINAL_SIGMA "\xCF\x82"
#define LONGEST_LINE 2048
#define MAX_SHOWN 10

/* Of another category since Unicode 16: U+0295 is no longer a small letter (now Lo), U+1171E no longer a
 * non-spacing mark (now Mc). */
static const utf8proc_int32_t recategorised[] = { 0x295, 0x1171E };

typedef luci_result_t canonical_fn(const char *text, char **canonical, apr_pool_t *pool);

/* What is expected of one code point; NULL where it stays as it is (lower, nfkc) or is UNCASED (forms). */
typedef struct {
    int assigned;
    char *lower;
    char *nfkc;
    char *forms;
} character_t;

typedef struct {
    const char *what;
    long checked;
    long wrong;
} tally_t;

static character_t characters[LAST_CODE_POINT + 2];
static tally_t lower_cases = { "characters in lower case", 0, 0 };
static tally_t normal_forms = { "characters in NFKC", 0, 0 };
static tally_t sigmas = { "sigmas beside every character", 0, 0 };
static tally_t words = { "words in lower case", 0, 0 };
static tally_t sequences = { "sequences of marks in NFKC", 0, 0 };
static char javascript_version[32];
static long bad_lines;
static apr_pool_t *pool;

static void show_hex(char *out, size_t room, const char *text)
{
    size_t used = 0;

    out[0] = '\0';
    for (; *text && used + 3 < room; text++)
        used += (size_t)snprintf(out + used, room - used, "%02x", (unsigned char)*text);
}

static void count(tally_t *tally, const char *text, const char *got, const char *expected)
{
    char shown[3][LONGEST_LINE];

    tally->checked++;
    if (strcmp(got, expected) == 0)
        return;
    tally->wrong++;
    if (tally->wrong > MAX_SHOWN)
        return;
    show_hex(shown[0], sizeof shown[0], text);
    show_hex(shown[1], sizeof shown[1], got);
    show_hex(shown[2], sizeof shown[2], expected);
    tap_diag("%s: %s became %s, in JavaScript %s", tally->what, shown[0], shown[1], shown[2]);
}

static void check(tally_t *tally, canonical_fn *canonical, const char *text, const char *expected)
{
    char *got = NULL;
    luci_result_t result = canonical(text, &got, pool);

    count(tally, text, result == LUCI_OK ? got : luci_result_name(result), expected);
}

/* ---- The table ---- */

static char *text_of_hex(const char *hex)
{
    size_t length = strlen(hex) / 2;
    char *text = malloc(length + 1);

    if (!text)
        abort();
    for (size_t i = 0; i < length; i++) {
        unsigned int byte = 0;

        sscanf(hex + 2 * i, "%2x", &byte);
        text[i] = (char)byte;
    }
    text[length] = '\0';
    return text;
}

static character_t *character_of(const char *text)
{
    utf8proc_int32_t point = 0;

    utf8proc_iterate((const utf8proc_uint8_t *)text, -1, &point);
    return &characters[point > 0 && point <= LAST_CODE_POINT ? point : LAST_CODE_POINT + 1];
}

static void note_assigned(const char *first, const char *last)
{
    unsigned long end = strtoul(last, NULL, 16);

    for (unsigned long point = strtoul(first, NULL, 16); point <= end && point <= LAST_CODE_POINT; point++)
        characters[point].assigned = 1;
}

static void check_several(tally_t *tally, canonical_fn *canonical, const char *from, const char *to)
{
    char *text = text_of_hex(from);
    char *expected = text_of_hex(to);

    check(tally, canonical, text, expected);
    apr_pool_clear(pool);
    free(text);
    free(expected);
}

static void note_one(char kind, const char *from, const char *to)
{
    char *text = text_of_hex(from);

    *(kind == 'L' ? &character_of(text)->lower : &character_of(text)->nfkc) = text_of_hex(to);
    free(text);
}

static void note_forms(const char *point, const char *forms)
{
    unsigned long number = strtoul(point, NULL, 16);

    if (number <= LAST_CODE_POINT && strlen(forms) == CONTEXTS)
        characters[number].forms = strdup(forms);
    else
        bad_lines++;
}

static void read_line(const char *line)
{
    char kind, first[LONGEST_LINE], second[LONGEST_LINE];
    int fields = sscanf(line, "%c %2047s %2047s", &kind, first, second);

    if (fields == 2 && kind == 'U')
        snprintf(javascript_version, sizeof javascript_version, "%.31s", first);
    else if (fields != 3)
        bad_lines++;
    else if (kind == 'A')
        note_assigned(first, second);
    else if (kind == 'L' || kind == 'N')
        note_one(kind, first, second);
    else if (kind == 'S')
        note_forms(first, second);
    else if (kind == 'W')
        check_several(&words, luci_policy_key, first, second);
    else if (kind == 'M')
        check_several(&sequences, luci_policy_nfkc, first, second);
    else
        bad_lines++;
}

static void read_table(void)
{
    char line[2 * LONGEST_LINE];

    while (fgets(line, sizeof line, stdin))
        read_line(line);
}

/* ---- Every code point ---- */

/* The sigma in each context, as SIGMA_CONTEXTS of unicode.mjs has them. */
static const char *const context_before[CONTEXTS] = { "", "a" SIGMA, "a" SIGMA, "a" };
static const char *const context_after[CONTEXTS] = { SIGMA, "", "a", SIGMA };

static void check_sigma(const character_t *character, const char *text)
{
    const char *expected = character->forms ? character->forms : UNCASED;
    char got[CONTEXTS + 1] = "";

    for (int i = 0; i < CONTEXTS; i++) {
        char word[32], *lower = NULL;

        snprintf(word, sizeof word, "%s%s%s", context_before[i], text, context_after[i]);
        if (luci_policy_key(word, &lower, pool) == LUCI_OK)
            got[i] = strstr(lower, FINAL_SIGMA) ? '1' : '0';
    }
    count(&sigmas, text, got, expected);
}

static int is_recategorised(utf8proc_int32_t point)
{
    for (size_t i = 0; i < sizeof recategorised / sizeof *recategorised; i++) {
        if (point == recategorised[i])
            return strncmp(utf8proc_unicode_version(), javascript_version, strlen(javascript_version)) != 0;
    }
    return 0;
}

static void check_character(utf8proc_int32_t point)
{
    const character_t *character = &characters[point];
    char text[5] = "";

    utf8proc_encode_char(point, (utf8proc_uint8_t *)text);
    check(&lower_cases, luci_policy_key, text, character->lower ? character->lower : text);
    check(&normal_forms, luci_policy_nfkc, text, character->nfkc ? character->nfkc : text);
    if (!is_recategorised(point))
        check_sigma(character, text);
    apr_pool_clear(pool);
}

static void check_characters(void)
{
    long only_javascript = 0, only_here = 0;

    for (utf8proc_int32_t point = 1; point <= LAST_CODE_POINT; point++) {
        int there = characters[point].assigned;
        int here = utf8proc_category(point) != UTF8PROC_CATEGORY_CN && utf8proc_codepoint_valid(point);

        only_javascript += there && !here;
        only_here += here && !there;
        if (here && there)
            check_character(point);
    }
    tap_diag("JavaScript knows Unicode %s, utf8proc %s; left out: %ld code points only there, %ld only here",
             javascript_version, utf8proc_unicode_version(), only_javascript, only_here);
    tap_ok(only_here == 0 || only_javascript == 0, "the older Unicode is a part of the newer");
}

static void conclude(const tally_t *tally, long least)
{
    tap_ok(tally->checked >= least, "%ld %s", tally->checked, tally->what);
    tap_is_int(tally->wrong, 0, "%s are JavaScript's", tally->what);
}

int main(int argc, char **argv)
{
    if (argc != 2 || strcmp(argv[1], "-") != 0)
        tap_skip_all("t/interop/unicode.t gives this the table that it reads");
    apr_initialize();
    atexit(apr_terminate);
    apr_pool_create(&pool, NULL);
    read_table();
    tap_is_int(bad_lines, 0, "every line of the table is understood");
    check_characters();
    conclude(&lower_cases, 280000);
    conclude(&normal_forms, 280000);
    conclude(&sigmas, 280000);
    conclude(&words, 20000);
    conclude(&sequences, 20000);
    return tap_done();
}
