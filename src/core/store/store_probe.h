/* SPDX-License-Identifier: Apache-2.0 */
/* Asks a Redis or memcached whether it can store counts or sessions: what it is, then writes, reads and
 * deletes a key of its own. */
#ifndef LUCI_STORE_PROBE_H
#define LUCI_STORE_PROBE_H

#include "core/store/store_servers.h"

/* Takes at most about wait ms. OK: the server can be used. INVALID: *refusal says why not. UNAVAILABLE: it
 * does not answer now, refusal->what says how. Strings are from pool. */
luci_result_t luci_store_probe(const luci_conversation_t *kind, const luci_store_server_t *server,
                               luci_ms_t wait, luci_store_refusal_t *refusal, apr_pool_t *pool) LUCI_MUST_USE;

#endif
