/* SPDX-License-Identifier: Apache-2.0 */
#include "core/email/email_domain.h"

#include "core/mail/mailbox.h"

#include <apr_tables.h>
#include <string.h>

/* Both are in lower case and ASCII. "*.example.com" stands for all domains below example.com, and not for
 * example.com itself. */
static int is_of(const char *domain, const char *pattern)
{
    size_t length = strlen(domain), suffix;

    if (strncmp(pattern, "*.", 2) != 0)
        return strcmp(domain, pattern) == 0;
    suffix = strlen(pattern) - 1;
    return length > suffix && strcmp(domain + length - suffix, pattern + 1) == 0;
}

luci_result_t luci_email_check(const luci_settings_t *settings, const char *address, apr_pool_t *scratch)
{
    const apr_array_header_t *domains = settings->email_domains;
    const char *mailbox;
    luci_result_t result = luci_mailbox_check(address, &mailbox, scratch);

    if (result != LUCI_OK || !domains || domains->nelts == 0)
        return result;
    for (int i = 0; i < domains->nelts; i++) {
        if (is_of(luci_mailbox_domain(mailbox), APR_ARRAY_IDX(domains, i, const char *)))
            return LUCI_OK;
    }
    return LUCI_DENIED;
}
