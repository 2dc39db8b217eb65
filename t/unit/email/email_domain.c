/* SPDX-License-Identifier: Apache-2.0 */
/* Which addresses LuciaEmailDomains lets accounts have. Specification: S1.93. */
#include "core/email/email_domain.h"

#include "lib/support.h"
#include "lib/tap.h"

static apr_pool_t *pool;

static luci_result_t check(const char *address)
{
    luci_settings_t settings = { .email_domains = support_names((const char *const[]){
                                     "example.com", "*.example.org", "xn--bcher-kva.example", NULL }) };

    return luci_email_check(&settings, address, pool);
}

int main(void)
{
    static const struct {
        const char *address;
        luci_result_t result;
    } cases[] = {
        { "a@example.com", LUCI_OK },
        { "A@EXAMPLE.COM", LUCI_OK },
        { "a@sub.example.com", LUCI_DENIED },
        { "a@notexample.com", LUCI_DENIED },
        { "a@example.com.evil.test", LUCI_DENIED },
        { "a@mail.example.org", LUCI_OK },
        { "a@b.c.Example.Org", LUCI_OK },
        { "a@example.org", LUCI_DENIED },
        { "a@evilexample.org", LUCI_DENIED },
        { "a@example.net", LUCI_DENIED },
        { "example.com@evil.test", LUCI_DENIED },
        { "a@b\xc3\xbc"
          "cher.example",
          LUCI_OK },
        { "a@evil.test@example.com", LUCI_INVALID },
        { "a@.example.org", LUCI_INVALID },
        { "example.com", LUCI_INVALID },
        { "", LUCI_INVALID },
    };
    luci_settings_t any = { .email_domains = NULL };

    pool = support_start();
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
        tap_is_result(check(cases[i].address), cases[i].result,
                      "S1.93: the address \"%s\" is judged by its domain", cases[i].address);
    tap_is_result(luci_email_check(&any, "a@example.net", pool), LUCI_OK,
                  "S1.93: without LuciaEmailDomains any domain is accepted");
    tap_is_result(luci_email_check(&any, "a b@example.net", pool), LUCI_INVALID,
                  "without LuciaEmailDomains what is no address is refused");
    return tap_done();
}
