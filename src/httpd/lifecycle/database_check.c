/* SPDX-License-Identifier: Apache-2.0 */
#include "httpd/lifecycle/database_check.h"

#include "core/db/db.h"
#include "core/files/file_access.h"
#include "core/files/trusted_path.h"

#include <apr_file_info.h>
#include <apr_strings.h>

#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#define SQLITE_MAGIC "SQLite format 3" /* with its NUL; https://www.sqlite.org/fileformat.html */

static const char *folder_of(const char *path, apr_pool_t *pool)
{
    const char *end = strrchr(path, '/');

    return end && end > path ? apr_pstrmemdup(pool, path, (apr_size_t)(end - path)) : "/";
}

static int is_missing(const char *path, apr_pool_t *pool)
{
    apr_finfo_t info;

    return APR_STATUS_IS_ENOENT(apr_stat(&info, path, APR_FINFO_TYPE, pool));
}

/* Whether a file is readable, not empty, and not an SQLite database. SQLite makes a database of an empty
 * file; the children may be able to read a file that this process cannot. */
static int is_something_else(const char *path, apr_pool_t *pool)
{
    char magic[sizeof SQLITE_MAGIC];
    const char *problem;
    int file = luci_trusted_open(path, O_RDONLY | O_NONBLOCK, 0, &problem, pool);
    ssize_t length;

    if (file < 0)
        return 0;
    length = read(file, magic, sizeof magic);
    close(file);
    return length > 0 && (length < (ssize_t)sizeof magic || memcmp(magic, SQLITE_MAGIC, sizeof magic) != 0);
}

static const char *file_problem(const char *path, int create_schema, apr_pool_t *pool)
{
    const char *folder = folder_of(path, pool);
    apr_finfo_t info;
    apr_status_t status = apr_stat(&info, path, APR_FINFO_TYPE, pool);

    if (status == APR_SUCCESS && info.filetype != APR_REG)
        return apr_psprintf(pool, "\"%s\" is not a regular file", path);
    if (status == APR_SUCCESS)
        return is_something_else(path, pool) ? apr_psprintf(pool, "\"%s\" is not an SQLite database", path)
                                             : NULL;
    if (!APR_STATUS_IS_ENOENT(status) && !APR_STATUS_IS_ENOTDIR(status))
        return NULL; /* This process may have fewer permissions than the one that opens the database. */
    if (!create_schema)
        return apr_psprintf(pool, "the file \"%s\" does not exist, and LuciaCreateSchema is Off", path);
    if (luci_file_is_folder(folder) ||
        (is_missing(folder, pool) && luci_file_is_folder(folder_of(folder, pool))))
        return NULL; /* A start creates the folder of the file. */
    return apr_psprintf(pool, "the folder \"%s\" does not exist", folder);
}

const char *luci_database_problem(const luci_database_t *database, int create_schema, apr_pool_t *pool)
{
    const luci_engine_t *engine = database->driver ? luci_engine_find(database->driver) : NULL;
    const char *problem = NULL;

    if (!engine)
        return NULL; /* There is none, or httpd refused the directive. */
    if (luci_db_init(database->driver, &problem, pool) != LUCI_OK)
        return problem;
    return luci_engine_is_server(engine) ? engine->params_problem(database->written, pool)
                                         : file_problem(database->params, create_schema, pool);
}
