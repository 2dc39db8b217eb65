/* SPDX-License-Identifier: Apache-2.0 */
/* The HTML pages: the files in templates/, compiled, and compiled again when they change. Each server has a
 * store, made before the children start, so that all of them have the same last good versions; threads share
 * it. A broken or missing file leaves the last good version in use and is logged once. A page that
 * LuciaTemplates does not have (or has only broken) is read from the installed ones, and as the last resort
 * from those built into the module. A page that is a body (core/web/layout.h) is put into layout.html, which
 * is found the same way. */
#ifndef LUCI_PAGES_H
#define LUCI_PAGES_H

#include "core/base/result.h"

#include <apr_tables.h>
#include <httpd.h>

typedef struct luci_pages_t luci_pages_t;

/* folder: LuciaTemplates, or NULL for the installed one; borrowed. Reads all pages. NULL without memory. */
luci_pages_t *luci_pages_create(const char *folder, server_rec *server, apr_pool_t *pool);

/* The page of that file name ("login.html") with these values, from pool. Never NULL. */
const char *luci_pages_render(luci_pages_t *pages, const char *file, const apr_table_t *values,
                              size_t *length, apr_pool_t *pool);

/* The names of all files, the layout's among them: from 0 on, and NULL at the end. */
const char *luci_pages_file(int i);

#endif
