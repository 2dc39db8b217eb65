/* SPDX-License-Identifier: Apache-2.0 */
#include "httpd/hash/hash_memory.h"

#include "core/base/thread.h"
#include "core/password/arena.h"

#include <apr_shm.h>
#include <http_config.h>
#include <http_log.h>

#include <errno.h>
#include <string.h>

APLOG_USE_MODULE(luciauth);

/* A restart may load another version of this module: the number changes with luci_hash_memory_t and
 * luci_hash_shared_t. */
#define KEY "luciauth-hash-memory-2"

/* ---- Locks ---- */

static int make_locks(const luci_hash_memory_t *memory)
{
    int code = luci_thread_shared_lock(&memory->shared->queue);

    if (code == 0 && sem_init(&memory->shared->given_back, 1, 0) != 0)
        code = errno;
    for (int i = 0; i < memory->size.slots + memory->size.places && code == 0; i++)
        code = luci_thread_shared_lock(&memory->shared->lock[i]);
    return code;
}

luci_hash_lock_t luci_hash_lock_of(pthread_mutex_t *lock, int code)
{
    if (code == EOWNERDEAD)
        return pthread_mutex_consistent(lock) == 0 ? LUCI_HASH_LOCK_ORPHAN : LUCI_HASH_LOCK_NONE;
    return code == 0 ? LUCI_HASH_LOCK_OURS : LUCI_HASH_LOCK_NONE;
}

int luci_hash_lock_any(pthread_mutex_t *locks, int count, luci_hash_lock_t *how)
{
    for (int i = 0; i < count; i++) {
        luci_hash_lock_t lock = luci_hash_lock_of(&locks[i], pthread_mutex_trylock(&locks[i]));

        if (lock == LUCI_HASH_LOCK_NONE)
            continue;
        if (how)
            *how = lock;
        return i;
    }
    return -1;
}

/* ---- Memory ---- */

/* From this process; others keep theirs. */
static void release(luci_hash_memory_t *memory)
{
    if (memory->block)
        apr_shm_destroy(memory->block);
    luci_arena_unmap(memory->arenas, memory->size.arena_bytes, (size_t)memory->size.slots);
    memset(memory, 0, sizeof *memory);
}

static apr_status_t make(luci_hash_memory_t *memory, const luci_hash_size_t *size, apr_pool_t *pool)
{
    size_t slots = (size_t)size->slots, locks = slots + (size_t)size->places;
    size_t bytes = sizeof(luci_hash_shared_t) + locks * sizeof(pthread_mutex_t);
    apr_shm_t *block;
    apr_status_t status = apr_shm_create(&block, bytes + slots * sizeof(*memory->warmed), NULL, pool);

    if (status != APR_SUCCESS)
        return status;
    memory->size = *size;
    memory->block = block;
    memory->shared = memset(apr_shm_baseaddr_get(block), 0, apr_shm_size_get(block));
    memory->warmed = (apr_uint32_t *)((char *)memory->shared + bytes);
    memory->arenas = luci_arena_map(size->arena_bytes, slots, 1);
    return memory->arenas ? APR_FROM_OS_ERROR(make_locks(memory)) : APR_ENOMEM;
}

static int is_size(const luci_hash_size_t *a, const luci_hash_size_t *b)
{
    return a->slots == b->slots && a->places == b->places && a->arena_bytes == b->arena_bytes;
}

luci_hash_memory_t *luci_hash_memory_get(const luci_hash_size_t *size, server_rec *main_server)
{
    luci_hash_memory_t *memory = ap_retained_data_get(KEY);
    apr_status_t status;

    if (!memory)
        memory = ap_retained_data_create(KEY, sizeof *memory);
    if (memory->shared && is_size(&memory->size, size))
        return memory;
    release(memory);
    status = make(memory, size, main_server->process->pool);
    if (status == APR_SUCCESS)
        return memory;
    release(memory);
    ap_log_error(APLOG_MARK, APLOG_CRIT, status, main_server,
                 "LUCI0403: no shared memory for LuciaHashSlots: %d times %" APR_SIZE_T_FMT " MiB",
                 size->slots, size->arena_bytes >> 20);
    return NULL;
}
