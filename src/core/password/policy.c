/* SPDX-License-Identifier: Apache-2.0 */
#include "core/password/policy.h"

#include "core/base/secret.h"
#include "core/password/code_points.h"
#include "core/password/precis.h"

#include <apr_strings.h>
#include <limits.h>
#include <string.h>
#include <utf8proc.h>

#define CAPITAL_I_WITH_DOT 0x130
#define COMBINING_DOT_ABOVE 0x307
#define CAPITAL_SIGMA 0x3A3
#define FINAL_SIGMA 0x3C2

/* Properties of Unicode 15.0 that utf8proc does not have. */

/* PropList.txt: Other_Lowercase and Other_Uppercase, without those that are case-ignorable (Lm, Mn). */
static const luci_code_points_t other_cased[] = {
    { 0xAA, 0xAA },       { 0xBA, 0xBA },       { 0x2160, 0x217F },   { 0x24B6, 0x24E9 },
    { 0x1F130, 0x1F149 }, { 0x1F150, 0x1F169 }, { 0x1F170, 0x1F189 },
};

/* WordBreakProperty.txt: MidLetter, MidNumLet and Single_Quote. */
static const luci_code_points_t within_words[] = {
    { 0x27, 0x27 },     { 0x2E, 0x2E },     { 0x3A, 0x3A },     { 0xB7, 0xB7 },
    { 0x387, 0x387 },   { 0x55F, 0x55F },   { 0x5F4, 0x5F4 },   { 0x2018, 0x2019 },
    { 0x2024, 0x2024 }, { 0x2027, 0x2027 }, { 0xFE13, 0xFE13 }, { 0xFE52, 0xFE52 },
    { 0xFE55, 0xFE55 }, { 0xFF07, 0xFF07 }, { 0xFF0E, 0xFF0E }, { 0xFF1A, 0xFF1A },
};

/* DerivedCoreProperties.txt: Default_Ignorable_Code_Point beyond the category Cf; and U+2800, which is a
 * symbol without a dot. All of them are invisible. */
static const luci_code_points_t invisible[] = {
    { 0x34F, 0x34F },   { 0x115F, 0x1160 }, { 0x17B4, 0x17B5 },   { 0x180B, 0x180F },
    { 0x2065, 0x2065 }, { 0x2800, 0x2800 }, { 0x3164, 0x3164 },   { 0xFE00, 0xFE0F },
    { 0xFFA0, 0xFFA0 }, { 0xFFF0, 0xFFF8 }, { 0xE0000, 0xE0FFF },
};

#define TEXT_STYLE 0xFE0E /* these two select the presentation of the symbol before them */
#define EMOJI_STYLE 0xFE0F

/* The Unicode Standard, definition D136. */
static int is_case_ignorable(luci_code_point_t point)
{
    switch (utf8proc_category(point)) {
    case UTF8PROC_CATEGORY_MN:
    case UTF8PROC_CATEGORY_ME:
    case UTF8PROC_CATEGORY_CF:
    case UTF8PROC_CATEGORY_LM:
    case UTF8PROC_CATEGORY_SK: return 1;
    default: return LUCI_AMONG(point, within_words);
    }
}

/* Definition D135, for characters that are not case-ignorable. */
static int is_cased(luci_code_point_t point)
{
    switch (utf8proc_category(point)) {
    case UTF8PROC_CATEGORY_LU:
    case UTF8PROC_CATEGORY_LL:
    case UTF8PROC_CATEGORY_LT: return 1;
    default: return LUCI_AMONG(point, other_cased);
    }
}

/* Reads the first character and returns its length in bytes, or -1 if it is not UTF-8. An incomplete
 * character ends at the final NUL. */
static int read_point(const char *text, luci_code_point_t *point)
{
    utf8proc_ssize_t bytes = utf8proc_iterate((const utf8proc_uint8_t *)text, -1, point);

    return bytes > 0 ? (int)bytes : -1;
}

static char *write_point(char *out, luci_code_point_t point)
{
    return out + utf8proc_encode_char(point, (utf8proc_uint8_t *)out);
}

