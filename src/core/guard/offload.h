/* SPDX-License-Identifier: Apache-2.0 */
/* Calls that can't be cut off, made in threads of their own: the caller waits only so long and then abandons
 * the call, which finishes by itself. Used to connect to databases, and for caches on other machines, whose
 * clients wait without limit for a server that accepts a connection and then stays silent. */
#ifndef LUCI_OFFLOAD_H
#define LUCI_OFFLOAD_H

#include "core/base/result.h"
#include "core/base/settings.h"

/* A group of threads for one purpose, so that a server that hangs takes no threads from the calls to
 * another. Threads start when they are needed, and stay for further calls until the process ends. */
typedef struct luci_offload_t luci_offload_t;

/* At most max threads at once; while so many hang, no call is begun. For the life of the process; a fork
 * leaves the group without threads. NULL without memory. */
luci_offload_t *luci_offload_create(int max);

/* The group of everything that has none of its own. Never NULL, except without memory. */
luci_offload_t *luci_offload_of_process(void);

typedef struct {
    void (*work)(void *baton);    /* makes the call */
    void (*abandon)(void *baton); /* runs behind work when the call was abandoned: undoes it, frees baton */
    void *baton;                  /* the caller's again, unless the call was abandoned */
} luci_offload_call_t;

/* OK: work has returned. BUSY: it has not in time, and the call is abandoned. INTERNAL: there is no thread
 * for it, and it was not begun. From all threads. */
luci_result_t luci_offload_run(luci_offload_t *group, const luci_offload_call_t *call,
                               luci_ms_t max) LUCI_MUST_USE;

#endif
