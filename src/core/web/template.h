/* SPDX-License-Identifier: Apache-2.0 */
/* The template language of the pages (doc/specification.md, S8). %%name%% is replaced by the HTML-escaped
 * value of name. %%#name%%...%%/name%% is kept only if the value is not empty; sections nest.
 * %%*name%%...%%/name%% is repeated for each row of a list, whose values come before those of the page; a
 * list is not in another one, and as a section or a value it is its number of rows. Names are
 * [A-Za-z_][A-Za-z0-9_]* of at most 63 bytes; everything else between percent signs is plain text. Pure:
 * files are read elsewhere. This is our own implementation, because pages need values and
 * sections only, and because no page must be able to output a value without escaping it. Messages are plain
 * text: a page that shows one escapes it as a whole. */
#ifndef LUCI_TEMPLATE_H
#define LUCI_TEMPLATE_H

#include "core/base/result.h"

#include <apr_pools.h>
#include <apr_tables.h>
#include <stddef.h>

#define LUCI_TEMPLATE_BYTES_MAX 262144 /* 256 KiB */
#define LUCI_TEMPLATE_DEPTH_MAX 16

/* A compiled template. It is read-only, so that threads can share it. */
typedef struct luci_template_t luci_template_t;

/* Compiles a text, which is copied into pool. INVALID: a section is not closed, is closed but not open,
 * overlaps another one or nests too deep, or the text is not UTF-8, contains NUL, is empty or too long;
 * *problem (from pool) then names the cause and the line, as in 'line 12: section "error" is not closed'.
 * *problem is NULL after OK. */
luci_result_t luci_template_parse(const char *text, size_t length, luci_template_t **compiled,
                                  const char **problem, apr_pool_t *pool) LUCI_MUST_USE;

#define LUCI_TEMPLATE_ROWS_MAX 65536

/* Sets a value of a row of a list, counted from 0; rows are set in their order. list and value are borrowed,
 * for as long as values. Rows beyond the maximum are left out. */
void luci_template_set_row(apr_table_t *values, const char *list, int row, const char *name,
                           const char *value);

/* Renders a page from pool. values maps names to values; apr_table ignores the case of names, and a missing
 * value is empty. & < > " ' are escaped as entities. *length is set to the length in bytes; length may be
 * NULL. */
const char *luci_template_render(const luci_template_t *compiled, const apr_table_t *values, size_t *length,
                                 apr_pool_t *pool);

/* The same for plain text: nothing is escaped. */
const char *luci_template_render_plain(const luci_template_t *compiled, const apr_table_t *values,
                                       apr_pool_t *pool);

/* Escapes & < > " ' as entities; from pool. */
const char *luci_template_escape(const char *text, apr_pool_t *pool);

#endif
