/* SPDX-License-Identifier: Apache-2.0 */
/* Which addresses accounts may have. */
#ifndef LUCI_EMAIL_DOMAIN_H
#define LUCI_EMAIL_DOMAIN_H

#include "core/base/result.h"
#include "core/base/settings.h"

#include <apr_pools.h>

/* Checks an address that a user typed, at sign-up or for a change. OK: an account may have it. INVALID: it is
 * not an address (luci_mailbox_check). DENIED: LuciaEmailDomains does
 * not list its domain. */
luci_result_t luci_email_check(const luci_settings_t *settings, const char *address,
                               apr_pool_t *scratch) LUCI_MUST_USE;

#endif