int luci_policy_length(const char *text)
{
    int units = 0;

    if (!text || strlen(text) > INT_MAX)
        return -1;
    while (*text) {
        luci_code_point_t point;
        int bytes = read_point(text, &point);

        if (bytes < 0)
            return -1;
        units += point > 0xFFFF ? 2 : 1;
        text += bytes;
    }
    return units;
}

static int is_control(luci_code_point_t point)
{
    switch (utf8proc_category(point)) {
    case UTF8PROC_CATEGORY_CC:
    case UTF8PROC_CATEGORY_ZL:
    case UTF8PROC_CATEGORY_ZP: return 1;
    default: return 0;
    }
}

static int is_blank(luci_code_point_t point)
{
    return point == '\t' || utf8proc_category(point) == UTF8PROC_CATEGORY_ZS;
}

static int is_invisible(luci_code_point_t point, luci_code_point_t before)
{
    if ((point == TEXT_STYLE || point == EMOJI_STYLE) && utf8proc_category(before) == UTF8PROC_CATEGORY_SO)
        return 0;
    return is_control(point) || utf8proc_category(point) == UTF8PROC_CATEGORY_CF ||
           LUCI_AMONG(point, invisible);
}

/* Properties of a text. */
typedef struct {
    int is_text;    /* it is UTF-8 and not NULL */
    int characters; /* number of code points */
    int controls;   /* number of control characters and line separators */
    int invisible;  /* number of invisible characters, including these */
    size_t begins;  /* bytes of white space at the start */
    size_t ends;    /* offset of the end of the last character that is not white space; 0: none */
} survey_t;

static survey_t survey(const char *text)
{
    survey_t found = { 0 };
    luci_code_point_t point, before = 0;
    size_t at = 0;

    while (text && text[at]) {
        int bytes = read_point(text + at, &point);

        if (bytes < 0)
            return found;
        found.characters++;
        found.controls += is_control(point);
        found.invisible += is_invisible(point, before);
        if (is_blank(point) && found.begins == at)
            found.begins += (size_t)bytes;
        at += (size_t)bytes;
        if (!is_blank(point))
            found.ends = at;
        before = point;
    }
    found.is_text = text != NULL;
    return found;
}

static int has_blank_ends(const char *text, const survey_t *found)
{
    return found->begins > 0 || text[found->ends] != '\0';
}

luci_result_t luci_policy_password(const char *password, luci_length_t bounds)
{
    int length = luci_policy_length(password);

    if (length < 0 || length < bounds.min || length > bounds.max)
        return LUCI_INVALID;
    return LUCI_OK;
}

luci_result_t luci_policy_typed_password(const char *password, int max)
{
    return luci_policy_password(password, (luci_length_t){ 1, max });
}

/* The rule of the profile "permissive"; the other profiles only narrow it. */
static luci_result_t check_permissive(const char *username, luci_length_t bounds)
{
    int length = luci_policy_length(username);
    survey_t found = survey(username);

    if (length < 0 || length < bounds.min || length > bounds.max)
        return LUCI_INVALID;
    return found.invisible || has_blank_ends(username, &found) ? LUCI_INVALID : LUCI_OK;
}

luci_result_t luci_policy_new_name(const luci_settings_t *settings, const char *username)
{
    luci_result_t result = check_permissive(username, settings->username_length);

    if (result == LUCI_OK && settings->username_profile == LUCI_PROFILE_PRECIS &&
        !luci_precis_admits(username))
        return LUCI_INVALID;
    return result;
}

const char *luci_policy_name_rule(const luci_settings_t *settings, apr_pool_t *pool)
{
    return apr_psprintf(
        pool,
        "%d to %d characters, no control characters and no other invisible ones, no white space at "
        "either end%s",
        settings->username_length.min, settings->username_length.max,
        settings->username_profile == LUCI_PROFILE_PRECIS
            ? ", and only what RFC 8265 allows (LuciaUsernameProfile precis): letters, digits and "
              "ASCII punctuation, composed (NFC)"
            : "");
}

