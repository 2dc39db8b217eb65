/* SPDX-License-Identifier: Apache-2.0 */
/* The directive table: a directive is one row, from which the setter, the merge, the range
 * message, the text of "httpd -L" and the reference table in the documentation come. To add one: a member in
 * configuration.h, a row in directive_rows.h, an entry in doc/directives.md, a line in t/http/config.t. */
#ifndef LUCI_DIRECTIVES_H
#define LUCI_DIRECTIVES_H

#include "core/config/configuration.h"

#include <stddef.h>

/* Where rows keep their values: luci_server_config_t or luci_dir_config_t. */
typedef struct luci_scope_t luci_scope_t;
extern const luci_scope_t luci_scope_server;
extern const luci_scope_t luci_scope_dir;

/* The row of a directive, whatever the case of its name; -1: there is none. */
int luci_directives_find(const char *name);
const luci_scope_t *luci_directives_scope(int row);

/* Judges a line's args and then sets the row in config, a structure of its scope. NULL, or what names the
 * directive, the value and what is allowed, from pool; then config is as it was. */
const char *luci_directives_set(int row, const char *args, void *config, apr_pool_t *pool);

/* A structure of the scope with every row's default. */
void *luci_directives_defaults(const luci_scope_t *scope, apr_pool_t *pool);

/* base with the rows that were written in add. May be base itself: neither is written to afterwards. Runs per
 * request for directories, so it parses nothing. */
void *luci_directives_merge(const luci_scope_t *scope, void *base, const void *add, apr_pool_t *pool);

/* Whether the row whose member lies at offset was written, here or in a structure this one was merged from.
 */
int luci_directives_written(const luci_scope_t *scope, const void *config, size_t offset);

#endif
