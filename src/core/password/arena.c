/* SPDX-License-Identifier: Apache-2.0 */
#include "core/password/arena.h"

#include <sys/mman.h>

/* Since Linux 5.14 and 6.1. Older headers lack them; older kernels reject them, which is harmless. */
#ifndef MADV_POPULATE_WRITE
#define MADV_POPULATE_WRITE 23
#endif
#ifndef MADV_COLLAPSE
#define MADV_COLLAPSE 25
#endif

static __thread luci_arena_t *lent;

size_t luci_arena_rounded(size_t bytes)
{
    return (bytes + LUCI_ARENA_PAGE - 1) / LUCI_ARENA_PAGE * LUCI_ARENA_PAGE;
}

/* Huge pages require aligned addresses: reserves one page more than needed, maps the memory at the first
 * aligned address in it, and unmaps the rest. */
static uint8_t *map(size_t bytes, int shared)
{
    int flags = MAP_ANONYMOUS | MAP_FIXED | (shared ? MAP_SHARED : MAP_PRIVATE);
    uint8_t *room = mmap(NULL, bytes + LUCI_ARENA_PAGE, PROT_NONE, MAP_ANONYMOUS | MAP_PRIVATE, -1, 0);
    uint8_t *memory;
    size_t before;

    if (room == MAP_FAILED)
        return NULL;
    before = (LUCI_ARENA_PAGE - (uintptr_t)room % LUCI_ARENA_PAGE) % LUCI_ARENA_PAGE;
    memory = mmap(room + before, bytes, PROT_READ | PROT_WRITE, flags, -1, 0);
    if (memory == MAP_FAILED) {
        munmap(room, bytes + LUCI_ARENA_PAGE);
        return NULL;
    }
    if (before > 0)
        munmap(room, before);
    munmap(memory + bytes, LUCI_ARENA_PAGE - before);
    (void)madvise(memory, bytes, MADV_HUGEPAGE);
    (void)madvise(memory, bytes, MADV_DONTDUMP);
    return memory;
}

uint8_t *luci_arena_map(size_t bytes, size_t count, int shared)
{
    if (count == 0 || bytes > SIZE_MAX / 2 / count)
        return NULL;
    return map(luci_arena_rounded(bytes) * count, shared);
}

void luci_arena_unmap(uint8_t *memory, size_t bytes, size_t count)
{
    if (memory)
        munmap(memory, luci_arena_rounded(bytes) * count);
}

/* MADV_COLLAPSE turns shared memory into huge pages independently of the system's setting, but requires that
 * each huge page contains an allocated small page. */
int luci_arena_warm(const luci_arena_t *arena)
{
    for (size_t at = 0; at < arena->bytes; at += LUCI_ARENA_PAGE)
        *(volatile uint8_t *)(arena->memory + at) = 0;
    if (madvise(arena->memory, arena->bytes, MADV_COLLAPSE) == 0)
        return 1;
    (void)madvise(arena->memory, arena->bytes, MADV_POPULATE_WRITE);
    return 0;
}

void luci_arena_lend(luci_arena_t *arena)
{
    lent = arena;
}

int luci_arena_take(uint8_t **memory, size_t bytes)
{
    if (lent && bytes <= lent->bytes) {
        if (lent->warmed && !__atomic_exchange_n(lent->warmed, 1, __ATOMIC_RELAXED))
            (void)luci_arena_warm(lent);
        *memory = lent->memory;
    }
    else
        *memory = luci_arena_map(bytes, 1, 0);
    return *memory ? 0 : -1;
}

void luci_arena_give(uint8_t *memory, size_t bytes)
{
    if (!lent || memory != lent->memory)
        luci_arena_unmap(memory, bytes, 1);
}
