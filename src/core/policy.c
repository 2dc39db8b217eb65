/* SPDX-License-Identifier: Apache-2.0 */
#include "policy.h"

#include <limits.h>
#include <string.h>
#include <utf8proc.h>

typedef utf8proc_int32_t code_point_t;

typedef struct {
    code_point_t first;
    code_point_t last;
} range_t;

#define CAPITAL_I_WITH_DOT 0x130
#define COMBINING_DOT_ABOVE 0x307
#define CAPITAL_SIGMA 0x3A3
#define FINAL_SIGMA 0x3C2

/* What utf8proc's categories do not tell about letter case, from Unicode 15.0. */

/* PropList.txt: Other_Lowercase and Other_Uppercase, without those that are case-ignorable (Lm, Mn). */
static const range_t other_cased[] = {
    { 0xAA, 0xAA },       { 0xBA, 0xBA },       { 0x2160, 0x217F },   { 0x24B6, 0x24E9 },
    { 0x1F130, 0x1F149 }, { 0x1F150, 0x1F169 }, { 0x1F170, 0x1F189 },
};

/* WordBreakProperty.txt: MidLetter, MidNumLet and Single_Quote. */
static const range_t within_words[] = {
    { 0x27, 0x27 },     { 0x2E, 0x2E },     { 0x3A, 0x3A },     { 0xB7, 0xB7 },
    { 0x387, 0x387 },   { 0x55F, 0x55F },   { 0x5F4, 0x5F4 },   { 0x2018, 0x2019 },
    { 0x2024, 0x2024 }, { 0x2027, 0x2027 }, { 0xFE13, 0xFE13 }, { 0xFE52, 0xFE52 },
    { 0xFE55, 0xFE55 }, { 0xFF07, 0xFF07 }, { 0xFF0E, 0xFF0E }, { 0xFF1A, 0xFF1A },
};

static int is_among(code_point_t point, const range_t *ranges, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        if (point >= ranges[i].first && point <= ranges[i].last)
            return 1;
    }
    return 0;
}

#define IS_AMONG(point, table) is_among(point, table, sizeof(table) / sizeof(table)[0])

/* The Unicode Standard, definition D136. */
static int is_case_ignorable(code_point_t point)
{
    switch (utf8proc_category(point)) {
    case UTF8PROC_CATEGORY_MN:
    case UTF8PROC_CATEGORY_ME:
    case UTF8PROC_CATEGORY_CF:
    case UTF8PROC_CATEGORY_LM:
    case UTF8PROC_CATEGORY_SK: return 1;
    default: return IS_AMONG(point, within_words);
    }
}

/* Definition D135, asked only of what is not case-ignorable. */
static int is_cased(code_point_t point)
{
    switch (utf8proc_category(point)) {
    case UTF8PROC_CATEGORY_LU:
    case UTF8PROC_CATEGORY_LL:
    case UTF8PROC_CATEGORY_LT: return 1;
    default: return IS_AMONG(point, other_cased);
    }
}

/* The bytes of the first character, or -1 when they're not UTF-8. The final NUL ends the reading of a cut-off
 * one. */
static int read_point(const char *text, code_point_t *point)
{
    utf8proc_ssize_t bytes = utf8proc_iterate((const utf8proc_uint8_t *)text, -1, point);

    return bytes > 0 ? (int)bytes : -1;
}

static char *write_point(char *out, code_point_t point)
{
    return out + utf8proc_encode_char(point, (utf8proc_uint8_t *)out);
}

int luci_policy_length(const char *text)
{
    int units = 0;

    if (!text || strlen(text) > INT_MAX)
        return -1;
    while (*text) {
        code_point_t point;
        int bytes = read_point(text, &point);

        if (bytes < 0)
            return -1;
        units += point > 0xFFFF ? 2 : 1;
        text += bytes;
    }
    return units;
}

static int has_controls(const char *text)
{
    while (*text) {
        code_point_t point;
        int bytes = read_point(text, &point);

        if (bytes < 0 || utf8proc_category(point) == UTF8PROC_CATEGORY_CC || point == 0x2028 ||
            point == 0x2029)
            return 1;
        text += bytes;
    }
    return 0;
}

luci_result_t luci_policy_password(const char *password, luci_length_t bounds)
{
    int length = luci_policy_length(password);

    if (length < 0 || length < bounds.least || length > bounds.most)
        return LUCI_INVALID;
    return LUCI_OK;
}

luci_result_t luci_policy_username(const char *username, luci_length_t bounds)
{
    int length = luci_policy_length(username);

    if (length < 0 || length < bounds.least || length > bounds.most || has_controls(username))
        return LUCI_INVALID;
    return LUCI_OK;
}

static int cased_letter_follows(const char *text)
{
    while (*text) {
        code_point_t point;
        int bytes = read_point(text, &point);

        if (bytes < 0)
            return 0;
        if (!is_case_ignorable(point))
            return is_cased(point);
        text += bytes;
    }
    return 0;
}

/* Writes the lower case of one character; the two that SpecialCasing.txt (Unicode 15.0) treats apart in every
 * language first. rest is the text after it. */
static char *write_lower(char *out, code_point_t point, int cased_before, const char *rest)
{
    if (point == CAPITAL_I_WITH_DOT)
        return write_point(write_point(out, 'i'), COMBINING_DOT_ABOVE);
    if (point == CAPITAL_SIGMA && cased_before && !cased_letter_follows(rest))
        return write_point(out, FINAL_SIGMA);
    return write_point(out, utf8proc_tolower(point));
}

luci_result_t luci_policy_key(const char *username, char **key, apr_pool_t *pool)
{
    int cased_before = 0;
    char *lower, *end;

    if (luci_policy_length(username) < 0)
        return LUCI_INVALID;
    /* Two bytes become three at most (U+0130, U+023A, U+023E); nothing longer grows. */
    lower = apr_palloc(pool, strlen(username) / 2 * 3 + 2);
    if (!lower)
        return LUCI_INTERNAL;
    end = lower;
    while (*username) {
        code_point_t point;

        username += read_point(username, &point);
        end = write_lower(end, point, cased_before, username);
        if (!is_case_ignorable(point))
            cased_before = is_cased(point);
    }
    *end = '\0';
    *key = lower;
    return LUCI_OK;
}

luci_result_t luci_policy_nfkc(const char *password, char **normalised, apr_pool_t *pool)
{
    /* Without STABLE, utf8proc composes what Unicode excludes from composition. */
    const utf8proc_option_t nfkc = UTF8PROC_STABLE | UTF8PROC_COMPOSE | UTF8PROC_COMPAT;
    const utf8proc_uint8_t *text = (const utf8proc_uint8_t *)password;
    utf8proc_ssize_t length, points, bytes;
    utf8proc_int32_t *work;
    size_t room;

    if (luci_policy_length(password) < 0)
        return LUCI_INVALID;
    length = (utf8proc_ssize_t)strlen(password);
    points = utf8proc_decompose(text, length, NULL, 0, nfkc);
    if (points < 0)
        return LUCI_INVALID;
    room = ((size_t)points + 1) * sizeof *work;
    work = apr_palloc(pool, room);
    if (!work)
        return LUCI_INTERNAL;
    utf8proc_decompose(text, length, work, points, nfkc);
    /* Code points become bytes in the same memory. What is left of them behind the result is wiped here. */
    bytes = utf8proc_reencode(work, points, nfkc);
    if (bytes < 0) {
        explicit_bzero(work, room);
        return LUCI_INVALID;
    }
    *normalised = (char *)work;
    explicit_bzero(*normalised + bytes, room - (size_t)bytes);
    return LUCI_OK;
}
