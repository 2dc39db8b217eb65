/* SPDX-License-Identifier: Apache-2.0 */
/* Runs something in a thread of its own and waits for it a bounded time: for calls that can't be cut
 * off. One that takes longer is abandoned and finishes by itself. */
#ifndef LUCI_OFFLOAD_H
#define LUCI_OFFLOAD_H

#include "core/base/result.h"
#include "core/base/settings.h"

#include <apr_pools.h>

#define LUCI_OFFLOAD_MAX 64 /* threads at once; as long as so many hang, none is added */

typedef struct {
    void (*work)(void *baton);
    void (*undo)(void *baton);      /* of what work did, when nobody waits for it any more */
    void *baton;                    /* lives in pool */
    apr_pool_t *pool;               /* unmanaged, and used by nobody else meanwhile */
    volatile apr_uint32_t *threads; /* that run for the same purpose; outlives them */
} luci_offload_t;

/* OK: it was done. BUSY: it was not done in time; the pool is no longer the caller's. INTERNAL: there's no
 * thread for it, and it was not begun. */
luci_result_t luci_offload_run(const luci_offload_t *aside, luci_ms_t most) LUCI_MUST_USE;

#endif
