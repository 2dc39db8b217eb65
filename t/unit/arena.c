/* SPDX-License-Identifier: Apache-2.0 */
/* The memory of password hashes: it's used again, the warm block first, and holds nothing of the last hash.
 */
#include "arena.h"
#include "password_hash.h"
#include "tap.h"

#include <apr_general.h>
#include <apr_pools.h>
#include <string.h>

#define MIB ((size_t)1 << 20)

static void check_reuse(void)
{
    uint8_t *first, *second, *again;

    tap_is_int(luci_arena_take(&first, 4 * MIB), 0, "a block");
    tap_is_int(luci_arena_take(&second, 4 * MIB), 0, "and another");
    tap_ok(first != second, "  are two");
    memset(first, 1, 4 * MIB);
    memset(second, 2, 4 * MIB);
    luci_arena_give(first, 4 * MIB);
    luci_arena_give(second, 4 * MIB);
    tap_is_int(luci_arena_take(&again, 4 * MIB), 0, "a block again");
    tap_ok(again == second, "  is the one that was given back last");
    luci_arena_give(again, 4 * MIB);
    tap_is_int(luci_arena_take(&again, 3 * MIB + 1), 0, "a size that is rounded up to the same");
    tap_ok(again == second, "  is served by it, too");
    luci_arena_give(again, 3 * MIB + 1);
}

static void check_sizes(void)
{
    uint8_t *small, *huge;

    tap_is_int(luci_arena_take(&small, 1), 0, "a small block, while larger ones are kept");
    *small = 1;
    luci_arena_give(small, 1);
    tap_is_int(luci_arena_take(&huge, LUCI_ARENA_BYTES_MOST + 1), 0, "one too large to be kept");
    huge[LUCI_ARENA_BYTES_MOST] = 1;
    luci_arena_give(huge, LUCI_ARENA_BYTES_MOST + 1);
    tap_is_int(luci_arena_take(&huge, SIZE_MAX / 2), -1, "one that no system has");
    tap_ok(huge == NULL, "  is none");
}

static void check_many(void)
{
    uint8_t *blocks[2 * LUCI_ARENA_KEPT];
    int taken = 0;

    for (int i = 0; i < 2 * LUCI_ARENA_KEPT; i++)
        taken += luci_arena_take(&blocks[i], 2 * MIB) == 0;
    tap_is_int(taken, 2 * LUCI_ARENA_KEPT, "more than are kept can be had");
    for (int i = 0; i < 2 * LUCI_ARENA_KEPT; i++)
        luci_arena_give(blocks[i], 2 * MIB);
}

/* What a hash worked in is wiped when the next one gets it. */
static void check_wiped(apr_pool_t *pool)
{
    luci_hash_cost_t cost = { LUCI_HASH_ARGON2ID, 2048, 1, 1 };
    size_t dirty = 0;
    uint8_t *block;
    char *stored;

    tap_is_int(luci_arena_take(&block, 2 * MIB), 0, "a block of a hash's size");
    memset(block, 0xaa, 2 * MIB);
    luci_arena_give(block, 2 * MIB);
    tap_is_int(luci_password_hash(&cost, "correct horse", &stored, pool), LUCI_OK, "a hash works in it");
    tap_is_int(luci_arena_take(&block, 2 * MIB), 0, "  and gives it back");
    for (size_t i = 0; i < 2 * MIB; i++)
        dirty += block[i] != 0;
    tap_is_int((long long)dirty, 0, "  with nothing in it");
    luci_arena_give(block, 2 * MIB);
}

int main(void)
{
    apr_pool_t *pool;

    apr_initialize();
    apr_pool_create(&pool, NULL);
    check_reuse();
    check_sizes();
    check_many();
    check_wiped(pool);
    apr_terminate();
    return tap_done();
}
