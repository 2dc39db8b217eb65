/* SPDX-License-Identifier: Apache-2.0 */
/* Tables of any size, read page by page along their keys: no transaction stays open and memory is
 * that of one page. Rows that come, go or are renamed meanwhile may be seen or not; all others are seen once.
 */
#ifndef LUCI_PAGING_H
#define LUCI_PAGING_H

#include "core/db/db.h"

/* 1: go on; 0: that was enough. The row is gone afterwards; scratch lasts for the page. */
typedef int luci_paging_row_fn(void *baton, const char *const *row, apr_pool_t *scratch);

/* A statement that reads a page. Its parameters :after1 and :after2 are the first columns of the last row
 * before the page. */
typedef struct {
    const luci_statement_t *statement;
    const char *user; /* the argument of :user; NULL: it has no such parameter */
    int key;          /* the number of those columns: 1 or 2 */
    luci_paging_row_fn *each;
    void *baton;
} luci_paging_walk_t;

/* Calls each for every row, in the order of the statement. OK: to the end, or as far as each wanted. BUSY,
 * UNAVAILABLE: some rows may have been seen. */
luci_result_t luci_paging_walk(luci_db_t *db, const luci_paging_walk_t *walk,
                               apr_pool_t *scratch) LUCI_MUST_USE;

#endif
