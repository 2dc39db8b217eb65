/* SPDX-License-Identifier: Apache-2.0 */
/* The working memory of password hashes. The caller that limits concurrent hashes owns one arena per hash and
 * lends it to the thread that hashes. Arenas are created once and reused, so that a hash neither allocates
 * memory nor causes page faults. A thread without an arena, or whose hash needs more memory, maps memory from
 * the system and unmaps it after the hash. The hash function wipes its memory before it returns it. */
#ifndef LUCI_ARENA_H
#define LUCI_ARENA_H

#include <stddef.h>
#include <stdint.h>

#define LUCI_ARENA_PAGE                                                                                      \
    ((size_t)2 << 20) /* bytes: a huge page on x86-64 and arm64; the size of an arena is a multiple */

typedef struct {
    uint8_t *memory;
    size_t bytes;
    volatile uint32_t *warmed; /* 1 after a process has warmed the arena; NULL: it is not warmed */
} luci_arena_t;

/* Rounds bytes up to a multiple of LUCI_ARENA_PAGE. */
size_t luci_arena_rounded(size_t bytes);

/* Maps address space for count contiguous arenas of bytes each; it reads as zeros and uses no memory before
 * it is written. shared: forked processes share it. It lasts until luci_arena_unmap or the end of the
 * process. NULL: no address space. */
uint8_t *luci_arena_map(size_t bytes, size_t count, int shared);
void luci_arena_unmap(uint8_t *memory, size_t bytes, size_t count);

/* Allocates the memory of a new arena at once instead of page by page. 1: in huge pages; 0: without. */
int luci_arena_warm(const luci_arena_t *arena);

/* Lends an arena to this thread, which borrows it until a call with NULL. */
void luci_arena_lend(luci_arena_t *arena);

/* The callbacks allocate_cbk and free_cbk of libargon2. take returns 0 and sets *memory, or returns -1. */
int luci_arena_take(uint8_t **memory, size_t bytes);
void luci_arena_give(uint8_t *memory, size_t bytes);

#endif
