/* SPDX-License-Identifier: Apache-2.0 */
/* The layout that pages share. A page that begins with a block is a body: its blocks are put into the layout,
 * and the result is a template. Any other page is a whole document, and stands alone. Pure: files are read
 * elsewhere.
 *
 * A block begins with a line of its own, "%%@NAME%%", and ends before the next such line; the layout has
 * "%%@NAME%%" where the block goes. A block that a page does not have is empty. */
#ifndef LUCI_LAYOUT_H
#define LUCI_LAYOUT_H

#include "core/base/result.h"

#include <apr_pools.h>

/* 1 when the page is a body. */
int luci_layout_is_body(const char *page);

/* NULL when the text can be a layout, else the reason, a literal. */
const char *luci_layout_problem(const char *layout);

/* The page inside the layout, from pool. */
char *luci_layout_compose(const char *layout, const char *page, apr_pool_t *pool);

#endif
