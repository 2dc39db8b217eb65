/* SPDX-License-Identifier: Apache-2.0 */
/* The pages' little language (doc/specification.md, S8): %%name%% is replaced by the HTML-escaped value;
 * %%#name%%...%%/name%% is kept only when the value is not empty; sections nest. Names are
 * [A-Za-z_][A-Za-z0-9_]*, at most 63 bytes; anything else between percent signs is plain text. Pure: files
 * are read elsewhere. */
#ifndef LUCI_TEMPLATE_H
#define LUCI_TEMPLATE_H

#include "core/base/result.h"

#include <apr_pools.h>
#include <apr_tables.h>
#include <stddef.h>

#define LUCI_TEMPLATE_BYTES_MAX 262144 /* 256 KiB */
#define LUCI_TEMPLATE_DEPTH_MAX 16

/* A compiled template: read-only after parsing, so threads share it. */
typedef struct luci_template_t luci_template_t;

/* Compiles text (copied into pool). INVALID: a section is not closed, closed twice or crossed, nests too
 * deep, the text is not UTF-8, holds NUL, is empty or too long; then *problem (from pool) says what and at
 * which line, as in 'line 12: section "error" is not closed'. *problem is NULL after OK. */
luci_result_t luci_template_parse(const char *text, size_t length, luci_template_t **compiled,
                                  const char **problem, apr_pool_t *pool) LUCI_MUST_USE;

/* Fills in values (name -> value, matched as apr_table does, whatever the case; missing names are empty).
 * Escapes & < > " ' as entities. The page is from pool; length, in bytes, may be NULL. */
const char *luci_template_render(const luci_template_t *compiled, const apr_table_t *values, size_t *length,
                                 apr_pool_t *pool);

/* text with & < > " ' as entities, from pool. */
const char *luci_template_escape(const char *text, apr_pool_t *pool);

#endif
