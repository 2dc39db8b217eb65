/* SPDX-License-Identifier: Apache-2.0 */
/* The working memory of password hashes. Whoever limits how many run at once owns as many arenas,
 * made once and used again and again, so that a hash neither allocates nor faults its memory in; he lends one
 * to the thread that hashes. A thread that was lent none, or whose hash needs more, gets memory of its own
 * from the system and gives it back at once. The hash wipes its memory before it gives it back. */
#ifndef LUCI_ARENA_H
#define LUCI_ARENA_H

#include <stddef.h>
#include <stdint.h>

#define LUCI_ARENA_PAGE ((size_t)2 << 20) /* bytes: a huge page on x86-64 and arm64; arenas are multiples */

typedef struct {
    uint8_t *memory;
    size_t bytes;
    volatile uint32_t *warmed; /* 1 once its memory was warmed, by whichever process; NULL: nobody minds */
} luci_arena_t;

/* bytes as an arena has them: the next multiple of LUCI_ARENA_PAGE. */
size_t luci_arena_rounded(size_t bytes);

/* Maps address space for count arenas of bytes each, one behind the other; zeros, and no memory yet. shared:
 * a fork shares them. It stays as long as the process, or until luci_arena_unmap. NULL: there is none. */
uint8_t *luci_arena_map(size_t bytes, size_t count, int shared);
void luci_arena_unmap(uint8_t *memory, size_t bytes, size_t count);

/* Makes the memory of a new arena be there, at once instead of page by page. 1: in huge pages, 0: the system
 * has none. */
int luci_arena_warm(const luci_arena_t *arena);

/* Lends an arena to this thread; NULL takes it back. arena is borrowed until then. */
void luci_arena_lend(luci_arena_t *arena);

/* In the form of libargon2's allocate_cbk and free_cbk. take: 0 when *memory is set, else -1. */
int luci_arena_take(uint8_t **memory, size_t bytes);
void luci_arena_give(uint8_t *memory, size_t bytes);

#endif
