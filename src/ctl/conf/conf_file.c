/* SPDX-License-Identifier: Apache-2.0 */
#include "ctl/conf/conf_file.h"

#include <apr_file_info.h>
#include <apr_file_io.h>
#include <apr_lib.h>
#include <apr_strings.h>
#include <glob.h>
#include <stdlib.h>
#include <string.h>

static apr_status_t read_all(const char *path, char **text, apr_pool_t *pool)
{
    apr_file_t *file;
    apr_finfo_t info;
    apr_size_t length = 0;
    apr_status_t status = apr_stat(&info, path, APR_FINFO_TYPE | APR_FINFO_SIZE, pool);

    if (status != APR_SUCCESS)
        return status;
    if (info.filetype != APR_REG || info.size > LUCI_CONF_BYTES_MAX)
        return APR_EINVAL; /* to open a FIFO would wait for somebody who writes into it */
    status = apr_file_open(&file, path, APR_FOPEN_READ, APR_FPROT_OS_DEFAULT, pool);
    if (status != APR_SUCCESS)
        return status;
    *text = apr_pcalloc(pool, (apr_size_t)info.size + 1);
    status = apr_file_read_full(file, *text, (apr_size_t)info.size, &length);
    apr_file_close(file);
    return APR_STATUS_IS_EOF(status) ? APR_SUCCESS : status;
}

luci_result_t luci_conf_file_open(luci_conf_file_t *file, const char *path, const char **problem,
                                  apr_pool_t *pool)
{
    char reason[120], *text = NULL;
    apr_status_t status = read_all(path, &text, pool);

    *file = (luci_conf_file_t){ .path = path, .rest = text, .number = 0, .following = 1 };
    if (status == APR_SUCCESS)
        return LUCI_OK;
    *problem = apr_pstrcat(pool, path, " can't be read: ",
                           status == APR_EINVAL ? "not a regular file of at most 16 MiB"
                                                : apr_strerror(status, reason, sizeof reason),
                           NULL);
    return LUCI_INVALID;
}

/* A backslash before the end of a line joins the next one to it, as httpd does it. */
static const char *joined(luci_conf_file_t *file, apr_pool_t *pool)
{
    const char *line = "";
    int goes_on;

    file->number = file->following;
    do {
        size_t length = strcspn(file->rest, "\n"), kept = length;
        const char *piece = file->rest;

        file->rest += length + (piece[length] == '\n');
        file->following++;
        if (kept > 0 && piece[kept - 1] == '\r')
            kept--;
        goes_on = kept > 0 && piece[kept - 1] == '\\' && *file->rest;
        line = apr_pstrcat(pool, line, apr_pstrmemdup(pool, piece, kept - (size_t)goes_on), NULL);
    } while (goes_on);
    return line;
}

const char *luci_conf_file_line(luci_conf_file_t *file, apr_pool_t *pool)
{
    while (file->rest && *file->rest) {
        char *line = apr_pstrdup(pool, joined(file, pool));

        while (apr_isspace(*line))
            line++;
        for (size_t end = strlen(line); end > 0 && apr_isspace(line[end - 1]); end--)
            line[end - 1] = '\0';
        if (*line && *line != '#')
            return line;
    }
    return NULL;
}

/* ---- Include ---- */

static int by_name(const void *a, const void *b)
{
    return strcmp(*(const char *const *)a, *(const char *const *)b);
}

static apr_array_header_t *entries(const char *folder, apr_pool_t *pool)
{
    apr_array_header_t *names = apr_array_make(pool, 8, sizeof(const char *));
    apr_finfo_t info;
    apr_dir_t *dir;

    if (apr_dir_open(&dir, folder, pool) != APR_SUCCESS)
        return names;
    while (apr_dir_read(&info, APR_FINFO_NAME, dir) == APR_SUCCESS) {
        if (strcmp(info.name, ".") != 0 && strcmp(info.name, "..") != 0)
            APR_ARRAY_PUSH(names, const char *) = apr_pstrcat(pool, folder, "/", info.name, NULL);
    }
    apr_dir_close(dir);
    qsort(names->elts, (size_t)names->nelts, sizeof(const char *), by_name);
    return names;
}

#define DEPTH_MAX 32 /* of folders below an included one */

static void add(apr_array_header_t *found, const char *path, int depth, apr_pool_t *pool)
{
    apr_array_header_t *inside;
    apr_finfo_t info;

    if (depth > DEPTH_MAX || apr_stat(&info, path, APR_FINFO_TYPE, pool) != APR_SUCCESS)
        return;
    if (info.filetype != APR_DIR) {
        APR_ARRAY_PUSH(found, const char *) = path;
        return;
    }
    inside = entries(path, pool);
    for (int i = 0; i < inside->nelts; i++)
        add(found, APR_ARRAY_IDX(inside, i, const char *), depth + 1, pool);
}

apr_array_header_t *luci_conf_file_find(const char *path, apr_pool_t *pool)
{
    apr_array_header_t *found = apr_array_make(pool, 4, sizeof(const char *));
    glob_t matches;

    if (!strpbrk(path, "*?[")) {
        add(found, path, 0, pool);
        return found;
    }
    if (glob(path, GLOB_NOSORT, NULL, &matches) == 0) {
        qsort(matches.gl_pathv, matches.gl_pathc, sizeof *matches.gl_pathv, by_name);
        for (size_t i = 0; i < matches.gl_pathc; i++)
            add(found, apr_pstrdup(pool, matches.gl_pathv[i]), 0, pool);
        globfree(&matches);
    }
    return found;
}
