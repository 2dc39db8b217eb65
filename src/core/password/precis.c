/* SPDX-License-Identifier: Apache-2.0 */
#include "core/password/precis.h"

#include "core/password/code_points.h"

#include <stddef.h>
#include <string.h>
#include <utf8proc.h>

/* A username has at most 255 UTF-16 units (LuciaUsernameLength). */
#define POINTS_MAX 256

static const luci_code_points_t none[] = { { -1, -1 } };

/* RFC 8264, section 9.6 (Exceptions): allowed and refused independently of their category. */
static const luci_code_points_t allowed[] = {
    { 0xDF, 0xDF }, { 0x3C2, 0x3C2 }, { 0x6FD, 0x6FE }, { 0xF0B, 0xF0B }, { 0x3007, 0x3007 },
};
static const luci_code_points_t refused[] = {
    { 0x640, 0x640 },   { 0x7FA, 0x7FA },     { 0x302E, 0x302F }, { 0x3031, 0x3035 }, { 0x303B, 0x303B },
    { 0x1100, 0x11FF }, { 0xA960, 0xA97F },   { 0xD7B0, 0xD7FF }, /* section 9.9: OldHangulJamo */
    { 0x34F, 0x34F },   { 0x17B4, 0x17B5 },   { 0x180B, 0x180F }, /* section 9.13: default ignorable marks */
    { 0xFE00, 0xFE0F }, { 0xE0100, 0xE01EF },
};

/* The scripts that the context rules name, from Scripts.txt. */
static const luci_code_points_t greek[] = { { 0x370, 0x3E1 }, { 0x3F0, 0x3FF }, { 0x1F00, 0x1FFF } };
static const luci_code_points_t hebrew[] = { { 0x591, 0x5F4 }, { 0xFB1D, 0xFB4F } };
static const luci_code_points_t kana_or_han[] = {
    { 0x3005, 0x3005 }, { 0x3007, 0x3007 }, { 0x3041, 0x3096 },   { 0x309D, 0x309F },
    { 0x30A1, 0x30FA }, { 0x30FD, 0x30FF }, { 0x31F0, 0x31FF },   { 0x3400, 0x4DBF },
    { 0x4E00, 0x9FFF }, { 0xF900, 0xFAFF }, { 0x1B000, 0x1B16F }, { 0x20000, 0x3FFFD },
};
static const luci_code_points_t arabic_digits[] = { { 0x660, 0x669 } };
static const luci_code_points_t extended_arabic_digits[] = { { 0x6F0, 0x6F9 } };

#define COUNT(table) (sizeof(table) / sizeof(table)[0])
/* ---- The context of a character: RFC 5892, appendix A ---- */

typedef struct {
    const luci_code_point_t *points;
    size_t count;
} part_t;

/* Where a character of the wanted set must occur: before or after the character, anywhere or nowhere in the
 * part. */
typedef enum { BEFORE, BEHIND, BOTH_SIDES, SOMEWHERE, NOWHERE } place_t;

typedef struct {
    luci_code_points_t characters;
    place_t place;
    const luci_code_points_t *wanted;
    size_t wanted_count;
} context_t;

static const luci_code_points_t small_l[] = { { 'l', 'l' } };

static const context_t contexts[] = {
    { { 0xB7, 0xB7 }, BOTH_SIDES, small_l, COUNT(small_l) },
    { { 0x375, 0x375 }, BEHIND, greek, COUNT(greek) },
    { { 0x5F3, 0x5F4 }, BEFORE, hebrew, COUNT(hebrew) },
    { { 0x30FB, 0x30FB }, SOMEWHERE, kana_or_han, COUNT(kana_or_han) },
    { { 0x660, 0x669 }, NOWHERE, extended_arabic_digits, COUNT(extended_arabic_digits) },
    { { 0x6F0, 0x6F9 }, NOWHERE, arabic_digits, COUNT(arabic_digits) },
    { { 0x200C, 0x200D },
      SOMEWHERE,
      none,
      COUNT(none) }, /* joiners are never allowed: they are format characters */
};

static int is_somewhere(const part_t *part, const context_t *context)
{
    for (size_t i = 0; i < part->count; i++) {
        if (luci_code_points_contain(context->wanted, context->wanted_count, part->points[i]))
            return 1;
    }
    return 0;
}

static int fits_context(const part_t *part, size_t at, const context_t *context)
{
    int before =
            at > 0 && luci_code_points_contain(context->wanted, context->wanted_count, part->points[at - 1]),
        behind = at + 1 < part->count &&
                 luci_code_points_contain(context->wanted, context->wanted_count, part->points[at + 1]);

    switch (context->place) {
    case BEFORE: return before;
    case BEHIND: return behind;
    case BOTH_SIDES: return before && behind;
    case SOMEWHERE: return is_somewhere(part, context);
    case NOWHERE: return !is_somewhere(part, context);
    }
    return 0;
}

/* ---- The IdentifierClass: RFC 8264, section 8 ---- */

/* Section 9.17 (HasCompat). Halfwidth and fullwidth forms have a compatible form, too, so that they are
 * rejected. */
