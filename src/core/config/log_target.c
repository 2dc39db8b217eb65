/* SPDX-License-Identifier: Apache-2.0 */
#include "core/config/log_target.h"

#include "core/config/directive_types.h"

#include <apr_file_info.h>
#include <apr_strings.h>
#include <string.h>
#include <unistd.h>

static int is_kind(const char *path, apr_filetype_e kind, apr_pool_t *pool)
{
    apr_finfo_t info;

    return apr_stat(&info, path, APR_FINFO_TYPE, pool) == APR_SUCCESS && info.filetype == kind;
}

/* A program that a shell or PATH finds is checked only when it is started. */
const char *luci_log_program_problem(const char *command, apr_pool_t *pool)
{
    const char *program;

    command += *command == '|';
    program = *command == '$' ? "" : luci_word_next(&command, pool);
    if (*program != '/' || (is_kind(program, APR_REG, pool) && access(program, X_OK) == 0))
        return NULL;
    return apr_pstrcat(pool, "there is no program \"", program, "\" that can be run", NULL);
}

const char *luci_log_file_problem(const char *path, apr_pool_t *pool)
{
    const char *slash = strrchr(path, '/'), *folder;

    if (is_kind(path, APR_DIR, pool))
        return "this is a folder";
    folder = slash ? apr_pstrmemdup(pool, path, (apr_size_t)(slash - path) + 1) : ".";
    return is_kind(folder, APR_DIR, pool) ? NULL
                                          : apr_pstrcat(pool, "there is no folder \"", folder, "\"", NULL);
}
