/* SPDX-License-Identifier: Apache-2.0 */
/* The HTML pages and the messages on them, in each language of LuciaLanguages: the files in templates/,
 * compiled, and compiled again when they change. Each virtual host has a store, created before the children
 * start, so that all children begin with the same versions; threads share it. page_file.h says where a file
 * is looked for. The files of English are those at the top, those of another language are in its folder; what
 * a language does not have is shown in the first language, or in English.
 *
 * A page that is a body (core/web/layout.h) is put into layout.html, with footer.html at its end if there is
 * one. Both are for all languages, and a language may have its own in its folder. */
#ifndef LUCI_PAGES_H
#define LUCI_PAGES_H

#include "core/base/result.h"

#include <apr_tables.h>
#include <httpd.h>

/* The language whose files are at the top. */
#define LUCI_PAGES_ENGLISH "en"

typedef struct luci_pages_t luci_pages_t;

/* Creates a store and reads all pages. folder is that of LuciaTemplates, or NULL for the installed one;
 * languages are the tags of LuciaLanguages (const char *), at least one. Both are borrowed. Returns NULL
 * without memory. */
luci_pages_t *luci_pages_create(const char *folder, const apr_array_header_t *languages, server_rec *server,
                                apr_pool_t *pool);

/* The pages in the language of one client. */
typedef struct {
    luci_pages_t *pages;
    int language;
} luci_pages_view_t;

/* accept is the client's Accept-Language, or NULL. */
luci_pages_view_t luci_pages_view(luci_pages_t *pages, const char *accept);

/* The tag of the client's language. */
const char *luci_pages_language(const luci_pages_view_t *view);

/* 1 if Accept-Language makes a difference. */
int luci_pages_has_choice(const luci_pages_t *pages);

/* Renders the page of that file name ("login.html") with these values, from pool. Never NULL.
 * "page_language", the tag of the language that the page is in, and "has_footer" are added to the values. */
const char *luci_pages_render(const luci_pages_view_t *view, const char *file, apr_table_t *values,
                              size_t *length, apr_pool_t *pool);

/* The text of a message, from pool, with the values that it may contain still to be filled in
 * (luci_messages_fill). Never NULL. */
const char *luci_pages_message(const luci_pages_view_t *view, const char *key, apr_pool_t *pool);

/* The English text of a message as it is built in, which programs get. */
const char *luci_pages_english(const char *key, apr_pool_t *pool);

/* The name of file i of each language, from 0; NULL after the last. The layout, the footer and the messages
 * are among them. */
const char *luci_pages_file(int i);

/* The file in a language's folder, from pool. English is at the top. */
const char *luci_pages_name(const char *language, const char *file, apr_pool_t *pool);

/* 1 if pages in this language are built in or installed, or the folder has them. folder may be NULL. */
int luci_pages_has_language(const char *folder, const char *language, apr_pool_t *scratch);

/* The tags of these languages, separated by spaces, from pool. */
const char *luci_pages_languages(const char *folder, apr_pool_t *pool);

/* Why a text cannot be the file of that name, from pool, with the line; NULL: it can. */
const char *luci_pages_problem(const char *file, const char *text, size_t length, apr_pool_t *pool);

#endif
