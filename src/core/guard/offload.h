/* SPDX-License-Identifier: Apache-2.0 */
/* Runs calls that cannot be interrupted in threads of their own. The caller waits for a limited time and then
 * abandons the call, which continues in its thread. Used for connecting to databases and for caches on other
 * machines: their client libraries wait without limit for a server that accepts a connection and then sends
 * nothing. */
#ifndef LUCI_OFFLOAD_H
#define LUCI_OFFLOAD_H

#include "core/base/result.h"
#include "core/base/settings.h"

/* A group of threads for one server, so that a server that hangs uses up no threads of other servers. Threads
 * are started on demand and are reused until the process ends. */
typedef struct luci_offload_t luci_offload_t;

/* Creates a group of at most max threads, for the rest of the process. While that many calls hang, no further
 * call starts. A forked process starts with no threads. NULL: no memory. */
luci_offload_t *luci_offload_create(int max);

/* The group for all servers that have no group of their own. NULL only if there is no memory. */
luci_offload_t *luci_offload_of_process(void);

typedef struct {
    void (*work)(void *baton); /* makes the call */
    void (*abandon)(
        void *baton); /* called after work if the call was abandoned: undoes the call and frees baton */
    void *baton;      /* belongs to the caller again after luci_offload_run, unless the call was abandoned */
} luci_offload_call_t;

/* Runs a call and waits at most max ms for it. OK: work has returned. BUSY: it has not returned in time, and
 * the call was abandoned. INTERNAL: no thread was available, and the call did not start. Thread-safe. */
luci_result_t luci_offload_run(luci_offload_t *group, const luci_offload_call_t *call,
                               luci_ms_t max) LUCI_MUST_USE;

#endif
