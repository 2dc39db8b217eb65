/* SPDX-License-Identifier: Apache-2.0 */
#include "pages.h"

#include "built_in.h"
#include "template.h"

#include <apr_file_io.h>
#include <apr_strings.h>
#include <apr_thread_mutex.h>
#include <http_config.h>
#include <http_log.h>

extern module AP_MODULE_DECLARE_DATA luciauth_module;
APLOG_USE_MODULE(luciauth);

#ifndef LUCI_TEMPLATE_DIR
#error "LUCI_TEMPLATE_DIR must be the folder where the templates are installed"
#endif

#define FOLDERS 2 /* the configured one, then the installed one */

/* A version of a file. */
typedef struct {
    apr_time_t modified;
    apr_off_t size;
    apr_ino_t inode;
} version_t;

typedef struct {
    luci_template_t *compiled; /* the last good one; NULL: none yet */
    apr_pool_t *memory;        /* holds it */
    version_t seen;            /* the version last read, good or not */
    int missing;               /* there was no file last time */
} entry_t;

struct luci_pages_t {
    const char *folders[FOLDERS];
    server_rec *server;
    apr_pool_t *memory;
    apr_thread_mutex_t
        *lock; /* guards the entries; held while a page is rendered, which takes microseconds */
    entry_t entries[LUCI_PAGES];
};

static const char *const files[LUCI_PAGES] = {
    [LUCI_PAGE_SIGNUP] = "signup.html",   [LUCI_PAGE_LOGIN] = "login.html",
    [LUCI_PAGE_PROFILE] = "profile.html", [LUCI_PAGE_UNAUTHORIZED] = "unauthorized.html",
    [LUCI_PAGE_ERROR] = "error.html",
};

const char *luci_pages_file(luci_page_t page)
{
    return files[page];
}

luci_pages_t *luci_pages_create(const char *folder, server_rec *server, apr_pool_t *child_pool)
{
    luci_pages_t *pages = apr_pcalloc(child_pool, sizeof *pages);

    pages->folders[0] = folder ? folder : LUCI_TEMPLATE_DIR;
    pages->folders[1] = LUCI_TEMPLATE_DIR;
    pages->server = server;
    if (apr_pool_create(&pages->memory, child_pool) != APR_SUCCESS ||
        apr_thread_mutex_create(&pages->lock, APR_THREAD_MUTEX_DEFAULT, child_pool) != APR_SUCCESS)
        return NULL;
    return pages;
}

static apr_status_t read_file(const char *path, char **text, apr_size_t *length, apr_pool_t *pool)
{
    apr_file_t *file;
    apr_status_t status =
        apr_file_open(&file, path, APR_FOPEN_READ | APR_FOPEN_BINARY, APR_FPROT_OS_DEFAULT, pool);

    if (status != APR_SUCCESS)
        return status;
    *text = apr_palloc(pool, LUCI_TEMPLATE_BYTES_MOST + 1);
    status = apr_file_read_full(file, *text, LUCI_TEMPLATE_BYTES_MOST + 1, length);
    apr_file_close(file);
    return APR_STATUS_IS_EOF(status) ? APR_SUCCESS : status;
}

/* Compiles the file at path into the entry, or says why not and leaves the entry as it is. */
static void load(luci_pages_t *pages, entry_t *entry, const char *path)
{
    apr_pool_t *memory, *scratch;
    luci_template_t *compiled;
    const char *problem = NULL;
    char *text;
    apr_size_t length;
    apr_status_t status;

    if (apr_pool_create(&memory, pages->memory) != APR_SUCCESS)
        return;
    if (apr_pool_create(&scratch, memory) != APR_SUCCESS) {
        apr_pool_destroy(memory);
        return;
    }
    status = read_file(path, &text, &length, scratch);
    if (status == APR_SUCCESS && luci_template_parse(text, length, &compiled, &problem, memory) == LUCI_OK) {
        if (entry->memory)
            apr_pool_destroy(entry->memory);
        entry->memory = memory;
        entry->compiled = compiled;
        apr_pool_destroy(scratch);
        return;
    }
    ap_log_error(APLOG_MARK, APLOG_ERR, status, pages->server,
                 "LUCI0601: the template %s can't be used%s%s; %s", path, problem ? ": " : "",
                 problem ? problem : "",
                 entry->compiled ? "the last good one stays in use" : "the built-in page takes its place");
    apr_pool_destroy(memory);
}

/* Looks which file serves this page now, and loads it when it's another version than the one last seen. */
static void refresh(luci_pages_t *pages, luci_page_t page, apr_pool_t *scratch)
{
    entry_t *entry = &pages->entries[page];

    for (int i = 0; i < FOLDERS; i++) {
        const char *path = apr_pstrcat(scratch, pages->folders[i], "/", files[page], NULL);
        apr_finfo_t info;
        version_t *seen = &entry->seen;

        if (apr_stat(&info, path, APR_FINFO_MTIME | APR_FINFO_SIZE | APR_FINFO_IDENT, scratch) != APR_SUCCESS)
            continue;
        entry->missing = 0;
        if (info.mtime != seen->modified || info.size != seen->size || info.inode != seen->inode) {
            *seen = (version_t){ .modified = info.mtime, .size = info.size, .inode = info.inode };
            load(pages, entry, path);
        }
        return;
    }
    if (!entry->missing)
        ap_log_error(
            APLOG_MARK, APLOG_WARNING, 0, pages->server,
            "LUCI0602: the template %s is neither in %s nor installed; %s", files[page], pages->folders[0],
            entry->compiled ? "the last good one stays in use" : "the built-in page takes its place");
    entry->missing = 1;
}

static luci_template_t *last_resort(luci_page_t page, apr_pool_t *pool)
{
    luci_template_t *compiled = NULL;
    const char *problem, *text;
    size_t length;

    text = luci_built_in_page(files[page], &length);
    if (!text || luci_template_parse(text, length, &compiled, &problem, pool) != LUCI_OK)
        return NULL;
    return compiled;
}

const char *luci_pages_render(luci_pages_t *pages, luci_page_t page, const apr_table_t *values,
                              size_t *length, apr_pool_t *pool)
{
    const luci_template_t *compiled;
    const char *text;

    apr_thread_mutex_lock(pages->lock);
    refresh(pages, page, pool);
    compiled = pages->entries[page].compiled;
    if (!compiled)
        compiled = last_resort(page, pool);
    text = compiled ? luci_template_render(compiled, values, length, pool) : "";
    apr_thread_mutex_unlock(pages->lock);
    if (!compiled)
        *length = 0;
    return text;
}
