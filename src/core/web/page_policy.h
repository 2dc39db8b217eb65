/* SPDX-License-Identifier: Apache-2.0 */
/* What a Content-Security-Policy lets a page do. Pure. */
#ifndef LUCI_PAGE_POLICY_H
#define LUCI_PAGE_POLICY_H

#include <apr_pools.h>

/* 1 when every policy of the header's value (a comma separates policies) lets a <style> element of the page
 * itself apply. A hash or a nonce makes browsers ignore 'unsafe-inline', so such a policy does not. */
int luci_page_policy_admits_style(const char *header, apr_pool_t *scratch);

#endif
