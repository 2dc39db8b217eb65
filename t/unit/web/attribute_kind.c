/* SPDX-License-Identifier: Apache-2.0 */
/* S1.37: what is asked for an attribute, by the name of its column, and which values are accepted. */
#include "core/web/attribute_kind.h"
#include "lib/tap.h"

#include <apr_general.h>
#include <string.h>

static apr_pool_t *pool;

static void check_kinds(void)
{
    static const struct {
        const char *column, *type, *autocomplete;
    } table[] = {
        { "email", "email", "email" },
        { "EMail", "email", "email" },
        { "phone", "tel", "tel" },
        { "website", "url", "url" },
        { "given_name", "text", "given-name" },
        { "display_name", "text", "nickname" },
        { "emails", "text", "on" },
        { "favourite_colour", "text", "on" },
    };

    for (size_t i = 0; i < sizeof table / sizeof *table; i++) {
        const luci_attribute_kind_t *kind = luci_attribute_kind(table[i].column);

        tap_is_str(kind->type, table[i].type, "the input of %s", table[i].column);
        tap_is_str(kind->autocomplete, table[i].autocomplete, "what browsers fill in for %s",
                   table[i].column);
    }
    tap_is_str(luci_attribute_label("favourite_colour", pool), "Favourite colour",
               "the label is made from the name");
}

static void check_values(void)
{
    static const struct {
        const char *column, *value;
        luci_result_t want;
    } table[] = {
        { "email", "a@b", LUCI_OK },
        { "email", "first.last+tag@mail.example.org", LUCI_OK },
        { "email", "j\xc3\xb6rg@m\xc3\xbcnchen.example", LUCI_OK },
        { "email", "@example.org", LUCI_INVALID },
        { "email", "a@", LUCI_INVALID },
        { "email", "a@b@c", LUCI_INVALID },
        { "email", "a b@example.org", LUCI_INVALID },
        { "email", "a@-example.org", LUCI_INVALID },
        { "email", "a@example..org", LUCI_INVALID },
        { "email", "a@example.org.", LUCI_INVALID },
        { "email", "<a@example.org>", LUCI_INVALID },
        { "email", "a@example.org\r\nBcc: b@example.org", LUCI_INVALID },
        { "phone", "+49 (30) 1234-5", LUCI_OK },
        { "phone", "+-", LUCI_INVALID },
        { "phone", "12a", LUCI_INVALID },
        { "url", "https://example.org/a?b#c", LUCI_OK },
        { "url", "HTTP://example.org", LUCI_OK },
        { "url", "javascript:alert(1)", LUCI_INVALID },
        { "url", "https://", LUCI_INVALID },
        { "url", "https:///a", LUCI_INVALID },
        { "url", "https://a b", LUCI_INVALID },
        { "url", "ftp://example.org", LUCI_INVALID },
        { "name", "J\xc3\xb6rg \"Jo\" <x>", LUCI_OK },
        { "name", "a\tb", LUCI_INVALID },
        { "name", "a\x7f", LUCI_INVALID },
    };
    char longest[4 * LUCI_ATTRIBUTE_UNITS_MAX + 8] = "";

    for (size_t i = 0; i < sizeof table / sizeof *table; i++)
        tap_is_result(luci_attribute_check(luci_attribute_kind(table[i].column), table[i].value),
                      table[i].want, "%s: %s", table[i].column, table[i].value);
    for (int i = 0; i < LUCI_ATTRIBUTE_UNITS_MAX; i++)
        strcat(longest, "\xc3\xa4");
    tap_is_result(luci_attribute_check(luci_attribute_kind("name"), longest), LUCI_OK,
                  "255 characters are accepted");
    strcat(longest, "a");
    tap_is_result(luci_attribute_check(luci_attribute_kind("name"), longest), LUCI_INVALID,
                  "256 characters are too many");
}

static void check_trim(void)
{
    tap_is_str(luci_attribute_trim(NULL, pool), NULL, "no value stays none");
    tap_is_str(luci_attribute_trim(" \t ", pool), NULL, "white space is no value");
    tap_is_str(luci_attribute_trim("  a b ", pool), "a b", "white space inside of a value stays");
}

int main(void)
{
    apr_initialize();
    apr_pool_create(&pool, NULL);
    check_kinds();
    check_values();
    check_trim();
    apr_pool_destroy(pool);
    apr_terminate();
    return tap_done();
}
