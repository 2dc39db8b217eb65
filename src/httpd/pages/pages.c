/* SPDX-License-Identifier: Apache-2.0 */
#include "httpd/pages/pages.h"

#include "core/files/act_as.h"
#include "core/web/template.h"
#include "httpd/pages/built_in.h"

#include <apr_file_io.h>
#include <apr_strings.h>
#include <apr_thread_mutex.h>
#include <http_config.h>
#include <http_log.h>
#include <unixd.h>

#include <errno.h>

extern module AP_MODULE_DECLARE_DATA luciauth_module;
APLOG_USE_MODULE(luciauth);

#ifndef LUCI_TEMPLATE_DIR
#error "LUCI_TEMPLATE_DIR must be the folder where the templates are installed"
#endif

/* Where a page can come from, in this order. */
enum { CONFIGURED, INSTALLED, FOLDERS, BUILT_IN = FOLDERS };

/* A version of a file; zeros: there was none. */
typedef struct {
    apr_time_t modified;
    apr_off_t size;
    apr_ino_t inode;
} version_t;

typedef struct {
    luci_template_t *compiled; /* the last good one; NULL: none yet */
    apr_pool_t *memory;        /* holds it */
    int source;                /* where it came from */
    version_t seen[FOLDERS];   /* the versions last looked at, good or not */
    int missing;               /* there was no file last time */
} entry_t;

struct luci_pages_t {
    const char *folders[FOLDERS];
    server_rec *server;
    apr_pool_t *memory;
    entry_t entries[LUCI_PAGES];
    /* Guards the entries. Held while files are looked at, read when they changed, and a page is rendered:
     * pages are for people, who come seldom, and gated requests never wait for it. */
    apr_thread_mutex_t *lock;
};

static const char *const files[LUCI_PAGES] = {
    [LUCI_PAGE_SIGNUP] = "signup.html",       [LUCI_PAGE_LOGIN] = "login.html",
    [LUCI_PAGE_PROFILE] = "profile.html",     [LUCI_PAGE_LOGOUT] = "logout.html",
    [LUCI_PAGE_SIGNED_IN] = "signed-in.html", [LUCI_PAGE_UNAUTHORIZED] = "unauthorized.html",
    [LUCI_PAGE_FORBIDDEN] = "forbidden.html", [LUCI_PAGE_ERROR] = "error.html",
};

const char *luci_pages_file(luci_page_t page)
{
    return files[page];
}

/* The first time it is root who reads, in a folder whose owner could put links there that lead to what only
 * root may read: that is read as the children's user, as everything is later. */
static apr_status_t open_file(apr_file_t **file, const char *path, apr_pool_t *pool)
{
    apr_status_t status;
    int acts;

    if (luci_act_as_where_led(path, ap_unixd_config.user_id, ap_unixd_config.group_id, &acts, pool) != 0)
        return APR_FROM_OS_ERROR(errno);
    status = apr_file_open(file, path, APR_FOPEN_READ | APR_FOPEN_BINARY, APR_FPROT_OS_DEFAULT, pool);
    if (acts)
        luci_act_as_root();
    return status;
}

static apr_status_t read_file(const char *path, char **text, apr_size_t *length, apr_pool_t *pool)
{
    apr_file_t *file;
    apr_status_t status = open_file(&file, path, pool);

    if (status != APR_SUCCESS)
        return status;
    *text = apr_palloc(pool, LUCI_TEMPLATE_BYTES_MAX + 1);
    status = apr_file_read_full(file, *text, LUCI_TEMPLATE_BYTES_MAX + 1, length);
    apr_file_close(file);
    return APR_STATUS_IS_EOF(status) ? APR_SUCCESS : status;
}

static void keep(entry_t *entry, luci_template_t *compiled, apr_pool_t *memory, int source)
{
    if (entry->memory)
        apr_pool_destroy(entry->memory);
    entry->memory = memory;
    entry->compiled = compiled;
    entry->source = source;
}

/* Compiles the file at path into the entry. Else 0, a line in the log, and the entry is left as it is. */
static int load(luci_pages_t *pages, entry_t *entry, const char *path, int source)
{
    apr_pool_t *memory, *scratch;
    luci_template_t *compiled;
    const char *problem = NULL;
    char *text;
    apr_size_t length;
    apr_status_t status;

    if (apr_pool_create(&memory, pages->memory) != APR_SUCCESS ||
        apr_pool_create(&scratch, memory) != APR_SUCCESS)
        return 0;
    status = read_file(path, &text, &length, scratch);
    if (status == APR_SUCCESS && luci_template_parse(text, length, &compiled, &problem, memory) == LUCI_OK) {
        keep(entry, compiled, memory, source);
        apr_pool_destroy(scratch);
        return 1;
    }
    ap_log_error(APLOG_MARK, APLOG_ERR, status, pages->server,
                 "LUCI0601: the template %s can't be used%s%s; %s", path, problem ? ": " : "",
                 problem ? problem : "",
                 entry->compiled ? "the last good one stays in use" : "another one takes its place");
    apr_pool_destroy(memory);
    return 0;
}

