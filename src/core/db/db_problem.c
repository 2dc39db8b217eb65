/* SPDX-License-Identifier: Apache-2.0 */
#include "core/db/db_problem.h"

#include "core/db/place.h"

#include <apr_strings.h>
#include <errno.h>
#include <fcntl.h>
#include <pwd.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

/* An error of the operating system about a file, and a command that resolves it. */
typedef struct {
    const char *path;   /* the file or folder; NULL: no error was found */
    int code;           /* errno */
    const char *remedy; /* the command; "": none is known */
} reason_t;

/* Quotes a path for a shell if necessary. */
static const char *quoted(const char *path, apr_pool_t *pool)
{
    char *text, *out;

    if (!path[strspn(path, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_-./+,:@%")])
        return path;
    text = out = apr_palloc(pool, 4 * strlen(path) + 3);
    *out++ = '\'';
    for (; *path; path++) {
        if (*path == '\'')
            out = (char *)memcpy(out, "'\\'", 3) + 3;
        *out++ = *path;
    }
    *out++ = '\'';
    *out = '\0';
    return text;
}

/* The name of the user that this process runs as, or its number. */
static const char *user_name(apr_pool_t *pool)
{
    char room[1024];
    struct passwd entry, *found = NULL;

    if (getpwuid_r(geteuid(), &entry, room, sizeof room, &found) == 0 && found)
        return apr_pstrdup(pool, entry.pw_name);
    return apr_psprintf(pool, "%ld", (long)geteuid());
}

static const char *folder_of(const char *path, apr_pool_t *pool)
{
    const char *end = strrchr(path, '/');

    if (!end)
        return ".";
    return end == path ? "/" : apr_pstrmemdup(pool, path, (apr_size_t)(end - path));
}

static int may(const char *path, int mode)
{
    return faccessat(AT_FDCWD, path, mode, AT_EACCESS) == 0;
}

/* Finds the first folder of a path that does not exist, is not a folder, or cannot be entered. 0: none. */
static int find_closed(const char *folder, reason_t *reason, apr_pool_t *pool)
{
    struct stat info;

    if (strcmp(folder, "/") != 0 && strcmp(folder, ".") != 0 &&
        find_closed(folder_of(folder, pool), reason, pool))
        return 1;
    *reason = (reason_t){ .path = folder, .remedy = "" };
    if (stat(folder, &info) != 0)
        reason->code = errno;
    else if (!S_ISDIR(info.st_mode))
        reason->code = ENOTDIR;
    else if (!may(folder, X_OK))
        reason->code = errno;
    return reason->code != 0;
}

static const char *folder_remedy(const char *path, const reason_t *reason, apr_pool_t *pool)
{
    const char *folder = quoted(folder_of(path, pool), pool);

    switch (reason->code) {
    case ENOENT: return apr_psprintf(pool, "mkdir -p %s && chown %s %s", folder, user_name(pool), folder);
    case EACCES: return apr_psprintf(pool, "chmod a+x %s", quoted(reason->path, pool));
    case ENOTDIR: return "correct the path in LuciaDatabase";
    default: return "";
    }
}

static int is_full(const char *folder)
{
    struct statvfs info;

    return statvfs(folder, &info) == 0 && (info.f_bavail == 0 || (info.f_files && info.f_favail == 0));
}

/* The error of a file whose folders are accessible; writes: it must be writable. */
static reason_t file_reason(const char *path, int writes, apr_pool_t *pool)
{
    const char *folder = folder_of(path, pool), *user = user_name(pool);
    struct stat info;

    if (stat(path, &info) != 0)
        return (reason_t){
            path, errno, "luciactl init creates it, and so does httpd at start-up with LuciaCreateSchema On"
        };
    if (S_ISDIR(info.st_mode))
        return (reason_t){ path, EISDIR, "write the path of a file in this folder in LuciaDatabase" };
    if (!may(path, R_OK))
        return (reason_t){ path, errno, apr_psprintf(pool, "chown %s %s", user, quoted(path, pool)) };
    if (!writes)
        return (reason_t){ NULL, 0, "" };
    if (!may(path, W_OK))
        return (reason_t){ path, errno,
                           errno == EROFS ? "mount its file system for writing"
                                          : apr_psprintf(pool, "chown %s %s", user, quoted(path, pool)) };
    if (!may(folder, W_OK))
        return (reason_t){ folder, errno, apr_psprintf(pool, "chown %s %s", user, quoted(folder, pool)) };
    if (is_full(folder))
        return (reason_t){ folder, ENOSPC,
                           apr_psprintf(pool, "free disk space there: df -h %s", quoted(folder, pool)) };
    return (reason_t){ NULL, 0, "" };
}

/* SQLite has the same message for most errors of the operating system, so that the file is examined here. */
static reason_t find_reason(const char *path, const char *words, apr_pool_t *pool)
{
    reason_t reason = { NULL, 0, "" };
    int writes = strstr(words, "full") || strstr(words, "I/O") || strstr(words, "readonly") ||
                 strstr(words, "read-only") || strstr(words, "open") || strstr(words, "reached");

    if (strstr(words, "not a database") || strstr(words, "malformed"))
        return (reason_t){ NULL, 0,
                           apr_psprintf(pool,
                                        "file %s tells what it is; correct the path in LuciaDatabase, or "
                                        "restore a backup",
                                        quoted(path, pool)) };
    if (strstr(words, "locked") || strstr(words, "no such") || strstr(words, "constraint"))
        return reason; /* the file can be accessed */
    if (find_closed(folder_of(path, pool), &reason, pool)) {
        reason.remedy = folder_remedy(path, &reason, pool);
        return reason;
    }
    return file_reason(path, writes, pool);
}

const char *luci_db_title(const luci_db_target_t *target, apr_pool_t *pool)
{
    const luci_engine_t *engine = luci_engine_find(target->driver);
    const char *place = engine ? luci_place(engine, target->params, pool) : target->driver;

    return target->where ? apr_psprintf(pool, "%s (%s)", place, target->where) : place;
}

const char *luci_db_problem(const luci_db_t *db, apr_pool_t *pool)
{
    const luci_db_target_t *target = luci_db_target(db);
    const char *words = luci_db_error(db), *text;
    reason_t reason = { NULL, 0, "" };
    const luci_engine_t *engine = luci_engine_find(target->driver);

    if (!engine)
        return words;
    if (luci_engine_is_file(engine, target->params))
        reason = find_reason(target->params, words, pool);
    text = apr_psprintf(pool, "%s: %s", luci_db_title(target, pool), words);
    if (reason.path)
        text = apr_psprintf(pool, "%s (%s: %s)", text, reason.path, strerror(reason.code));
    if (*reason.remedy)
        text = apr_pstrcat(pool, text, "; ", reason.remedy, NULL);
    return target->report_command
               ? apr_pstrcat(pool, text, "; ", target->report_command, " reports more", NULL)
               : text;
}
