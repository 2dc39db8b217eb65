/* SPDX-License-Identifier: Apache-2.0 */
/* How many passwords are hashed at once in the whole server (LuciaHashSlots). A slot is a lock in
 * memory that all children share, and an arena beside it; the system frees the lock when a child dies with
 * it. Who finds no slot free waits in a queue of the whole server, as long as the wait that is to be expected
 * there is below WAIT; else it is refused at once. What is to be expected follows from the length of the
 * queue and from how long hashes took of late. At most half of a child's threads hash or wait, or where a
 * child has just one thread, half of the server's; requests that wait without a thread (suspend.h) don't
 * count.
 *
 * Hashes run in threads of their own with a lower priority, so that requests which need no hash get the
 * processor first. Children of before a graceful restart and of after it share the slots, unless their number
 * or the cost of new hashes was changed: then both have their own until the last old child has ended. */
#ifndef LUCI_HASH_SLOTS_H
#define LUCI_HASH_SLOTS_H

#include "core/auth/auth.h"
#include "httpd/base/config.h"

typedef struct luci_hash_slots_t luci_hash_slots_t;

/* As many as there are processor cores. */
int luci_hash_slots_auto(void);

/* Makes them for the whole server, before children start, from conf_pool: count slots, each with an arena of
 * arena_bytes. NULL: they can't be had, which was logged. */
luci_hash_slots_t *luci_hash_slots_create(int count, size_t arena_bytes, server_rec *main_server,
                                          apr_pool_t *conf_pool);

/* One server's way to them: with its own bound for the wait. From pool; for all threads of a child. */
luci_hasher_t luci_hash_slots_hasher(luci_hash_slots_t *slots, luci_ms_t wait, apr_pool_t *pool);

/* Whether one more may join the queue: what is to be expected there is below this server's WAIT. */
int luci_hash_slots_has_room(const luci_hasher_t *hasher);

/* This server's WAIT, and noting that somebody waited for longer and was refused. */
luci_ms_t luci_hash_slots_wait(const luci_hasher_t *hasher);
void luci_hash_slots_refused(const luci_hasher_t *hasher);

/* From now on this thread is none of httpd's: what it hashes joined the queue before. */
void luci_hash_slots_detach(void);

int luci_hash_slots_count(const luci_hash_slots_t *slots);

#endif
