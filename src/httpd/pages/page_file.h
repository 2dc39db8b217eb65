/* SPDX-License-Identifier: Apache-2.0 */
/* One file of the templates, kept in memory and read again when it changes. It is looked for in the folder of
 * LuciaTemplates, then in the installed one, then among those built into the module. If it becomes broken or
 * missing, its last good version stays in use, and one message is logged. */
#ifndef LUCI_PAGE_FILE_H
#define LUCI_PAGE_FILE_H

#include "core/web/template.h"
#include "httpd/pages/built_in.h"

#include <apr_file_info.h>
#include <httpd.h>

/* The folders, in the order in which they are tried, and what all files share. */
enum {
    LUCI_PAGES_CONFIGURED,
    LUCI_PAGES_INSTALLED,
    LUCI_PAGES_FOLDERS,
    LUCI_PAGES_BUILT_IN = LUCI_PAGES_FOLDERS
};

typedef struct {
    const char *paths[LUCI_PAGES_FOLDERS];
    server_rec *server; /* for messages of the log */
    apr_pool_t *memory;
    unsigned versions; /* the number of texts that were taken so far */
} luci_page_folders_t;

/* A version of a file in a folder; all 0 if there was no file. */
typedef struct {
    apr_time_t modified;
    apr_off_t size;
    apr_ino_t inode;
} luci_page_version_t;

typedef struct {
    const char *name;                /* below the folders: "login.html", "de/login.html" */
    const luci_built_in_t *built_in; /* NULL: none */
    int is_optional;                 /* 1: it may be missing, and one that was removed is not kept */

    const char *text;          /* of the last good version; NULL: none */
    luci_template_t *compiled; /* the text as a template; NULL for messages */
    unsigned version;          /* of the text, unique among all files; 0: none */

    apr_pool_t *memory;                           /* holds text and compiled */
    int source;                                   /* of the text: a folder or LUCI_PAGES_BUILT_IN */
    int is_missing;                               /* there was no file last time */
    luci_page_version_t seen[LUCI_PAGES_FOLDERS]; /* the versions last looked at, good or not */
} luci_page_file_t;

/* Names of files that are not pages. */
#define LUCI_PAGE_LAYOUT "layout.html"
#define LUCI_PAGE_FOOTER "footer.html"
#define LUCI_PAGE_MESSAGES "messages.txt"

/* 1 if a name, with or without a language's folder, is that of this file. */
int luci_page_file_is(const char *name, const char *file);

/* Brings the file up to date. */
void luci_page_file_refresh(luci_page_folders_t *folders, luci_page_file_t *file, apr_pool_t *scratch);

/* A text, not terminated. */
typedef struct {
    const char *start;
    apr_size_t length;
} luci_page_content_t;

/* Reads an open file of templates, up to one byte more than a template may have, so that a longer one is
 * noticed. It takes no more memory from pool than the file has bytes: the allocator of the parent process
 * keeps what it was ever asked for. */
apr_status_t luci_page_file_read(apr_file_t *file, luci_page_content_t *text, apr_pool_t *pool);

/* Why a text cannot be the file of that name, from pool; NULL: it can, and *compiled is set unless it is a
 * file of messages. */
const char *luci_page_file_problem(const char *name, const char *text, size_t length,
                                   luci_template_t **compiled, apr_pool_t *pool);

#endif
