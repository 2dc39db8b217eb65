/* SPDX-License-Identifier: Apache-2.0 */
/* The input is an address. */
#include "fuzz.h"

#include "core/email/email_domain.h"
#include "core/mail/mailbox.h"

#include <apr_tables.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* What is accepted can be put into a header and into a command as it is, and is accepted again. */
static void fuzz_email_mailbox(const char *mailbox, apr_pool_t *pool)
{
    const char *again, *at = strchr(mailbox, '@');

    FUZZ_CHECK(strlen(mailbox) <= LUCI_MAILBOX_BYTES_MAX && at && at > mailbox &&
               strrchr(mailbox, '@') == at);
    for (const char *c = mailbox; *c; c++)
        FUZZ_CHECK(*c > ' ' && *c <= '~' && !strchr("<>()[],:;\\\"", *c) && (c < at || *c < 'A' || *c > 'Z'));
    FUZZ_CHECK(strcmp(luci_mailbox_domain(mailbox), at + 1) == 0);
    FUZZ_CHECK(luci_mailbox_check(mailbox, &again, pool) == LUCI_OK && strcmp(mailbox, again) == 0);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const char *const domains[] = { "example.com", "*.example.org" };
    char *text = fuzz_copy(data, size, 1);
    apr_pool_t *pool = fuzz_pool();
    luci_settings_t settings = { .email_domains = apr_array_make(pool, 2, sizeof(const char *)) };
    const char *mailbox = NULL;
    luci_result_t result = luci_mailbox_check(text, &mailbox, pool), checked;

    for (int i = 0; i < 2; i++)
        APR_ARRAY_PUSH(settings.email_domains, const char *) = domains[i];
    checked = luci_email_check(&settings, text, pool);
    FUZZ_CHECK(result == LUCI_OK ? checked == LUCI_OK || checked == LUCI_DENIED
                                 : result == LUCI_INVALID && checked == LUCI_INVALID);
    if (result == LUCI_OK)
        fuzz_email_mailbox(mailbox, pool);
    if (checked == LUCI_OK)
        FUZZ_CHECK(strcmp(luci_mailbox_domain(mailbox), domains[0]) == 0 || strstr(mailbox, domains[1] + 1));
    apr_pool_destroy(pool);
    free(text);
    return 0;
}
