/* SPDX-License-Identifier: Apache-2.0 */
/* The Content-Security-Policy of the pages, and what another one allows a page. Pure. */
#ifndef LUCI_PAGE_POLICY_H
#define LUCI_PAGE_POLICY_H

#include <apr_pools.h>

/* The policy of the pages, from pool or constant: they contain their style, and no script; images and fonts
 * are of this site, and so are forms. images is one more origin for images, canonical; NULL: none. script is
 * the absolute URL of the one script that the page may load; NULL: none. */
const char *luci_page_policy(const char *images, const char *script, apr_pool_t *pool);

/* 1 if every policy in the header's value (commas separate policies) allows a <style> element of the page
 * itself. A policy with 'unsafe-inline' does not if it also has a hash or a nonce, which makes browsers
 * ignore 'unsafe-inline'. */
int luci_page_policy_admits_style(const char *header, apr_pool_t *scratch);

#endif
