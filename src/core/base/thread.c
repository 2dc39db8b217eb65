/* SPDX-License-Identifier: Apache-2.0 */
#include "core/base/thread.h"

#include <signal.h>

int luci_thread_start(void *(*work)(void *), void *baton, pthread_t *thread)
{
    sigset_t all, before;
    pthread_t started;
    int code;

    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before); /* the new thread inherits the mask */
    code = pthread_create(&started, NULL, work, baton);
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    if (code != 0)
        return 0;
    if (thread)
        *thread = started;
    else
        pthread_detach(started);
    return 1;
}

int luci_thread_shared_lock(pthread_mutex_t *lock)
{
    pthread_mutexattr_t kind;
    int code = pthread_mutexattr_init(&kind);

    if (code != 0)
        return code;
    code = pthread_mutexattr_setpshared(&kind, PTHREAD_PROCESS_SHARED);
    if (code == 0)
        code = pthread_mutexattr_setrobust(&kind, PTHREAD_MUTEX_ROBUST);
    if (code == 0)
        code = pthread_mutex_init(lock, &kind);
    pthread_mutexattr_destroy(&kind);
    return code;
}
