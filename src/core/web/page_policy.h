/* SPDX-License-Identifier: Apache-2.0 */
/* Reads what a Content-Security-Policy allows a page. Pure. */
#ifndef LUCI_PAGE_POLICY_H
#define LUCI_PAGE_POLICY_H

#include <apr_pools.h>

/* 1 if every policy in the header's value (commas separate policies) allows a <style> element of the page
 * itself. A policy with 'unsafe-inline' does not if it also has a hash or a nonce, which makes browsers
 * ignore 'unsafe-inline'. */
int luci_page_policy_admits_style(const char *header, apr_pool_t *scratch);

#endif
