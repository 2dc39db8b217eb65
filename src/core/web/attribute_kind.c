/* SPDX-License-Identifier: Apache-2.0 */
#include "core/web/attribute_kind.h"

#include "core/base/text.h"

#include <apr_lib.h>
#include <apr_strings.h>
#include <string.h>

#define EMAIL_BYTES_MAX 254 /* RFC 5321, with the length of a path */

#define LETTERS "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
#define DIGITS "0123456789"

/* The last row is for all other columns. */
static const luci_attribute_kind_t kinds[] = {
    { "email", "email", "email" },
    { "e_mail", "email", "email" },
    { "mail", "email", "email" },
    { "tel", "tel", "tel" },
    { "phone", "tel", "tel" },
    { "phone_number", "tel", "tel" },
    { "telephone", "tel", "tel" },
    { "mobile", "tel", "tel" },
    { "url", "url", "url" },
    { "website", "url", "url" },
    { "homepage", "url", "url" },
    { "name", "text", "name" },
    { "full_name", "text", "name" },
    { "given_name", "text", "given-name" },
    { "first_name", "text", "given-name" },
    { "family_name", "text", "family-name" },
    { "last_name", "text", "family-name" },
    { "display_name", "text", "nickname" },
    { "nickname", "text", "nickname" },
    { "organization", "text", "organization" },
    { "organisation", "text", "organization" },
    { "company", "text", "organization" },
    { "city", "text", "address-level2" },
    { "postal_code", "text", "postal-code" },
    { "zip", "text", "postal-code" },
    { "country", "text", "country-name" },
    { NULL, "text", "on" },
};

const luci_attribute_kind_t *luci_attribute_kind(const char *column)
{
    const luci_attribute_kind_t *kind = kinds;

    while (kind->name && strcasecmp(kind->name, column) != 0)
        kind++;
    return kind;
}

const char *luci_attribute_trim(const char *value, apr_pool_t *pool)
{
    size_t length;

    if (!value)
        return NULL;
    while (apr_isspace(*value))
        value++;
    length = strlen(value);
    while (length > 0 && apr_isspace(value[length - 1]))
        length--;
    return length ? apr_pstrmemdup(pool, value, length) : NULL;
}

/* Characters, where those beyond the basic plane count as two. */
static int units_of(const char *value)
{
    int units = 0;

    for (; *value; value++) {
        unsigned char byte = (unsigned char)*value;

        units += (byte & 0xc0) != 0x80;
        units += byte >= 0xf0;
    }
    return units;
}

/* 1 if all characters up to end are in set or not ASCII. */
static int consists_of(const char *text, const char *end, const char *set)
{
    for (; text < end; text++) {
        if (!((unsigned char)*text & 0x80) && !strchr(set, *text))
            return 0;
    }
    return 1;
}

/* Labels of letters, digits and hyphens, separated by dots. */
static int is_domain(const char *text)
{
    const char *end = text + strlen(text);

    return *text && consists_of(text, end, LETTERS DIGITS "-.") && *text != '.' && *text != '-' &&
           end[-1] != '.' && end[-1] != '-' && !strstr(text, "..");
}

/* As in HTML, and beyond ASCII, too. */
static int is_email(const char *value)
{
    const char *at = strchr(value, '@');

    return at && at > value && strlen(value) <= EMAIL_BYTES_MAX &&
           consists_of(value, at, LETTERS DIGITS ".!#$%&'*+/=?^_`{|}~-") && is_domain(at + 1);
}

static int is_tel(const char *value)
{
    return strpbrk(value, DIGITS) && strspn(value, DIGITS " +-()./#*") == strlen(value);
}

/* Only web addresses, because pages show them as links. */
static int is_url(const char *value)
{
    const char *host = NULL;

    if (strncasecmp(value, "https://", 8) == 0)
        host = value + 8;
    else if (strncasecmp(value, "http://", 7) == 0)
        host = value + 7;
    return host && *host && !strchr("/?#:@", *host) && !strpbrk(value, " \"<>\\^`{|}");
}

luci_result_t luci_attribute_check(const luci_attribute_kind_t *kind, const char *value)
{
    int is_good = luci_text_printable_bytes(value, strlen(value)) == strlen(value) &&
                  units_of(value) <= LUCI_ATTRIBUTE_UNITS_MAX;

    if (is_good && strcmp(kind->type, "email") == 0)
        is_good = is_email(value);
    else if (is_good && strcmp(kind->type, "tel") == 0)
        is_good = is_tel(value);
    else if (is_good && strcmp(kind->type, "url") == 0)
        is_good = is_url(value);
    return is_good ? LUCI_OK : LUCI_INVALID;
}

const char *luci_attribute_label(const char *column, apr_pool_t *pool)
{
    char *label = apr_pstrdup(pool, column);

    label[0] = (char)apr_toupper(label[0]);
    for (char *c = label; *c; c++) {
        if (*c == '_')
            *c = ' ';
    }
    return label;
}
