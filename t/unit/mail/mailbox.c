/* SPDX-License-Identifier: Apache-2.0 */
/* Which addresses are accepted, and in which form. */
#include "core/mail/mailbox.h"

#include "lib/support.h"
#include "lib/tap.h"

#include <apr_strings.h>
#include <string.h>

static apr_pool_t *pool;

static void accepts(const char *text, const char *want)
{
    const char *mailbox = NULL;

    tap_is_result(luci_mailbox_check(text, &mailbox, pool), LUCI_OK, "the address %s is accepted", text);
    tap_is_str(mailbox, want, "the address %s is written so", text);
}

static void refuses(const char *text, const char *what)
{
    const char *mailbox = NULL;

    tap_is_result(luci_mailbox_check(text, &mailbox, pool), LUCI_INVALID, "%s is no address", what);
    tap_is_str(mailbox, NULL, "%s leaves the output alone", what);
}

static const char *repeated(const char *text, int times)
{
    const char *all = "";

    for (int i = 0; i < times; i++)
        all = apr_pstrcat(pool, all, text, NULL);
    return all;
}

static void check_accepted(void)
{
    accepts("anna@example.org", "anna@example.org");
    accepts("Anna.Maria+Lists@Example.ORG", "Anna.Maria+Lists@example.org");
    accepts("o'neil=x_{1}@a-b.example", "o'neil=x_{1}@a-b.example");
    accepts("root@localhost", "root@localhost");
    accepts("-f@example.org", "-f@example.org");
    accepts("anna@b\xc3\xbc"
            "cher.example",
            "anna@xn--bcher-kva.example");
    accepts("anna@B\xc3\x9c"
            "CHER.example",
            "anna@xn--bcher-kva.example");
    accepts("anna@bu\xcc\x88"
            "cher.example",
            "anna@xn--bcher-kva.example");
    accepts("anna@stra\xc3\x9f"
            "e.example",
            "anna@xn--strae-oqa.example");
    accepts("anna@xn--bcher-kva.example", "anna@xn--bcher-kva.example");
}

static void check_refused(void)
{
    refuses("", "the empty text");
    refuses("anna", "a name");
    refuses("@example.org", "an address without a local part");
    refuses("anna@", "an address without a domain");
    refuses("anna@@example.org", "an address with two at signs");
    refuses("anna@example.org@example.com", "an address with two domains");
    refuses("anna@example.org,bea@example.org", "a list with a comma");
    refuses("anna@example.org bea@example.org", "a list with a blank");
    refuses("Anna <anna@example.org>", "an address with a display name");
    refuses("<anna@example.org>", "an address in angle brackets");
    refuses("anna@example.org\r\nBcc: bea@example.org", "an address with another header");
    refuses("an\nna@example.org", "a line feed in the local part");
    refuses("anna@exam\nple.org", "a line feed in the domain");
    refuses("anna@example.org\n", "an address with a line feed behind it");
    refuses(" anna@example.org", "an address with a blank before it");
    refuses("\"an na\"@example.org", "a quoted local part");
    refuses("anna(x)@example.org", "an address with a comment");
    refuses(".anna@example.org", "a local part that begins with a dot");
    refuses("anna.@example.org", "a local part that ends with a dot");
    refuses("an..na@example.org", "a local part with two dots");
    refuses("\xc3\xa4nna@example.org", "a local part outside of ASCII");
    refuses("anna@example.org.", "a domain that ends with a dot");
    refuses("anna@.example.org", "a domain that begins with a dot");
    refuses("anna@example..org", "a domain with two dots");
    refuses("anna@-example.org", "a label that begins with a hyphen");
    refuses("anna@exam_ple.org", "a domain with an underscore");
    refuses("anna@[127.0.0.1]", "an address literal");
    refuses("anna@127.0.0.1", "an IPv4 address");
    refuses("anna@exam\xffple.org", "a domain that is not UTF-8");
    refuses("anna@exam\xc2\xadple.org\xc2\x85", "a domain with a control character");
    refuses("anna@example.org>", "a domain with an angle bracket");
    refuses("anna@example.org\xef\xbc\xa0"
            "example.com",
            "a domain with a wide at sign");
    refuses("anna@exam\xef\xbc\x9eple.org", "a domain with a wide angle bracket");
}

static void check_lengths(void)
{
    const char *label = repeated("a", 63);

    accepts(apr_pstrcat(pool, repeated("l", 64), "@example.org", NULL),
            apr_pstrcat(pool, repeated("l", 64), "@example.org", NULL));
    refuses(apr_pstrcat(pool, repeated("l", 65), "@example.org", NULL), "a local part of 65 bytes");
    accepts(apr_pstrcat(pool, "a@", label, ".example", NULL),
            apr_pstrcat(pool, "a@", label, ".example", NULL));
    refuses(apr_pstrcat(pool, "a@", label, "a.example", NULL), "a label of 64 bytes");
    refuses(apr_pstrcat(pool, "a@", label, ".", label, ".", label, ".", label, NULL),
            "a domain of 255 bytes");
    refuses(repeated("a@b.", 100), "an address of 400 bytes");
}

/* The limits of a domain hold for what is sent, that of an address for what was typed as well. */
static void check_longest(void)
{
    const char *local = repeated("l", 64), *label = repeated("a", 63), *umlauts = repeated("\xc3\xbc", 30);
    const char *domain = apr_pstrcat(pool, label, ".", label, ".", label, ".", repeated("b", 61), NULL);
    const char *wide = apr_pstrcat(pool, local, "@", umlauts, ".", umlauts, ".", umlauts, ".", umlauts, NULL);
    const char *result = NULL;

    accepts(apr_pstrcat(pool, local, "@", domain, NULL), apr_pstrcat(pool, local, "@", domain, NULL));
    refuses(apr_pstrcat(pool, local, "@", domain, "b", NULL), "a domain of 254 bytes");
    wide = apr_pstrcat(pool, wide, ".examplesite", NULL);
    tap_is_int(strlen(wide), 320, "an international address of 320 bytes");
    tap_is_result(luci_mailbox_check(wide, &result, pool), LUCI_OK, "an address of 320 bytes is accepted");
    refuses(apr_pstrcat(pool, wide, "s", NULL), "an address of 321 bytes");
    refuses(apr_pstrcat(pool, "a@", umlauts, umlauts, ".example", NULL),
            "a label that is longer than 63 bytes in ASCII");
}

int main(void)
{
    pool = support_start();
    check_accepted();
    check_refused();
    check_lengths();
    check_longest();
    tap_is_str(luci_mailbox_domain("anna@example.org"), "example.org", "the domain of an address");
    return tap_done();
}
