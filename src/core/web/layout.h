/* SPDX-License-Identifier: Apache-2.0 */
/* The layout that pages share. A page that begins with a block, or with a line "%%>layout%%", is a body: its
 * blocks are inserted into the layout, and the result is a template. Any other page is a complete document
 * and does not use the layout. Pure: files are read elsewhere.
 *
 * A block begins with a line of its own, "%%@NAME%%", and ends before the next such line; the layout has
 * "%%@NAME%%" where the block is inserted. A block that a page does not have is empty. What follows
 * "%%>layout%%" and is in no block is the block "body". The block "footer" is not the page's, but the text of
 * a file that all pages have in common. */
#ifndef LUCI_LAYOUT_H
#define LUCI_LAYOUT_H

#include "core/base/result.h"

#include <apr_pools.h>

/* 1 if the page is a body. */
int luci_layout_is_body(const char *page);

/* Why the text cannot be a layout, a constant; NULL: it can. */
const char *luci_layout_problem(const char *layout);

/* The layout with the blocks of the page inserted, from pool. footer may be NULL. */
char *luci_layout_compose(const char *layout, const char *page, const char *footer, apr_pool_t *pool);

#endif
