/* SPDX-License-Identifier: Apache-2.0 */
/* The HTML pages: the files in templates/, compiled, and compiled again when they change. Each virtual host
 * has a store, created before the children start, so that all children begin with the same versions; threads
 * share it. If a file becomes broken or missing, its last good version stays in use, and one message is
 * logged. A page that is missing or broken in the folder of LuciaTemplates is read from the installed ones,
 * and as the last resort from those built into the module. A page that is a body (core/web/layout.h) is put
 * into layout.html, which is found the same way. */
#ifndef LUCI_PAGES_H
#define LUCI_PAGES_H

#include "core/base/result.h"

#include <apr_tables.h>
#include <httpd.h>

typedef struct luci_pages_t luci_pages_t;

/* Creates a store and reads all pages. folder is that of LuciaTemplates, borrowed, or NULL for the installed
 * one. Returns NULL without memory. */
luci_pages_t *luci_pages_create(const char *folder, server_rec *server, apr_pool_t *pool);

/* Renders the page of that file name ("login.html") with these values, from pool. Never NULL. */
const char *luci_pages_render(luci_pages_t *pages, const char *file, const apr_table_t *values,
                              size_t *length, apr_pool_t *pool);

/* The name of file i, from 0; NULL after the last. The layout is one of them. */
const char *luci_pages_file(int i);

#endif
