/* SPDX-License-Identifier: Apache-2.0 */
#include "httpd/pages/pages.h"

#include "core/files/act_as.h"
#include "core/web/layout.h"
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

#define LAYOUT "layout.html"

/* The sources of a file, in the order in which they are tried. */
enum { CONFIGURED, INSTALLED, FOLDERS, BUILT_IN = FOLDERS };

/* A version of a file; all 0 if there was no file. */
typedef struct {
    apr_time_t modified;
    apr_off_t size;
    apr_ino_t inode;
} version_t;

/* One of the files: a page or the layout. */
typedef struct {
    const char *file;          /* its name */
    const char *text;          /* of the last good version; NULL: none yet */
    luci_template_t *compiled; /* the text without the layout */
    apr_pool_t *memory;        /* holds both */
    int source;                /* CONFIGURED, INSTALLED or BUILT_IN */
    unsigned number;           /* of the version: counts the texts of this entry */
    version_t seen[FOLDERS];   /* the versions last looked at, good or not */
    int missing;               /* there was no file last time */

    luci_template_t *whole;   /* the last good composition with the layout; NULL: none yet */
    apr_pool_t *whole_memory; /* holds it */
    unsigned composed_with;   /* the number of the layout that was last tried with this text; 0: none */
} entry_t;

struct luci_pages_t {
    const char *folders[FOLDERS];
    server_rec *server;
    apr_pool_t *memory;
    entry_t *entries; /* in the order of luci_built_in */
    int count;
    /* Guards the entries. Held while files are looked at, read when they changed, and a page is rendered.
     * Gated requests never wait for it. */
    apr_thread_mutex_t *lock;
};

const char *luci_pages_file(int i)
{
    return luci_built_in[i].file;
}

static entry_t *find_entry(luci_pages_t *pages, const char *file)
{
    for (int i = 0; i < pages->count; i++) {
        if (strcmp(pages->entries[i].file, file) == 0)
            return &pages->entries[i];
    }
    return NULL;
}

/* At the start, root reads the files. If another user could put links to root's files into the folder, the
 * file is read as the children's user, as the children do later. */
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

/* Borrowed, and not terminated. */
typedef struct {
    const char *start;
    apr_size_t length;
} content_t;

static apr_status_t read_file(const char *path, content_t *text, apr_pool_t *pool)
{
    char *buffer = apr_palloc(pool, LUCI_TEMPLATE_BYTES_MAX + 1);
    apr_file_t *file;
    apr_status_t status = open_file(&file, path, pool);

    if (status != APR_SUCCESS)
        return status;
    text->start = buffer;
    status = apr_file_read_full(file, buffer, LUCI_TEMPLATE_BYTES_MAX + 1, &text->length);
    apr_file_close(file);
    return APR_STATUS_IS_EOF(status) ? APR_SUCCESS : status;
}

static void keep(entry_t *entry, const char *text, luci_template_t *compiled, apr_pool_t *memory)
{
    if (entry->memory)
        apr_pool_destroy(entry->memory);
    entry->memory = memory;
    entry->text = text;
    entry->compiled = compiled;
    entry->number++;
    entry->composed_with = 0;
}

/* Parses text and keeps it in the entry. 0: it cannot be used, *problem (from scratch) says why, and the
 * entry is unchanged. */
static int take(luci_pages_t *pages, entry_t *entry, const content_t *text, const char **problem,
                apr_pool_t *scratch)
{
    luci_template_t *compiled;
    apr_pool_t *memory;
    const char *copy;

    if (apr_pool_create(&memory, pages->memory) != APR_SUCCESS)
        return 0;
    if (luci_template_parse(text->start, text->length, &compiled, problem, memory) == LUCI_OK) {
        copy = apr_pstrmemdup(memory, text->start, text->length);
        *problem = strcmp(entry->file, LAYOUT) == 0 ? luci_layout_problem(copy) : NULL;
        if (!*problem) {
            keep(entry, copy, compiled, memory);
            return 1;
        }
    }
    *problem = apr_pstrdup(scratch, *problem);
    apr_pool_destroy(memory);
    return 0;
}

/* Reads the file at path into the entry. 0: it cannot be used, the log says why, and the entry is unchanged.
 */
