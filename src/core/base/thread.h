/* SPDX-License-Identifier: Apache-2.0 */
/* Threads of our own inside somebody else's program: they hear no signals, which are the program's
 * business. */
#ifndef LUCI_THREAD_H
#define LUCI_THREAD_H

#include <pthread.h>

/* Starts one; *thread is to be joined, NULL: it's detached. 0 when it could not be started. */
int luci_thread_start(void *(*work)(void *), void *baton, pthread_t *thread);

/* Makes a lock in memory that processes share: it comes free when its holder dies (EOWNERDEAD). Returns an
 * errno code, 0 for success. */
int luci_thread_shared_lock(pthread_mutex_t *lock);

#endif
