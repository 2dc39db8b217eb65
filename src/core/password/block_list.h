/* SPDX-License-Identifier: Apache-2.0 */
/* The list of passwords that new passwords must not be (LuciaPasswordBlocklist). Two formats are told apart
 * by the first line:
 *
 * - Passwords, one a line, in UTF-8 and in any order. The file is read once, when it is opened, and 8 bytes
 *   of each line's hash are kept, in memory that forked processes share. Passwords compare in NFKC and lower
 *   case. Empty lines, lines that are not UTF-8, and lines that begin with "#!comment:" (as in the lists of
 *   John the Ripper) do not count.
 * - SHA-1 hashes in hexadecimal digits, one a line, sorted, each with or without ":COUNT": the format of Have
 *   I Been Pwned's list ordered by hash. Nothing of it is kept in memory: each look-up is a binary search
 *   with pread(2), at most 64 reads of 256 bytes for a file of any size. A password is looked up in up to
 *   three spellings: as it was typed, in NFKC, and in lower case. A COUNT of 0, which the service adds as
 * padding, does not count.
 *
 * The file stays open, so that renaming, deleting or replacing it changes nothing until the configuration is
 * read again. */
#ifndef LUCI_BLOCK_LIST_H
#define LUCI_BLOCK_LIST_H

#include "core/base/result.h"

#include <apr_pools.h>

#define LUCI_BLOCK_LIST_LINES_MAX 2000000 /* of a list of passwords: 16 MB of memory */

typedef struct luci_block_list_t luci_block_list_t;

/* Opens a list, with the rights of the caller; it is closed with pool. NULL: *problem says why, as a phrase
 * from pool or constant. The lines of a list of passwords are all read; of sorted hashes, all of a file of up
 * to 1 MiB and samples of a larger one. */
const luci_block_list_t *luci_block_list_open(const char *path, const char **problem, apr_pool_t *pool);

/* The path that the list was opened with. */
const char *luci_block_list_path(const luci_block_list_t *list);

/* Looks a password up, which must be valid UTF-8. OK: it is in the list. NOT_FOUND: it is not. UNAVAILABLE:
 * the file cannot be read, or was changed in place and is not sorted hashes any more. INTERNAL: no memory.
 * All copies of the password are wiped. Thread-safe. */
luci_result_t luci_block_list_find(const luci_block_list_t *list, const char *password,
                                   apr_pool_t *pool) LUCI_MUST_USE;

#endif