static int load(luci_pages_t *pages, entry_t *entry, const char *path, apr_pool_t *scratch)
{
    const char *problem = NULL;
    content_t text;
    apr_pool_t *memory;
    apr_status_t status;
    int good;

    if (apr_pool_create(&memory, scratch) != APR_SUCCESS)
        return 0;
    status = read_file(path, &text, memory);
    good = status == APR_SUCCESS && take(pages, entry, &text, &problem, memory);
    if (!good)
        ap_log_error(APLOG_MARK, APLOG_ERR, status, pages->server,
                     "LUCI0601: the template %s cannot be used%s%s; %s", path, problem ? ": " : "",
                     problem ? problem : "",
                     entry->text ? "the last good version stays in use" : "another one is used instead");
    apr_pool_destroy(memory);
    return good;
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

/* Brings the entry up to date with the file of one folder. 1: the file is good, or it is broken and an
 * earlier good version is kept, so that the next folder does not count. */
static int settles(luci_pages_t *pages, entry_t *entry, int source, apr_pool_t *scratch)
{
    const char *path = apr_pstrcat(scratch, pages->folders[source], "/", entry->file, NULL);
    version_t before = entry->seen[source];

    if (!look(path, &entry->seen[source], scratch))
        return 0;
    entry->missing = 0;
    if (!is_same(&before, &entry->seen[source]) && load(pages, entry, path, scratch)) {
        entry->source = source;
        return 1;
    }
    return entry->text != NULL && entry->source != BUILT_IN;
}

static void load_built_in(luci_pages_t *pages, entry_t *entry, apr_pool_t *scratch)
{
    const luci_built_in_t *built_in = &luci_built_in[entry - pages->entries];
    const content_t text = { built_in->text, (apr_size_t)(built_in->end - built_in->text) };
    const char *problem;

    if (take(pages, entry, &text, &problem, scratch))
        entry->source = BUILT_IN;
}

static void refresh(luci_pages_t *pages, entry_t *entry, apr_pool_t *scratch)
{
    int was_missing = entry->missing;

    entry->missing = 1;
    for (int source = CONFIGURED; source < FOLDERS; source++) {
        if (settles(pages, entry, source, scratch))
            return;
    }
    if (entry->missing && !was_missing)
        ap_log_error(APLOG_MARK, APLOG_WARNING, 0, pages->server,
                     "LUCI0602: the template %s is neither in %s nor installed; %s; restore the file",
                     entry->file, pages->folders[CONFIGURED],
                     entry->text ? "the last good version stays in use"
                                 : "the built-in page is used instead");
    if (!entry->text)
        load_built_in(pages, entry, scratch);
}

/* ---- The layout ---- */

static void keep_whole(entry_t *entry, luci_template_t *whole, apr_pool_t *memory)
{
    if (entry->whole_memory)
        apr_pool_destroy(entry->whole_memory);
    entry->whole_memory = memory;
    entry->whole = whole;
}

/* Parses a whole page and keeps it. Returns 0 if it cannot be used; *problem (from scratch) says why. */
static int take_whole(luci_pages_t *pages, entry_t *entry, const char *text, const char **problem,
                      apr_pool_t *scratch)
{
    luci_template_t *whole;
    apr_pool_t *memory;

    *problem = "out of memory";
    if (apr_pool_create(&memory, pages->memory) != APR_SUCCESS)
        return 0;
    if (luci_template_parse(text, strlen(text), &whole, problem, memory) == LUCI_OK) {
        keep_whole(entry, whole, memory);
        return 1;
    }
    *problem = apr_pstrdup(scratch, *problem);
    apr_pool_destroy(memory);
    return 0;
}

static const char *built_in_text(const luci_pages_t *pages, const entry_t *entry, apr_pool_t *scratch)
{
    const luci_built_in_t *built_in = &luci_built_in[entry - pages->entries];

    return apr_pstrmemdup(scratch, built_in->text, (apr_size_t)(built_in->end - built_in->text));
}

/* Composes a body with the layout, once for each version of either. If that fails, the last good page stays
 * in use; without one, the built-in page is used. */
static void compose(luci_pages_t *pages, entry_t *entry, apr_pool_t *scratch)
{
    entry_t *layout = find_entry(pages, LAYOUT);
    const char *text, *problem;

    refresh(pages, layout, scratch);
    if (!layout->text || entry->composed_with == layout->number)
        return;
    entry->composed_with = layout->number;
    text = luci_layout_compose(layout->text, entry->text, scratch);
    if (take_whole(pages, entry, text, &problem, scratch))
        return;
    ap_log_error(APLOG_MARK, APLOG_ERR, 0, pages->server,
                 "LUCI0603: the template %s cannot be used inside " LAYOUT
                 ": in the whole page, %s; the last good "
                 "page stays in use, or the built-in one",
                 entry->file, problem);
    if (entry->whole)
        return;
    text = luci_layout_compose(built_in_text(pages, layout, scratch), built_in_text(pages, entry, scratch),
                               scratch);
    (void)take_whole(pages, entry, text, &problem, scratch);
}

/* The current template of a page; NULL: there is none. */
static const luci_template_t *current(luci_pages_t *pages, entry_t *entry, apr_pool_t *scratch)
{
    refresh(pages, entry, scratch);
    if (!entry->text || !luci_layout_is_body(entry->text))
        return entry->compiled;
    compose(pages, entry, scratch);
    return entry->whole;
}

/* ---- The store ---- */

luci_pages_t *luci_pages_create(const char *folder, server_rec *server, apr_pool_t *pool)
{
    luci_pages_t *pages = apr_pcalloc(pool, sizeof *pages);

    pages->folders[CONFIGURED] = folder ? folder : LUCI_TEMPLATE_DIR;
    pages->folders[INSTALLED] = LUCI_TEMPLATE_DIR;
    pages->server = server;
    while (luci_built_in[pages->count].file)
        pages->count++;
    pages->entries = apr_pcalloc(pool, sizeof *pages->entries * (apr_size_t)pages->count);
    if (apr_pool_create(&pages->memory, pool) != APR_SUCCESS ||
        apr_thread_mutex_create(&pages->lock, APR_THREAD_MUTEX_DEFAULT, pool) != APR_SUCCESS)
        return NULL;
    for (int i = 0; i < pages->count; i++)
        pages->entries[i].file = luci_built_in[i].file;
    for (int i = 0; i < pages->count; i++) {
        if (strcmp(pages->entries[i].file, LAYOUT) != 0) /* The layout is read when a page needs it. */
            (void)current(pages, &pages->entries[i], pool);
    }
    return pages;
}

const char *luci_pages_render(luci_pages_t *pages, const char *file, const apr_table_t *values,
                              size_t *length, apr_pool_t *pool)
{
    entry_t *entry = find_entry(pages, file);
    const luci_template_t *template;
    const char *text;

    *length = 0;
    if (!entry)
        return "";
    apr_thread_mutex_lock(pages->lock);
    template = current(pages, entry, pool);
    text = template ? luci_template_render(template, values, length, pool) : "";
    apr_thread_mutex_unlock(pages->lock);
    return text;
}
