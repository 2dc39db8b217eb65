/* SPDX-License-Identifier: Apache-2.0 */
/* What all processes share of the hash slots: locks that come free when their holder dies, and an
 * arena beside each slot's. It lasts as long as the parent process and is used again after a restart, so that
 * children of before a graceful restart and of after it have the same slots between them. */
#ifndef LUCI_HASH_MEMORY_H
#define LUCI_HASH_MEMORY_H

#include <apr.h>
#include <httpd.h>

#include <pthread.h>
#include <semaphore.h>
#include <stdint.h>

typedef struct {
    int slots;
    int places;         /* further locks, without arenas; 0 and more */
    size_t arena_bytes; /* of each arena; a multiple of LUCI_ARENA_PAGE */
} luci_hash_size_t;

typedef struct {
    pthread_mutex_t queue;            /* held by the one who is next to get a slot */
    sem_t given_back;                 /* raised when a slot comes free, for that one */
    volatile apr_uint64_t complained; /* microseconds since 1970 */
    volatile apr_uint32_t mean;       /* microseconds that a hash takes, of late */
    pthread_mutex_t lock[];           /* the slots', and behind them the places' */
} luci_hash_shared_t;

typedef struct {
    luci_hash_size_t size;
    luci_hash_shared_t *shared;
    volatile apr_uint32_t *warmed; /* one a slot, shared: its arena's memory is there */
    uint8_t *arenas;               /* one a slot, shared */
    void *block;                   /* what shared and warmed lie in */
} luci_hash_memory_t;

/* Memory of this size, in the parent process before children start: what the last start left, or new. It
 * outlives the configuration; what a changed size replaces stays with the children that use it. NULL: there
 * is none to be had, which was logged. */
luci_hash_memory_t *luci_hash_memory_get(const luci_hash_size_t *size, server_rec *main_server);

typedef enum {
    LUCI_HASH_LOCK_NONE = 0, /* it is not ours */
    LUCI_HASH_LOCK_OURS,
    LUCI_HASH_LOCK_ORPHAN, /* it is ours; the process that held it died with it */
} luci_hash_lock_t;

/* What the answer of a call that locks came to. */
luci_hash_lock_t luci_hash_lock_of(pthread_mutex_t *lock, int code);

/* The first of these locks that is free becomes ours: its number; -1: none is. *how may be NULL. */
int luci_hash_lock_any(pthread_mutex_t *locks, int count, luci_hash_lock_t *how);

#endif
