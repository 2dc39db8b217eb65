/* SPDX-License-Identifier: Apache-2.0 */
/* Reads tables of any size page by page, in the order of their keys, so that no transaction stays open and
 * only one page is in memory. Rows that are inserted, deleted or renamed meanwhile may be missed; all others
 * are read once. */
#ifndef LUCI_PAGING_H
#define LUCI_PAGING_H

#include "core/db/db.h"

/* Called for each row. Returns 1 to continue, 0 to stop. row is valid during the call, scratch until the end
 * of the page. */
typedef int luci_paging_row_fn(void *baton, const char *const *row, apr_pool_t *scratch);

/* A walk: a statement that reads one page, and the function to call. The parameters :after1 and :after2 of
 * the statement are the key: the first columns of the last row before the page. */
typedef struct {
    const luci_statement_t *statement;
    const char *user; /* the argument of :user; NULL: the statement has no such parameter */
    int key;          /* the number of columns of the key: 1 or 2 */
    luci_paging_row_fn *each;
    void *baton;
} luci_paging_walk_t;

/* Calls each for every row, in the order of the statement. OK: all rows were read, or each returned 0. BUSY,
 * UNAVAILABLE: each may have been called for some rows. INTERNAL: no memory. */
luci_result_t luci_paging_walk(luci_db_t *db, const luci_paging_walk_t *walk,
                               apr_pool_t *scratch) LUCI_MUST_USE;

#endif
