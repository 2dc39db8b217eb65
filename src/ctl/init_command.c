/* SPDX-License-Identifier: Apache-2.0 */
#include "commands.h"

#include "acts.h"
#include "say.h"
#include "schema.h"

#include <apr_strings.h>
#include <errno.h>
#include <grp.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* The folder of a database file that is not there yet; NULL: the database is no file, or there. */
static const char *folder_of_new_file(const luci_ctl_database_t *database, apr_pool_t *pool)
{
    const char *path = database->target.params, *slash = strrchr(path, '/');
    luci_sql_dialect_t dialect;
    struct stat file;

    if (luci_sql_dialect(database->target.driver, &dialect) != LUCI_OK || !luci_sql_is_file(dialect, path) ||
        lstat(path, &file) == 0)
        return NULL;
    return slash ? apr_pstrmemdup(pool, path, (apr_size_t)(slash - path) + 1) : ".";
}

/* A new file is its folder's owner's, who is httpd's user where make install made the folder; root's would be
 * closed to httpd. By acting as that user, so that nothing in that folder leads root elsewhere. */
static luci_exit_t become_owner(const luci_ctl_database_t *database, apr_pool_t *pool)
{
    const char *folder = geteuid() == 0 ? folder_of_new_file(database, pool) : NULL;
    struct stat owner;

    if (!folder || stat(folder, &owner) != 0 || owner.st_uid == 0)
        return LUCI_EXIT_DONE;
    umask(S_IRWXO);
    if (setgroups(0, NULL) == 0 && setgid(owner.st_gid) == 0 && setuid(owner.st_uid) == 0)
        return LUCI_EXIT_DONE;
    return luci_say_error(LUCI_EXIT_REFUSED, "the user who owns %s can't be acted for: %s", folder,
                          strerror(errno));
}

static luci_exit_t prepare(luci_call_t *call, luci_ctl_database_t *database)
{
    luci_exit_t status = luci_ctl_database_choose(call, database);
    const char *problem;

    if (status == LUCI_EXIT_DONE)
        status = luci_acts_open(call, database);
    if (status == LUCI_EXIT_DONE && luci_db_init(database->target.driver, &problem, call->pool) != LUCI_OK)
        status = luci_say_error(LUCI_EXIT_DATABASE, "%s", problem);
    return status == LUCI_EXIT_DONE ? become_owner(database, call->pool) : status;
}

static luci_exit_t run_init(luci_call_t *call)
{
    static const luci_column_t columns[] = {
        { "user", "Users", LUCI_CELL_TEXT, NULL },
        { "key", "Keys", LUCI_CELL_TEXT, NULL },
        { "session", "Sessions", LUCI_CELL_TEXT, NULL },
    };
    luci_ctl_database_t database;
    const luci_tables_t *tables = &database.config.settings.tables;
    luci_result_t result;
    luci_exit_t status = prepare(call, &database);

    if (status != LUCI_EXIT_DONE)
        return status;
    database.target.create = 1;
    database.db = luci_db_create(&database.target, call->pool);
    result = luci_schema_create(database.db, call->pool);
    luci_acts_write(&database, LUCI_EVENT_INIT, NULL, result, 0);
    if (result != LUCI_OK)
        return luci_ctl_database_failed(&database, result);
    luci_output_done(call->output,
                     apr_psprintf(call->pool, "The tables %s, %s and %s are there.", tables->user,
                                  tables->key, tables->session),
                     columns, 3, (const char *[]){ tables->user, tables->key, tables->session });
    return LUCI_EXIT_DONE;
}

const luci_command_t luci_command_init = {
    "init",
    "",
    "Makes the tables that are missing",
    "Tables that are there stay as they are. A new one has the columns of the attributes. A new\n"
    "database file belongs to the owner of its folder, if root makes it.\n",
    NULL,
    0,
    0,
    run_init,
};
