/* SPDX-License-Identifier: Apache-2.0 */
/* Hash slots limit how many passwords the whole server hashes at once (LuciaHashSlots). A slot is a lock in
 * memory that all children share, with an arena; the system releases the lock if its holder dies. A request
 * that finds no free slot joins a queue of the whole server if its expected waiting time is below WAIT, and
 * is refused at once otherwise. The expected time is the length of the queue times the average time of recent
 * hashes. At most half of a child's threads may hash or wait, or half of all children if these have a single
 * thread; requests that wait without a thread (suspend.h) do not count.
 *
 * Hashes are computed in threads of lower priority, so that requests without a hash get the processor first.
 * The memory outlives a restart: children from before and after a graceful restart share the slots, unless
 * the number of slots or the cost of new hashes has changed; then each generation has its own. */
#ifndef LUCI_HASH_SLOTS_H
#define LUCI_HASH_SLOTS_H

#include "core/auth/auth.h"
#include "httpd/base/config.h"

typedef struct luci_hash_slots_t luci_hash_slots_t;

/* The default number of slots: the number of processor cores. */
int luci_hash_slots_auto(void);

/* Creates count slots for the whole server, each with an arena of arena_bytes, before children start; from
 * conf_pool. NULL: an error, which was logged. */
luci_hash_slots_t *luci_hash_slots_create(int count, size_t arena_bytes, server_rec *main_server,
                                          apr_pool_t *conf_pool);

/* The hasher of one virtual host, with its own maximum wait in ms; from pool. Thread-safe. */
luci_hasher_t luci_hash_slots_hasher(luci_hash_slots_t *slots, luci_ms_t wait, apr_pool_t *pool);

/* Whether a further request may join the queue: its expected waiting time is below the hasher's WAIT. */
int luci_hash_slots_has_room(const luci_hasher_t *hasher);

/* The hasher's WAIT in ms. */
luci_ms_t luci_hash_slots_wait(const luci_hasher_t *hasher);

/* Counts and logs that a request was refused because it had waited longer than that. */
void luci_hash_slots_report_refused(const luci_hasher_t *hasher);

/* Marks this thread as one that httpd does not own: its requests have already been queued (suspend.h). */
void luci_hash_slots_detach(void);

int luci_hash_slots_count(const luci_hash_slots_t *slots);

#endif
