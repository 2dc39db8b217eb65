/* SPDX-License-Identifier: Apache-2.0 */
/* LuciaUserEditable must not have a column by which access is decided: people would grant it to themselves.
 * Pure. */
#ifndef LUCI_EDITABLE_H
#define LUCI_EDITABLE_H

#include <apr_tables.h>

/* The column of the list (luci_asked_attribute_t) that a Require line reads, with lucia-attribute or as a
 * variable LUCIA_COLUMN; NULL: none. line is what follows "Require"; words are taken from pool. */
const char *luci_editable_read_by(const apr_array_header_t *editable, const char *line, apr_pool_t *pool);

/* The same for the line of a section <AuthzProviderAlias>. */
const char *luci_editable_read_by_alias(const apr_array_header_t *editable, const char *line,
                                        apr_pool_t *pool);

#endif
