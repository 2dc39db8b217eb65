/* SPDX-License-Identifier: Apache-2.0 */
/* The memory of password hashes: an arena that was lent is what a hash works in, and it holds nothing of the
 * last one; what it has no room for comes from the system. */
#include "core/password/arena.h"
#include "core/password/password_hash.h"
#include "lib/tap.h"

#include <apr_general.h>
#include <apr_pools.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#define MIB ((size_t)1 << 20)

static void check_sizes(void)
{
    uint8_t *none;

    tap_is_int((long long)luci_arena_rounded(1), 2 * MIB, "an arena is at least a huge page");
    tap_is_int((long long)luci_arena_rounded(19 * MIB), 20 * MIB, "an arena is a multiple of a huge page");
    tap_is_int((long long)luci_arena_rounded(20 * MIB), 20 * MIB, "a multiple of a huge page is not rounded");
    none = luci_arena_map(SIZE_MAX / 4, 4, 0);
    tap_ok(none == NULL, "what no address space has is not mapped");
    none = luci_arena_map(SIZE_MAX / 8, 1, 0);
    tap_ok(none == NULL, "a size that no system has is not mapped");
}

static void check_lending(void)
{
    luci_arena_t arena = { luci_arena_map(4 * MIB, 1, 0), 4 * MIB, NULL };
    uint8_t *memory, *more;

    tap_ok(arena.memory && (uintptr_t)arena.memory % LUCI_ARENA_PAGE == 0, "an arena begins at a huge page");
    luci_arena_lend(&arena);
    tap_is_int(luci_arena_take(&memory, 3 * MIB), 0, "memory for a hash");
    tap_ok(memory == arena.memory, "  is the arena that was lent");
    luci_arena_give(memory, 3 * MIB);
    memory[0] = 1;
    tap_is_int(memory[0], 1, "  which stays there when it is given back");
    tap_is_int(luci_arena_take(&more, 4 * MIB + 1), 0, "memory for a hash that needs more");
    tap_ok(more && more != arena.memory, "  is not the arena");
    more[4 * MIB] = 1;
    luci_arena_give(more, 4 * MIB + 1);
    luci_arena_lend(NULL);
    tap_is_int(luci_arena_take(&memory, MIB), 0, "memory is taken without an arena");
    tap_ok(memory && memory != arena.memory, "  of its own");
    luci_arena_give(memory, MIB);
    tap_is_int(luci_arena_take(&memory, SIZE_MAX / 2), -1, "a size that no system has is not taken");
    tap_ok(memory == NULL, "  a failed request sets no memory");
    luci_arena_unmap(arena.memory, arena.bytes, 1);
}

/* What the system says of the mapping that begins with this arena, which is made one of its own for that by
 * being the only one that is not inherited. */
static long kib_of(const luci_arena_t *arena, const char *what)
{
    char line[512], start[32];
    FILE *maps;
    long kib = -1;
    int found = 0;

    snprintf(start, sizeof start, "%lx-", (unsigned long)(uintptr_t)arena->memory);
    madvise(arena->memory, arena->bytes, MADV_DONTFORK);
    maps = fopen("/proc/self/smaps", "r");
    if (!maps)
        return -1;
    while (fgets(line, sizeof line, maps) && kib < 0) {
        found |= strncmp(line, start, strlen(start)) == 0;
        if (found && strncmp(line, what, strlen(what)) == 0)
            kib = strtol(line + strlen(what), NULL, 10);
    }
    fclose(maps);
    madvise(arena->memory, arena->bytes, MADV_DOFORK);
    return kib;
}

static int in_huge_pages(const luci_arena_t *arena)
{
    return kib_of(arena, "ShmemPmdMapped:") == (long)(arena->bytes >> 10);
}

/* Several arenas lie behind each other, and a child process sees what the parent sees. */
static void check_shared(void)
{
    uint8_t *memory = luci_arena_map(MIB, 3, 1);
    luci_arena_t second = { memory + LUCI_ARENA_PAGE, LUCI_ARENA_PAGE, NULL };
    int status = -1, is_huge;
    pid_t child;

    tap_ok(memory != NULL, "three shared arenas");
    is_huge = luci_arena_warm(&second);
    tap_ok(in_huge_pages(&second) == is_huge, "warm: %s",
           is_huge ? "in huge pages" : "there are no huge pages");
    child = fork();
    if (child == 0) {
        second.memory[second.bytes - 1] = 42;
        _exit(0);
    }
    waitpid(child, &status, 0);
    tap_is_int(status, 0, "a child process writes into the second one");
    tap_is_int(second.memory[second.bytes - 1], 42,
               "  the parent sees what the child wrote into the second arena");
    tap_is_int(memory[3 * LUCI_ARENA_PAGE - 1], 0, "  the child's byte is not in the third arena");
    luci_arena_unmap(memory, MIB, 3);
}

/* What a hash worked in is wiped when the next one gets it. */
static void check_wiped(apr_pool_t *pool)
{
    luci_hash_cost_t cost = { LUCI_HASH_ARGON2ID, 2048, 1, 1 };
    luci_arena_t arena = { luci_arena_map(2 * MIB, 1, 0), 2 * MIB, NULL };
    size_t dirty = 0;
    char *stored;

    memset(arena.memory, 0xaa, arena.bytes);
    luci_arena_lend(&arena);
    tap_is_result(luci_password_hash(&cost, LUCI_ARGON2_LIBARGON2, "correct horse", &stored, pool), LUCI_OK,
                  "a hash works in an arena");
    luci_arena_lend(NULL);
    for (size_t i = 0; i < arena.bytes; i++)
        dirty += arena.memory[i] != 0;
    tap_is_int((long long)dirty, 0, "  a hash leaves nothing in its arena");
    luci_arena_unmap(arena.memory, arena.bytes, 1);
}

int main(void)
{
    apr_pool_t *pool;

    apr_initialize();
    apr_pool_create(&pool, NULL);
    check_sizes();
    check_lending();
    check_shared();
    check_wiped(pool);
    apr_terminate();
    return tap_done();
}
