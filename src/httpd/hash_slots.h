/* SPDX-License-Identifier: Apache-2.0 */
/* Floor 5. How many passwords are hashed at once in the whole server (LuciaHashSlots). A slot is a lock in
 * memory that all children share, and an arena beside it; the system frees the lock when a child dies with
 * it. Who finds no slot free waits in a queue, for a bounded time. Who would make more than a quarter of the
 * threads hash or wait is refused at once: of a child's threads, or where a child has just a few, of the
 * server's.
 *
 * Hashes run in threads of their own with a lower priority, so that requests which need no hash get the
 * processor first. Children of before a graceful restart and of after it share the slots, unless their number
 * or the cost of new hashes was changed: then both have their own until the last old child has ended. */
#ifndef LUCI_HASH_SLOTS_H
#define LUCI_HASH_SLOTS_H

#include "config.h"
#include "credential.h"

typedef struct luci_hash_slots_t luci_hash_slots_t;

/* As many as there are processor cores. */
int luci_hash_slots_auto(void);

/* Makes them for the whole server, before children start, from conf_pool: count slots, each with an arena of
 * arena_bytes. NULL: they can't be had, which was logged. */
luci_hash_slots_t *luci_hash_slots_create(int count, size_t arena_bytes, server_rec *main_server,
                                          apr_pool_t *conf_pool);

/* One server's way to them: with its own bound for the wait. From pool; for all threads of a child. */
luci_hasher_t luci_hash_slots_hasher(luci_hash_slots_t *slots, luci_ms_t wait, apr_pool_t *pool);

#endif
