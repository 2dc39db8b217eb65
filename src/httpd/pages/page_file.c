/* SPDX-License-Identifier: Apache-2.0 */
#include "httpd/pages/page_file.h"

#include "core/files/act_as.h"
#include "core/web/layout.h"
#include "core/web/messages.h"

#include <apr_file_io.h>
#include <apr_strings.h>
#include <http_config.h>
#include <http_log.h>
#include <unixd.h>

#include <errno.h>

extern module AP_MODULE_DECLARE_DATA luciauth_module;
APLOG_USE_MODULE(luciauth);

int luci_page_file_is(const char *name, const char *file)
{
    const char *slash = strrchr(name, '/');

    return strcmp(slash ? slash + 1 : name, file) == 0;
}

const char *luci_page_file_problem(const char *name, const char *text, size_t length,
                                   luci_template_t **compiled, apr_pool_t *pool)
{
    const char *problem;

    *compiled = NULL;
    if (luci_page_file_is(name, LUCI_PAGE_MESSAGES))
        return luci_messages_problem(text, length, pool);
    if (luci_template_parse(text, length, compiled, &problem, pool) != LUCI_OK)
        return problem;
    return luci_page_file_is(name, LUCI_PAGE_LAYOUT) ? luci_layout_problem(apr_pstrmemdup(pool, text, length))
                                                     : NULL;
}

/* At the start, root reads the files. If another user could put links to root's files into the folder, the
 * file is read as the children's user, as the children do later. */
static apr_status_t open_file(apr_file_t **file, const char *path, apr_pool_t *pool)
{
    apr_status_t status;
    int acts;

    if (luci_act_as_where_led(path, ap_unixd_config.user_id, ap_unixd_config.group_id, &acts, pool) != 0)
        return errno ? APR_FROM_OS_ERROR(errno) : APR_EGENERAL;
    status = apr_file_open(file, path, APR_FOPEN_READ | APR_FOPEN_BINARY, APR_FPROT_OS_DEFAULT, pool);
    if (acts)
        luci_act_as_root();
    return status;
}

apr_status_t luci_page_file_read(apr_file_t *file, luci_page_content_t *text, apr_pool_t *pool)
{
    apr_finfo_t info;
    char *buffer;
    apr_size_t max;
    apr_status_t status = apr_file_info_get(&info, APR_FINFO_SIZE, file);

    if (status != APR_SUCCESS)
        return status;
    max = info.size < LUCI_TEMPLATE_BYTES_MAX ? (apr_size_t)info.size : LUCI_TEMPLATE_BYTES_MAX + 1;
    text->start = buffer = apr_palloc(pool, max + 1);
    status = apr_file_read_full(file, buffer, max, &text->length);
    return APR_STATUS_IS_EOF(status) ? APR_SUCCESS : status;
}

static apr_status_t read_path(const char *path, luci_page_content_t *text, apr_pool_t *pool)
{
    apr_file_t *file = NULL;
    apr_status_t status = open_file(&file, path, pool);

    if (status != APR_SUCCESS)
        return status;
    status = luci_page_file_read(file, text, pool);
    apr_file_close(file);
    return status;
}

/* Compiles text and keeps it. 0: it cannot be used, *problem (from scratch) says why, and the file is
 * unchanged. */
static int take(luci_page_folders_t *folders, luci_page_file_t *file, const luci_page_content_t *text,
                const char **problem, apr_pool_t *scratch)
{
    luci_template_t *compiled;
    apr_pool_t *memory;

    *problem = "out of memory";
    if (apr_pool_create(&memory, folders->memory) != APR_SUCCESS)
        return 0;
    *problem = luci_page_file_problem(file->name, text->start, text->length, &compiled, memory);
    if (*problem) {
        *problem = apr_pstrdup(scratch, *problem);
        apr_pool_destroy(memory);
        return 0;
    }
    if (file->memory)
        apr_pool_destroy(file->memory);
    file->memory = memory;
    file->text = apr_pstrmemdup(memory, text->start, text->length);
    file->compiled = compiled;
    file->version = ++folders->versions;
    return 1;
}

static void drop(luci_page_file_t *file)
{
    if (file->memory)
        apr_pool_destroy(file->memory);
    file->memory = NULL;
    file->text = NULL;
    file->compiled = NULL;
    file->version = 0;
}

