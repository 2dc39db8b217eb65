/* SPDX-License-Identifier: Apache-2.0 */
#include "arena.h"

#include <pthread.h>
#include <sys/mman.h>

#define HUGE_PAGE ((size_t)2 << 20) /* bytes, on x86-64 and arm64 */

typedef struct {
    uint8_t *memory;
    size_t bytes;
} block_t;

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static block_t kept[LUCI_ARENA_KEPT]; /* a stack */
static int kept_count;

static size_t rounded(size_t bytes)
{
    return (bytes + HUGE_PAGE - 1) / HUGE_PAGE * HUGE_PAGE;
}

static uint8_t *map(size_t bytes)
{
    void *memory = mmap(NULL, bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

    if (memory == MAP_FAILED)
        return NULL;
    (void)madvise(memory, bytes, MADV_HUGEPAGE); /* fewer page faults where the system has them */
    (void)madvise(memory, bytes, MADV_DONTDUMP);
    return memory;
}

/* The block given back last, if it has this size. Blocks of another size stem from hashes of another cost and
 * make room. */
static uint8_t *take_kept(size_t bytes, block_t *unwanted)
{
    uint8_t *memory = NULL;

    pthread_mutex_lock(&lock);
    if (kept_count > 0) {
        block_t top = kept[--kept_count];

        if (top.bytes == bytes)
            memory = top.memory;
        else
            *unwanted = top;
    }
    pthread_mutex_unlock(&lock);
    return memory;
}

int luci_arena_take(uint8_t **memory, size_t bytes)
{
    block_t unwanted = { NULL, 0 };

    bytes = rounded(bytes);
    *memory = take_kept(bytes, &unwanted);
    if (unwanted.memory)
        munmap(unwanted.memory, unwanted.bytes);
    if (!*memory)
        *memory = map(bytes);
    return *memory ? 0 : -1;
}

void luci_arena_give(uint8_t *memory, size_t bytes)
{
    int keep;

    bytes = rounded(bytes);
    pthread_mutex_lock(&lock);
    keep = bytes <= LUCI_ARENA_BYTES_MOST && kept_count < LUCI_ARENA_KEPT;
    if (keep)
        kept[kept_count++] = (block_t){ memory, bytes };
    pthread_mutex_unlock(&lock);
    if (!keep)
        munmap(memory, bytes);
}
