/* SPDX-License-Identifier: Apache-2.0 */
/* Floor 5.1. The directive table: a directive is one row, from which the setter, the merge, the range
 * message, the text of "httpd -L" and the reference table in the documentation come. To add one: a member in
 * config.h, a row in directives.c, an entry in doc/directives.md, a line in t/config.t. */
#ifndef LUCI_DIRECTIVES_H
#define LUCI_DIRECTIVES_H

#include <httpd.h>
#include <http_config.h>

#include <stddef.h>

/* For the module record: a command for every row, closed by an empty one. */
extern const command_rec luci_directives[];

/* Where rows keep their values: luci_server_config_t or luci_dir_config_t. */
typedef struct luci_scope_t luci_scope_t;
extern const luci_scope_t luci_scope_server;
extern const luci_scope_t luci_scope_dir;

/* A structure of the scope with every row's default. */
void *luci_directives_defaults(const luci_scope_t *scope, apr_pool_t *pool);

/* base with the rows that were written in add. May be base itself: neither is written to afterwards. Runs per
 * request for directories, so it parses nothing. */
void *luci_directives_merge(const luci_scope_t *scope, void *base, const void *add, apr_pool_t *pool);

/* Whether the row whose member lies at offset was written, here or in a structure this one was merged from.
 */
int luci_directives_written(const luci_scope_t *scope, const void *config, size_t offset);

#endif