static int has_compatible_form(luci_code_point_t point)
{
    luci_code_point_t normal[32];
    utf8proc_uint8_t bytes[5] = { 0 };
    utf8proc_ssize_t length = utf8proc_encode_char(point, bytes),
                     count = utf8proc_decompose(bytes, length, normal, (utf8proc_ssize_t)COUNT(normal),
                                                UTF8PROC_STABLE | UTF8PROC_COMPOSE | UTF8PROC_COMPAT);

    if (count < 0 || count > (utf8proc_ssize_t)COUNT(normal))
        return 1;
    count = utf8proc_normalize_utf32(normal, count, UTF8PROC_STABLE | UTF8PROC_COMPOSE);
    return count != 1 || normal[0] != point;
}

static int is_letter_or_digit(luci_code_point_t point)
{
    switch (utf8proc_category(point)) {
    case UTF8PROC_CATEGORY_LL:
    case UTF8PROC_CATEGORY_LU:
    case UTF8PROC_CATEGORY_LO:
    case UTF8PROC_CATEGORY_ND:
    case UTF8PROC_CATEGORY_LM:
    case UTF8PROC_CATEGORY_MN:
    case UTF8PROC_CATEGORY_MC: return 1;
    default: return 0;
    }
}

static int is_in_class(const part_t *part, size_t at)
{
    luci_code_point_t point = part->points[at];

    if (LUCI_AMONG(point, allowed))
        return 1;
    if (LUCI_AMONG(point, refused))
        return 0;
    for (size_t i = 0; i < COUNT(contexts); i++) {
        if (luci_code_points_contain(&contexts[i].characters, 1, point))
            return fits_context(part, at, &contexts[i]);
    }
    if (point < 0x80)
        return point > ' ' && point < 0x7F;
    return is_letter_or_digit(point) && !has_compatible_form(point);
}

/* ---- The Bidi rule: RFC 5893, section 2 ---- */

static utf8proc_bidi_class_t direction(luci_code_point_t point)
{
    return (utf8proc_bidi_class_t)utf8proc_get_property(point)->bidi_class;
}

#define BIT(direction) (1u << (direction))
#define RIGHT (BIT(UTF8PROC_BIDI_CLASS_R) | BIT(UTF8PROC_BIDI_CLASS_AL))
#define EITHER                                                                                               \
    (BIT(UTF8PROC_BIDI_CLASS_EN) | BIT(UTF8PROC_BIDI_CLASS_ES) | BIT(UTF8PROC_BIDI_CLASS_CS) |               \
     BIT(UTF8PROC_BIDI_CLASS_ET) | BIT(UTF8PROC_BIDI_CLASS_ON) | BIT(UTF8PROC_BIDI_CLASS_BN) |               \
     BIT(UTF8PROC_BIDI_CLASS_NSM))
#define NUMBERS (BIT(UTF8PROC_BIDI_CLASS_EN) | BIT(UTF8PROC_BIDI_CLASS_AN))

static int fits_bidi(const part_t *part)
{
    unsigned seen = 0, first = BIT(direction(part->points[0])), last;
    size_t end = part->count;

    for (size_t i = 0; i < part->count; i++)
        seen |= BIT(direction(part->points[i]));
    if (!(seen & (RIGHT | BIT(UTF8PROC_BIDI_CLASS_AN))))
        return 1;
    while (end > 1 && direction(part->points[end - 1]) == UTF8PROC_BIDI_CLASS_NSM)
        end--;
    last = BIT(direction(part->points[end - 1]));
    if (first & RIGHT)
        return !(seen & ~(RIGHT | EITHER | NUMBERS)) && (last & (RIGHT | NUMBERS)) &&
               (seen & NUMBERS) != NUMBERS;
    return first == BIT(UTF8PROC_BIDI_CLASS_L) && !(seen & ~(first | EITHER)) &&
           (last & (first | BIT(UTF8PROC_BIDI_CLASS_EN)));
}

/* ---- Names ---- */

static int is_userpart(const part_t *part)
{
    for (size_t i = 0; i < part->count; i++) {
        if (!is_in_class(part, i))
            return 0;
    }
    return part->count > 0 && fits_bidi(part);
}

/* 1 if the name is in NFC. */
static int is_composed(const char *name, const luci_code_point_t *points, size_t count)
{
    const utf8proc_option_t nfc = UTF8PROC_STABLE | UTF8PROC_COMPOSE;
    luci_code_point_t composed[POINTS_MAX * 4]; /* a character decomposes into at most four */
    utf8proc_ssize_t length =
        utf8proc_decompose((const utf8proc_uint8_t *)name, (utf8proc_ssize_t)strlen(name), composed,
                           (utf8proc_ssize_t)COUNT(composed), nfc);

    if (length < 0 || length > (utf8proc_ssize_t)COUNT(composed))
        return 0;
    length = utf8proc_normalize_utf32(composed, length, nfc);
    return length == (utf8proc_ssize_t)count && memcmp(composed, points, count * sizeof *points) == 0;
}

int luci_precis_admits(const char *name)
{
    luci_code_point_t points[POINTS_MAX];
    size_t count = 0, start = 0;

    for (const char *at = name; *at;) {
        utf8proc_ssize_t bytes = utf8proc_iterate((const utf8proc_uint8_t *)at, -1, &points[count]);

        if (bytes <= 0 || ++count == POINTS_MAX)
            return 0;
        at += bytes;
    }
    for (size_t i = 0; i <= count; i++) {
        if (i < count && points[i] != ' ')
            continue;
        if (!is_userpart(&(part_t){ points + start, i - start }))
            return 0;
        start = i + 1;
    }
    return is_composed(name, points, count);
}
