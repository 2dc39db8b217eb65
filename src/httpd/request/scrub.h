/* SPDX-License-Identifier: Apache-2.0 */
/* Removes from a request what content must not see: forged X-Lucia-* headers, the session cookie, a session
 * id in Authorization. */
#ifndef LUCI_SCRUB_H
#define LUCI_SCRUB_H

#include <httpd.h>

/* The post_read_request hook: removes headers that a client sent with our names, in any spelling that a
 * backend could confuse with them. It works once in a chain of internal redirects, at the first request that
 * reaches this hook: httpd refuses some requests before it, and runs it only for their ErrorDocument. */
int luci_scrub_request(request_rec *r);

/* Removes every header that a backend could confuse with one of ours. */
void luci_scrub_ours(apr_table_t *headers, apr_pool_t *pool);

/* Removes the session cookie (LuciaStripCookie) and, in a server with LuciaBearer On anywhere, a session id
 * in Authorization. headers are r's, or trailers that become part of them. */
void luci_scrub_secrets(request_rec *r, apr_table_t *headers);

/* Registers the filter for trailers; call once while hooks are registered. */
void luci_scrub_register_filter(void);

#endif