/* The version of a file now; 0 when there is none. */
static int look(const char *path, version_t *version, apr_pool_t *scratch)
{
    apr_finfo_t info;

    if (apr_stat(&info, path, APR_FINFO_MTIME | APR_FINFO_SIZE | APR_FINFO_IDENT | APR_FINFO_TYPE, scratch) !=
            APR_SUCCESS ||
        info.filetype != APR_REG) {
        *version = (version_t){ 0 };
        return 0;
    }
    *version = (version_t){ .modified = info.mtime, .size = info.size, .inode = info.inode };
    return 1;
}

static int is_same(const version_t *a, const version_t *b)
{
    return a->modified == b->modified && a->size == b->size && a->inode == b->inode;
}

/* Brings the entry up to date with the file of one folder. 1 when that settles it: the file is good, or it's
 * broken and there is a good one from before. */
static int settles(luci_pages_t *pages, luci_page_t page, int source, apr_pool_t *scratch)
{
    entry_t *entry = &pages->entries[page];
    const char *path = apr_pstrcat(scratch, pages->folders[source], "/", files[page], NULL);
    version_t before = entry->seen[source];

    if (!look(path, &entry->seen[source], scratch))
        return 0;
    entry->missing = 0;
    if (!is_same(&before, &entry->seen[source]) && load(pages, entry, path, source))
        return 1;
    return entry->compiled != NULL && entry->source != BUILT_IN;
}

static void load_built_in(luci_pages_t *pages, luci_page_t page)
{
    luci_template_t *compiled;
    const char *problem, *text;
    apr_pool_t *memory;
    size_t length;

    text = luci_built_in_page(files[page], &length);
    if (!text || apr_pool_create(&memory, pages->memory) != APR_SUCCESS)
        return;
    if (luci_template_parse(text, length, &compiled, &problem, memory) == LUCI_OK)
        keep(&pages->entries[page], compiled, memory, BUILT_IN);
    else
        apr_pool_destroy(memory);
}

static void refresh(luci_pages_t *pages, luci_page_t page, apr_pool_t *scratch)
{
    entry_t *entry = &pages->entries[page];
    int was_missing = entry->missing;

    entry->missing = 1;
    for (int source = CONFIGURED; source < FOLDERS; source++) {
        if (settles(pages, page, source, scratch))
            return;
    }
    if (entry->missing && !was_missing)
        ap_log_error(APLOG_MARK, APLOG_WARNING, 0, pages->server,
                     "LUCI0602: the template %s is neither in %s nor installed; %s", files[page],
                     pages->folders[CONFIGURED],
                     entry->compiled ? "the last good one stays in use"
                                     : "the built-in page takes its place");
    if (!entry->compiled)
        load_built_in(pages, page);
}

luci_pages_t *luci_pages_create(const char *folder, server_rec *server, apr_pool_t *pool)
{
    luci_pages_t *pages = apr_pcalloc(pool, sizeof *pages);

    pages->folders[CONFIGURED] = folder ? folder : LUCI_TEMPLATE_DIR;
    pages->folders[INSTALLED] = LUCI_TEMPLATE_DIR;
    pages->server = server;
    if (apr_pool_create(&pages->memory, pool) != APR_SUCCESS ||
        apr_thread_mutex_create(&pages->lock, APR_THREAD_MUTEX_DEFAULT, pool) != APR_SUCCESS)
        return NULL;
    for (int page = 0; page < LUCI_PAGES; page++)
        refresh(pages, (luci_page_t)page, pool);
    return pages;
}

const char *luci_pages_render(luci_pages_t *pages, luci_page_t page, const apr_table_t *values,
                              size_t *length, apr_pool_t *pool)
{
    const luci_template_t *compiled;
    const char *text;

    apr_thread_mutex_lock(pages->lock);
    refresh(pages, page, pool);
    compiled = pages->entries[page].compiled;
    text = compiled ? luci_template_render(compiled, values, length, pool) : "";
    apr_thread_mutex_unlock(pages->lock);
    if (!compiled)
        *length = 0;
    return text;
}
