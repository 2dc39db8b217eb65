/* SPDX-License-Identifier: Apache-2.0 */
/* The directive table. A directive is one row, from which the setter, the merge, the error message, the text
 * of "httpd -L" and the reference in the documentation are made. To add a directive, write a member in
 * configuration.h, a row in directive_rows.h, an entry in doc/directives.md, and a line in
 * t/http/config.t. */
#ifndef LUCI_DIRECTIVES_H
#define LUCI_DIRECTIVES_H

#include "core/config/configuration.h"

#include <stddef.h>

/* The structure that rows write to: luci_server_config_t or luci_dir_config_t. */
typedef struct luci_scope_t luci_scope_t;
extern const luci_scope_t luci_scope_server;
extern const luci_scope_t luci_scope_dir;

/* The number of the row of a directive, whatever the case of its name; -1: unknown. */
int luci_directives_find(const char *name);
const luci_scope_t *luci_directives_scope(int row);

/* Parses the arguments of a line and sets the member in config, a structure of the scope of the row. NULL: it
 * is set. Otherwise a message, from pool, with the directive, the value and what is allowed; config is
 * unchanged. */
const char *luci_directives_set(int row, const char *args, void *config, apr_pool_t *pool);

/* A structure of the scope that contains the defaults of all rows; from pool. */
void *luci_directives_defaults(const luci_scope_t *scope, apr_pool_t *pool);

/* base with the values of the rows that were written in add; from pool, or base itself if there are none, so
 * that the result must not be modified. Runs in each request for directories, and so parses nothing. */
void *luci_directives_merge(const luci_scope_t *scope, void *base, const void *add, apr_pool_t *pool);

/* 1 if the row whose member has this offset was written, in this structure or in one that was merged into
 * it. */
int luci_directives_written(const luci_scope_t *scope, const void *config, size_t offset);

#endif
