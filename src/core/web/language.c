/* SPDX-License-Identifier: Apache-2.0 */
#include "core/web/language.h"

#include <apr_cstr.h>
#include <apr_lib.h>
#include <apr_strings.h>

#include <string.h>

#define HEADER_BYTES_MAX 4096
#define BLANKS " \t"

static int is_letter(char c)
{
    return apr_isascii(c) && apr_isalpha(c);
}

static int is_tag_character(char c)
{
    return apr_isascii(c) && apr_isalnum(c);
}

/* ---- Tags ---- */

/* Subtags have one to eight letters and digits, the first one two or more letters. */
static int is_tag(const char *text)
{
    size_t length = 0, letters = 0;
    int subtags = 0;

    for (const char *at = text;; at++) {
        if (*at == '-' || *at == '\0') {
            if (length == 0 || length > 8 || (subtags == 0 && (letters < 2 || letters != length)))
                return 0;
            if (*at == '\0')
                return at - text <= LUCI_LANGUAGE_BYTES_MAX;
            subtags++;
            length = letters = 0;
        }
        else if (is_tag_character(*at)) {
            length++;
            letters += (size_t)is_letter(*at);
        }
        else {
            return 0;
        }
    }
}

/* The case of one subtag (RFC 5646, section 2.1.1): a region is in capitals, a script begins with one. */
static void set_case(char *subtag, size_t length, int is_first)
{
    for (size_t i = 0; i < length; i++) {
        int upper = !is_first && (length == 2 || (length == 4 && i == 0));

        subtag[i] = (char)(upper ? apr_toupper(subtag[i]) : apr_tolower(subtag[i]));
    }
}

const char *luci_language_tag(const char *text, apr_pool_t *pool)
{
    char *tag;

    if (!is_tag(text))
        return NULL;
    tag = apr_pstrdup(pool, text);
    for (char *subtag = tag; *subtag;) {
        size_t length = strcspn(subtag, "-");

        set_case(subtag, length, subtag == tag);
        subtag += length;
        subtag += *subtag == '-';
    }
    return tag;
}

/* ---- Accept-Language ---- */

/* A part of the header, borrowed. */
typedef struct {
    const char *start;
    size_t length;
} span_t;

static span_t trim(const char *start, const char *end)
{
    while (start < end && strchr(BLANKS, *start))
        start++;
    while (end > start && strchr(BLANKS, end[-1]))
        end--;
    return (span_t){ start, (size_t)(end - start) };
}

/* A weight in thousandths (RFC 9110, section 12.4.2); -1: it is malformed. */
static int weight_of(span_t text)
{
    int weight, digit = 100;

    if (text.length == 0 || text.length > 5 || (*text.start != '0' && *text.start != '1') ||
        (text.length > 1 && text.start[1] != '.'))
        return -1;
    weight = (*text.start - '0') * 1000;
    for (size_t i = 2; i < text.length; i++, digit /= 10) {
        if (!apr_isascii(text.start[i]) || !apr_isdigit(text.start[i]))
            return -1;
        weight += (text.start[i] - '0') * digit;
    }
    return weight <= 1000 ? weight : -1;
}

/* An element of the header: a range with its weight. */
typedef struct {
    span_t range;
    int weight; /* -1: the element is malformed */
} element_t;

static element_t read_element(const char *start, const char *end)
{
    const char *semicolon = memchr(start, ';', (size_t)(end - start));
    element_t element = { trim(start, semicolon ? semicolon : end), 1000 };
    span_t parameter;

    if (!semicolon)
        return element;
    parameter = trim(semicolon + 1, end);
    if (parameter.length < 2 || (*parameter.start != 'q' && *parameter.start != 'Q') ||
        parameter.start[1] != '=')
        element.weight = -1;
    else
        element.weight = weight_of((span_t){ parameter.start + 2, parameter.length - 2 });
    return element;
}

static int is_any(span_t range)
{
    return range.length == 1 && *range.start == '*';
}

static int find_language(const apr_array_header_t *languages, span_t range)
{
    for (int i = 0; i < languages->nelts; i++) {
        const char *tag = APR_ARRAY_IDX(languages, i, const char *);

        if (strlen(tag) == range.length && apr_cstr_casecmpn(tag, range.start, range.length) == 0)
            return i;
    }
    return -1;
}

/* The range without its last subtag, and without a single character before that (RFC 4647, section 3.4). */
static span_t shorten(span_t range)
{
    while (range.length > 0 && range.start[range.length - 1] != '-')
        range.length--;
    range.length -= range.length > 0;
    if (range.length > 1 && range.start[range.length - 2] == '-')
        range.length -= 2;
    return range;
}

static int look_up(const apr_array_header_t *languages, span_t range)
{
    int found = -1;

    if (range.length > LUCI_LANGUAGE_BYTES_MAX)
        return -1;
    for (; range.length > 0 && found < 0; range = shorten(range))
        found = find_language(languages, range);
    return found;
}

/* What the header has said so far. */
typedef struct {
    int chosen;       /* -1: none */
    int weight;       /* of the chosen one */
    int any;          /* the header has "*" with a weight above 0 */
    unsigned refused; /* bit i: language i has weight 0 */
} wishes_t;

static void note(wishes_t *wishes, const apr_array_header_t *languages, const element_t *element)
{
    int found;

    if (is_any(element->range)) {
        wishes->any |= element->weight > 0;
        return;
    }
    if (element->weight == 0) {
        found = find_language(languages, element->range);
        if (found >= 0)
            wishes->refused |= 1U << found;
        return;
    }
    found = element->weight > wishes->weight ? look_up(languages, element->range) : -1;
    if (found >= 0) {
        wishes->chosen = found;
        wishes->weight = element->weight;
    }
}

static int first_admitted(const apr_array_header_t *languages, unsigned refused)
{
    for (int i = 0; i < languages->nelts; i++) {
        if (!(refused & (1U << i)))
            return i;
    }
    return 0;
}

int luci_language_choose(const apr_array_header_t *languages, const char *header)
{
    wishes_t wishes = { .chosen = -1 };
    size_t length = header ? strnlen(header, HEADER_BYTES_MAX) : 0;
    const char *end = header + length, *next;

    for (const char *start = header; length > 0 && start < end; start = next + 1) {
        element_t element;

        next = memchr(start, ',', (size_t)(end - start));
        if (!next)
            next = end;
        element = read_element(start, next);
        if (element.weight >= 0 && element.range.length > 0)
            note(&wishes, languages, &element);
    }
    if (wishes.chosen >= 0)
        return wishes.chosen;
    return wishes.any ? first_admitted(languages, wishes.refused) : 0;
}
