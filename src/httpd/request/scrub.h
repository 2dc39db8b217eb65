/* SPDX-License-Identifier: Apache-2.0 */
/* Removes from a request what content must not see: forged X-Lucia-* headers, the session cookie, a session
 * id in Authorization. */
#ifndef LUCI_SCRUB_H
#define LUCI_SCRUB_H

#include <httpd.h>

/* The post_read_request hook: removes what a client sent under our headers' names, in any spelling that a
 * backend could take for them. Runs once per chain of internal redirects, at its first request that gets this
 * far: httpd refuses some requests before this hook and runs it for their ErrorDocument only. */
int luci_scrub_request(request_rec *r);

/* Removes every header that a backend could take for one of ours. */
void luci_scrub_ours(apr_table_t *headers, apr_pool_t *pool);

/* Removes the session cookie (LuciaStripCookie) and, in a server with LuciaBearer On anywhere, a session id
 * in Authorization. headers are r's, or trailers that become part of them. */
void luci_scrub_secrets(request_rec *r, apr_table_t *headers);

/* Registers the filter for trailers; call once while hooks are registered. */
void luci_scrub_register_filter(void);

#endif