static const char *instead(const luci_page_file_t *file)
{
    if (file->text)
        return "the last good version stays in use";
    return file->is_optional ? "the pages are shown without it" : "another one is used instead";
}

/* Reads the file at path. 0: it cannot be used, the log says why, and the file is unchanged. */
static int load(luci_page_folders_t *folders, luci_page_file_t *file, const char *path, apr_pool_t *scratch)
{
    const char *problem = NULL;
    luci_page_content_t text;
    apr_pool_t *memory;
    apr_status_t status;
    int good;

    if (apr_pool_create(&memory, scratch) != APR_SUCCESS)
        return 0;
    status = read_path(path, &text, memory);
    good = status == APR_SUCCESS && take(folders, file, &text, &problem, memory);
    if (!good)
        ap_log_error(APLOG_MARK, APLOG_ERR, status, folders->server,
                     "LUCI0601: the template %s cannot be used%s%s; %s", path, problem ? ": " : "",
                     problem ? problem : "", instead(file));
    apr_pool_destroy(memory);
    return good;
}

/* The version of a file now; 0 when there is none. */
static int look(const char *path, luci_page_version_t *version, apr_pool_t *scratch)
{
    apr_finfo_t info;

    if (apr_stat(&info, path, APR_FINFO_MTIME | APR_FINFO_SIZE | APR_FINFO_IDENT | APR_FINFO_TYPE, scratch) !=
            APR_SUCCESS ||
        info.filetype != APR_REG) {
        *version = (luci_page_version_t){ 0 };
        return 0;
    }
    *version = (luci_page_version_t){ .modified = info.mtime, .size = info.size, .inode = info.inode };
    return 1;
}

static int is_same(const luci_page_version_t *a, const luci_page_version_t *b)
{
    return a->modified == b->modified && a->size == b->size && a->inode == b->inode;
}

/* Brings the file up to date with that of one folder. 1: the file is good, or it is broken and an earlier
 * good version is kept, so that the next folder does not count. */
static int settles(luci_page_folders_t *folders, luci_page_file_t *file, int folder, apr_pool_t *scratch)
{
    const char *path = apr_pstrcat(scratch, folders->paths[folder], "/", file->name, NULL);
    luci_page_version_t before = file->seen[folder];

    if (!look(path, &file->seen[folder], scratch)) {
        if (before.modified && file->source == folder) /* Those of the next folders count again. */
            memset(file->seen, 0, sizeof file->seen);
        return 0;
    }
    file->is_missing = 0;
    if (!is_same(&before, &file->seen[folder]) && load(folders, file, path, scratch)) {
        file->source = folder;
        return 1;
    }
    return file->text != NULL && file->source != LUCI_PAGES_BUILT_IN;
}

static void load_built_in(luci_page_folders_t *folders, luci_page_file_t *file, apr_pool_t *scratch)
{
    const luci_built_in_t *built_in = file->built_in;
    const luci_page_content_t text = { built_in->text, (apr_size_t)(built_in->end - built_in->text) };
    const char *problem;

    if (take(folders, file, &text, &problem, scratch))
        file->source = LUCI_PAGES_BUILT_IN;
}

static void report_missing(const luci_page_folders_t *folders, const luci_page_file_t *file)
{
    const char *substitute = file->text       ? "the last good version stays in use"
                             : file->built_in ? "the built-in page is used instead"
                                              : "that of another language is used instead";

    ap_log_error(APLOG_MARK, APLOG_WARNING, 0, folders->server,
                 "LUCI0602: the template %s is neither in %s nor installed; %s; restore the file", file->name,
                 folders->paths[LUCI_PAGES_CONFIGURED], substitute);
}

void luci_page_file_refresh(luci_page_folders_t *folders, luci_page_file_t *file, apr_pool_t *scratch)
{
    int was_missing = file->is_missing;

    file->is_missing = 1;
    for (int folder = 0; folder < LUCI_PAGES_FOLDERS; folder++) {
        if (settles(folders, file, folder, scratch))
            return;
    }
    if (file->is_optional) {
        if (file->is_missing)
            drop(file);
        return;
    }
    if (file->is_missing && !was_missing)
        report_missing(folders, file);
    if (!file->text && file->built_in)
        load_built_in(folders, file, scratch);
}