luci_result_t luci_policy_typed_name(const char *username, int max)
{
    int length = luci_policy_length(username);

    return length < 1 || length > max || survey(username).controls ? LUCI_INVALID : LUCI_OK;
}

luci_result_t luci_policy_label(const char *label, int max)
{
    survey_t found = survey(label);

    if (!found.is_text || found.characters < 1 || found.characters > max)
        return LUCI_INVALID;
    return found.invisible || has_blank_ends(label, &found) ? LUCI_INVALID : LUCI_OK;
}

const char *luci_policy_trim(const char *username, apr_pool_t *pool)
{
    survey_t found = survey(username);

    if (!found.is_text || !has_blank_ends(username, &found))
        return username;
    return found.ends ? apr_pstrmemdup(pool, username + found.begins, found.ends - found.begins) : "";
}

int luci_policy_fits_header(const char *value)
{
    survey_t found = survey(value);

    return found.is_text && !found.controls && !has_blank_ends(value, &found);
}

static int cased_letter_follows(const char *text)
{
    while (*text) {
        luci_code_point_t point;
        int bytes = read_point(text, &point);

        if (bytes < 0)
            return 0;
        if (!is_case_ignorable(point))
            return is_cased(point);
        text += bytes;
    }
    return 0;
}

/* Writes the lower case of one character. SpecialCasing.txt (Unicode 15.0) has two rules that apply in all
 * languages. rest is the text after the character. */
static char *write_lower(char *out, luci_code_point_t point, int cased_before, const char *rest)
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
    /* Two bytes become at most three (U+0130, U+023A, U+023E); longer characters do not grow. */
    lower = apr_palloc(pool, strlen(username) / 2 * 3 + 2);
    if (!lower)
        return LUCI_INTERNAL;
    end = lower;
    while (*username) {
        luci_code_point_t point;

        username += read_point(username, &point);
        end = write_lower(end, point, cased_before, username);
        if (!is_case_ignorable(point))
            cased_before = is_cased(point);
    }
    *end = '\0';
    *key = lower;
    return LUCI_OK;
}

/* Reduces text in place to its visible characters, with runs of white space as one space and none at the
 * ends. */
static void keep_visible(char *text)
{
    const char *from = text;
    char *to = text;

    while (*from) {
        luci_code_point_t point;
        int bytes = read_point(from, &point), blank;

        if (bytes < 0)
            break;
        blank = is_blank(point) || is_control(point) || point == 0x2800;
        if (blank && to > text && to[-1] != ' ')
            *to++ = ' ';
        if (!blank && !is_invisible(point, 0)) {
            memmove(to, from, (size_t)bytes);
            to += bytes;
        }
        from += bytes;
    }
    if (to > text && to[-1] == ' ')
        to--;
    *to = '\0';
}

luci_result_t luci_policy_appearance(const char *username, char **appearance, apr_pool_t *pool)
{
    char *folded, *text;
    luci_result_t result = luci_policy_nfkc(username, &folded, pool);

    if (result == LUCI_OK)
        result = luci_policy_key(folded, &text, pool);
    if (result == LUCI_OK)
        keep_visible(text);
    if (result == LUCI_OK)
        result = luci_policy_nfkc(text, appearance, pool);
    return result;
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
    /* Code points are converted to bytes in place; the remaining code points behind the result are wiped. */
    bytes = utf8proc_reencode(work, points, nfkc);
    if (bytes < 0) {
        explicit_bzero(work, room);
        return LUCI_INVALID;
    }
    *normalised = (char *)work;
    explicit_bzero(*normalised + bytes, room - (size_t)bytes);
    return LUCI_OK;
}

luci_result_t luci_policy_fold(const char *password, char **folded, apr_pool_t *pool)
{
    char *nfkc;
    luci_result_t result = luci_policy_nfkc(password, &nfkc, pool);

    if (result != LUCI_OK)
        return result;
    result = luci_policy_key(nfkc, folded, pool);
    luci_secret_wipe_string(nfkc);
    return result;
}
