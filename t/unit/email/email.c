/* SPDX-License-Identifier: Apache-2.0 */
/* The key of an address, and the address to which mails go. */
#include "core/email/email.h"

#include "lib/support.h"
#include "lib/tap.h"

#include <apr_strings.h>
#include <string.h>

static apr_pool_t *pool;

static const char *key_of(const char *address)
{
    const char *id = NULL;

    return luci_email_key_id(address, &id, pool) == LUCI_OK ? id : NULL;
}

static const char *long_address(int domain)
{
    char *text = apr_palloc(pool, 66 + (apr_size_t)domain);

    memset(text, 'a', 65 + (apr_size_t)domain);
    text[64] = '@';
    for (int i = 65 + 50; i < 65 + domain; i += 51)
        text[i] = '.';
    text[65 + domain] = '\0';
    return text;
}

static void check_keys(void)
{
    const char *longest;

    tap_is_str(key_of("Anna.Maria+Lists@Example.ORG"), "email:anna.maria+lists@example.org",
               "S5.7: the key of an address is in lower case");
    tap_is_str(key_of("anna@B\xc3\x9c"
                      "CHER.example"),
               "email:anna@xn--bcher-kva.example", "S5.7: the domain in a key is in ASCII");
    tap_is_str(key_of("Anna <anna@example.org>"), NULL, "S5.7: a display name makes no key");
    tap_is_str(key_of("alice"), NULL, "S5.7: a username makes no key");
    longest = key_of(long_address(184));
    tap_ok(longest && strlen(longest) == 255 && strncmp(longest, "email:aaa", 9) == 0,
           "S5.7: a key of 255 bytes has the address");
    longest = key_of(long_address(185));
    tap_ok(longest && strlen(longest) == 13 + 64 && strncmp(longest, "email:sha256-", 13) == 0,
           "S5.7: a longer key has the hash of the address");
}

static const char *verified(const char *second, const char *address, const char *flag)
{
    luci_settings_t settings = { .attributes =
                                     support_names((const char *const[]){ "email", second, NULL }) };
    const char *const values[] = { address, flag };
    const luci_user_t user = { .id = "u", .username = "anna", .attributes = values };
    const char *to = NULL;

    return luci_email_verified(&user, &settings, &to, pool) == LUCI_OK ? to : NULL;
}

static void check_recipients(void)
{
    static const struct {
        const char *flag;
        int is_true;
    } flags[] = { { "1", 1 }, { "t", 1 },     { "true", 1 }, { "TRUE", 1 }, { "0", 0 },  { "f", 0 },
                  { "", 0 },  { "false", 0 }, { NULL, 0 },   { "2", 0 },    { "yes", 0 } };

    for (size_t i = 0; i < sizeof flags / sizeof *flags; i++)
        tap_is_str(verified("email_verified", "a@example.org", flags[i].flag),
                   flags[i].is_true ? "a@example.org" : NULL,
                   "S5.7: the flag %s of an address counts rightly", flags[i].flag ? flags[i].flag : "NULL");
    tap_is_str(verified("other", "a@Example.org", NULL), "a@example.org",
               "S5.7: without email_verified the site vouches for the address");
    tap_is_str(verified("other", NULL, NULL), NULL, "S5.7: a user without an address gets no mail");
    tap_is_str(verified("other", "a@example.org\r\nBcc: b@example.org", NULL), NULL,
               "S5.7: a column with more than an address is no recipient");
}

static void check_comparison(void)
{
    luci_settings_t settings = { .email = LUCI_EMAIL_REQUIRED,
                                 .attributes = support_names(
                                     (const char *const[]){ "email", "email_verified", NULL }) };
    const char *values[] = { "a@example.org", "1" };
    const luci_user_t user = { .id = "u", .username = "anna", .attributes = values };

    tap_is_int(luci_email_is_proved(&user, &settings), 1, "an address with the flag is verified");
    tap_is_int(luci_email_is_missing(&user, &settings), 0, "S4.35: a verified address is not missing");
    values[1] = "0";
    tap_is_int(luci_email_is_missing(&user, &settings), 1,
               "S4.35: an address that is not verified is missing");
    settings.email = LUCI_EMAIL_OPTIONAL;
    tap_is_int(luci_email_is_missing(&user, &settings), 0, "S4.35: with optional no address is missing");
    values[1] = "1";
    values[0] = "";
    tap_is_int(luci_email_is_proved(&user, &settings), 0, "the flag alone is no verified address");
    tap_is_int(luci_email_is_column(&settings, "EMAIL"), 1, "a column is that of the address in any case");
    tap_is_int(luci_email_is_column(&settings, "email_verified"), 0, "the flag is not the address");
    settings.email = LUCI_EMAIL_OFF;
    tap_is_int(luci_email_is_column(&settings, "email"), 0, "without LuciaEmail a column is like any other");
    tap_is_int(luci_email_is_same("A@example.ORG", "a@Example.org", pool), 1, "addresses ignore case");
    tap_is_int(luci_email_is_same("a@example.org", "b@example.org", pool), 0, "two addresses differ");
    tap_is_int(luci_email_is_same("alice", "alice", pool), 0, "two names are no addresses");
}

int main(void)
{
    pool = support_start();
    check_keys();
    check_recipients();
    check_comparison();
    return tap_done();
}
