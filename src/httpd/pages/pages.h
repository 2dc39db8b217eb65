/* SPDX-License-Identifier: Apache-2.0 */
/* The pages people see: the templates' files, compiled, and compiled again when they change. Each
 * server has a store, made before the children start, so that all of them have the same last good version;
 * threads share it. A broken or missing file leaves the last good one in use and is logged once; a page that
 * LuciaTemplates does not have (or has only broken) is taken from the installed ones, and from those built
 * into the module as the last resort. */
#ifndef LUCI_PAGES_H
#define LUCI_PAGES_H

#include "core/base/result.h"

#include <apr_tables.h>
#include <httpd.h>

typedef enum {
    LUCI_PAGE_SIGNUP,
    LUCI_PAGE_LOGIN,
    LUCI_PAGE_PROFILE,
    LUCI_PAGE_LOGOUT,
    LUCI_PAGE_SIGNED_IN,
    LUCI_PAGE_UNAUTHORIZED,
    LUCI_PAGE_FORBIDDEN,
    LUCI_PAGE_ERROR,
    LUCI_PAGES
} luci_page_t;

typedef struct luci_pages_t luci_pages_t;

/* folder: LuciaTemplates, or NULL for the installed one; borrowed. Reads all pages. NULL without memory. */
luci_pages_t *luci_pages_create(const char *folder, server_rec *server, apr_pool_t *pool);

/* The page with these values, from pool. Never NULL. */
const char *luci_pages_render(luci_pages_t *pages, luci_page_t page, const apr_table_t *values,
                              size_t *length, apr_pool_t *pool);

/* The file's name of a page, such as "login.html". */
const char *luci_pages_file(luci_page_t page);

#endif
