/* SPDX-License-Identifier: Apache-2.0 */
/* For which names passkeys are made, and on which origins they work. Specification: S9.83. */
#include "core/passkey/relying_party.h"

#include "lib/support.h"
#include "lib/tap.h"

int main(void)
{
    static const struct {
        const char *server, *origin;
        luci_result_t result;
        const char *id;
    } cases[] = {
        { "example.com", "https://example.com", LUCI_OK, "example.com" },
        { "Example.COM", "https://example.com", LUCI_OK, "example.com" },
        { "example.com", "https://example.com:8443", LUCI_OK, "example.com" },
        { "example.com", "https://www.example.com", LUCI_OK, "example.com" },
        { "www.example.com", "https://example.com", LUCI_DENIED, NULL },
        { "example.com", "https://evilexample.com", LUCI_DENIED, NULL },
        { "example.com", "https://example.com.evil.org", LUCI_DENIED, NULL },
        { "example.com", "https://evil.org", LUCI_DENIED, NULL },
        { "example.com", "http://example.com", LUCI_DENIED, NULL },
        { "example.com", "http://localhost", LUCI_OK, "localhost" },
        { "example.com", "http://localhost:8080", LUCI_OK, "localhost" },
        { "example.com", "https://localhost", LUCI_OK, "localhost" },
        { "localhost", "http://localhost:8080", LUCI_OK, "localhost" },
        { NULL, "http://localhost:8080", LUCI_OK, "localhost" },
        { "example.com", "http://localhost.example.com", LUCI_DENIED, NULL },
        { "example.com", "http://127.0.0.1", LUCI_DENIED, NULL },
        { "192.0.2.1", "https://192.0.2.1", LUCI_INVALID, NULL },
        { "2001:db8::1", "https://[2001:db8::1]", LUCI_INVALID, NULL },
        { "intranet", "https://intranet", LUCI_INVALID, NULL },
        { "com.", "https://a.com.", LUCI_INVALID, NULL },
        { ".com", "https://a.com", LUCI_INVALID, NULL },
        { "a..com", "https://a..com", LUCI_INVALID, NULL },
        { "a b.com", "https://a.com", LUCI_INVALID, NULL },
        { "example.com", NULL, LUCI_DENIED, NULL },
        { "example.com", "null", LUCI_DENIED, NULL },
        { NULL, "https://example.com", LUCI_INVALID, NULL },
        { "", "https://example.com", LUCI_INVALID, NULL },
    };
    apr_pool_t *pool = support_start();

    for (int i = 0; i < COUNT(cases); i++) {
        luci_relying_party_t party;

        tap_is_result(luci_relying_party_find(cases[i].server, cases[i].origin, &party, pool),
                      cases[i].result, "a page of %s on a site with the name %s",
                      cases[i].origin ? cases[i].origin : "no origin",
                      cases[i].server ? cases[i].server : "unknown");
        if (cases[i].result == LUCI_OK)
            tap_is_str(party.id, cases[i].id, "the id for a page of %s", cases[i].origin);
    }
    return tap_done();
}
