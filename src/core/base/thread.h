/* SPDX-License-Identifier: Apache-2.0 */
/* Threads of this library inside another program. All signals are blocked in them, so that the program's own
 * threads handle signals. */
#ifndef LUCI_THREAD_H
#define LUCI_THREAD_H

#include <pthread.h>

/* Starts a thread; 0: it could not be started. The caller must join *thread; if thread is NULL, it is
 * detached. */
int luci_thread_start(void *(*work)(void *), void *baton, pthread_t *thread);

/* Initialises a robust lock in memory that processes share: if its holder dies, the next thread that locks it
 * gets EOWNERDEAD. Returns an errno code, 0 for success. */
int luci_thread_shared_lock(pthread_mutex_t *lock);

#endif
