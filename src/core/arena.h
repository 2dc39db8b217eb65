/* SPDX-License-Identifier: Apache-2.0 */
/* Floor 1. The working memory of password hashes: large blocks, taken from the system once, used again and
 * again, the one given back last first (its pages are there and warm). A process keeps at most as many as
 * have been in use at once, up to LUCI_ARENA_KEPT; others go back to the system. The hash wipes a block
 * before it gives it back. */
#ifndef LUCI_ARENA_H
#define LUCI_ARENA_H

#include <stddef.h>
#include <stdint.h>

#define LUCI_ARENA_KEPT 8
#define LUCI_ARENA_BYTES_MOST ((size_t)64 << 20) /* a larger block is never kept */

/* In the form of libargon2's allocate_cbk and free_cbk. take: 0 when *memory is set, else -1. */
int luci_arena_take(uint8_t **memory, size_t bytes);
void luci_arena_give(uint8_t *memory, size_t bytes);

#endif
