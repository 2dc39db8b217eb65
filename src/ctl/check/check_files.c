/* SPDX-License-Identifier: Apache-2.0 */
#include "ctl/check/check_files.h"

#include <apr_file_info.h>
#include <apr_file_io.h>
#include <apr_strings.h>
#include <errno.h>
#include <string.h>
#include <sys/stat.h>

#define FILES "files"

/* ---- The user ---- */

void luci_check_user(luci_file_user_t *user, const char *name, const char *group)
{
    if (!name || !luci_file_user_find(user, name, group))
        *user = (luci_file_user_t){ .name = NULL };
}

/* ---- Permissions ---- */

/* Reports a problem if path exists and the user lacks a permission for it. words names the permission: "read
 * and write". */
static void require(luci_findings_t *findings, const luci_file_user_t *user, const char *path, mode_t what,
                    const char *words)
{
    const char *closed = user->name ? luci_file_closed_folder(path, user, findings->pool) : NULL;
    struct stat info;

    if (!user->name || stat(path, &info) != 0)
        return;
    if (closed)
        luci_findings_add(findings, LUCI_FINDING_PROBLEM, FILES,
                          apr_psprintf(findings->pool, "Try: chmod o+x '%s'", closed),
                          "httpd's user %s cannot reach %s: it may not enter %s", user->name, path, closed);
    else if (!luci_file_may(user, &info, what))
        luci_findings_add(findings, LUCI_FINDING_PROBLEM, FILES,
                          apr_psprintf(findings->pool, "Try: chown %s '%s', and chmod u+rw%s on it",
                                       user->name, path, S_ISDIR(info.st_mode) ? "x" : ""),
                          "httpd's user %s may not %s %s", user->name, words, path);
}

/* Whether every user of the machine may enter the folders above path. */
static int is_open_to_all(const char *path, apr_pool_t *pool)
{
    static const luci_file_user_t anybody = { .name = "anybody", .uid = (uid_t)-1 };

    return luci_file_closed_folder(path, &anybody, pool) == NULL;
}

/* Reports a problem if every user of the machine can read or write the file at path, which contains what.
 * Returns 0 then. */
static int require_secret(luci_findings_t *findings, const char *path, const char *what)
{
    mode_t may = luci_file_all_may(path, findings->pool);

    if (!may)
        return 1;
    luci_findings_add(findings, LUCI_FINDING_PROBLEM, FILES,
                      apr_psprintf(findings->pool, "chmod o-rw '%s'", path),
                      "every user of this machine may %s %s, which contains %s",
                      may & LUCI_MAY_WRITE ? "write to" : "read", path, what);
    return 0;
}

/* ---- The database ---- */

static const char *folder_of(const char *path, apr_pool_t *pool)
{
    const char *slash = strrchr(path, '/');

    return slash ? apr_pstrmemdup(pool, path, (apr_size_t)(slash > path ? slash - path : 1)) : ".";
}

/* A folder that this process may not look at is not reported as missing, because it may exist. */
const char *luci_check_missing_folder(const char *path, apr_pool_t *pool)
{
    const char *folder = folder_of(path, pool);
    struct stat info;

    return stat(folder, &info) != 0 && (errno == ENOENT || errno == ENOTDIR) ? folder : NULL;
}

/* Whether path may exist, but this process has no permission to look at it; a finding says so. */
static int is_hidden(const char *path, luci_findings_t *findings)
{
    struct stat info;

    if (stat(path, &info) == 0 || errno == ENOENT || errno == ENOTDIR)
        return 0;
    luci_findings_add(findings, LUCI_FINDING_PROBLEM, FILES, "Run luciactl check as root",
                      "%s cannot be checked: %s", path, strerror(errno));
    return 1;
}

luci_check_file_t luci_check_database_file(const char *path, const luci_file_user_t *user,
                                           luci_findings_t *findings)
{
    static const char *const beside[] = { "", "-wal", "-shm" };
    const char *folder = folder_of(path, findings->pool);
    struct stat info;
    int is_secret = 1;

    require(findings, user, folder, LUCI_MAY_READ | LUCI_MAY_WRITE | LUCI_MAY_ENTER, "create files in");
    if (stat(folder, &info) == 0 && (info.st_mode & LUCI_MAY_WRITE) && is_open_to_all(folder, findings->pool))
        luci_findings_add(findings, LUCI_FINDING_PROBLEM, FILES,
                          apr_psprintf(findings->pool, "chmod o-w '%s'", folder),
                          "every user of this machine may replace files in %s", folder);
    for (size_t i = 0; i < sizeof beside / sizeof *beside; i++) {
        const char *file = apr_pstrcat(findings->pool, path, beside[i], NULL);

        require(findings, user, file, LUCI_MAY_READ | LUCI_MAY_WRITE, "read and write");
        is_secret = is_secret && require_secret(findings, file, "users and password hashes");
    }
    if (is_hidden(path, findings))
        return LUCI_CHECK_FILE_HIDDEN;
    return stat(path, &info) == 0 ? LUCI_CHECK_FILE_THERE : LUCI_CHECK_FILE_MISSING;
}

/* ---- Secrets ---- */

/* httpd's user needs no access to these files, because httpd reads them as root when it starts. */
void luci_check_secrets(const char *written, luci_findings_t *findings)
{
    static const char start[] = "{file:";
    const char *password = strstr(written, "pass");

    for (const char *at = strstr(written, start); at; at = strstr(at, start)) {
        at += strlen(start);
        (void)require_secret(findings, apr_pstrmemdup(findings->pool, at, strcspn(at, "}")), "a password");
    }
    password = password ? strchr(password, '=') : NULL;
    if (password && password[1] && password[1] != '{')
        luci_findings_add(findings, LUCI_FINDING_ADVICE, "configuration",
                          "Move it to a file that only root can read, and write {file:/path} instead",
                          "LuciaDatabase contains the password of the database");
}

/* ---- Templates ---- */

/* httpd's start-up checks report pages that root cannot read or that do not parse. This check is for the
 * children, which read them again when they change, as httpd's user. */
static int is_template(const char *name)
{
    const char *suffix = strrchr(name, '.');

    return suffix && (strcmp(suffix, ".html") == 0 || strcmp(suffix, ".txt") == 0);
}

/* Checks the files of one folder. Without a folder there is nothing to check. */
static void check_pages(const char *path, const luci_file_user_t *user, luci_findings_t *findings)
{
    apr_finfo_t info;
    apr_dir_t *dir;

    if (is_hidden(path, findings) || apr_dir_open(&dir, path, findings->pool) != APR_SUCCESS)
        return;
    while (apr_dir_read(&info, APR_FINFO_NAME, dir) == APR_SUCCESS) {
        if (is_template(info.name)) {
            const char *page = apr_pstrcat(findings->pool, path, "/", info.name, NULL);

            if (!is_hidden(page, findings))
                require(findings, user, page, LUCI_MAY_READ, "read");
        }
    }
    apr_dir_close(dir);
}

void luci_check_templates(const char *folder, const apr_array_header_t *languages,
                          const luci_file_user_t *user, luci_findings_t *findings)
{
    const char *path = folder ? folder : LUCI_TEMPLATE_DIR;

    check_pages(path, user, findings);
    for (int i = 0; i < languages->nelts; i++)
        check_pages(apr_pstrcat(findings->pool, path, "/", APR_ARRAY_IDX(languages, i, const char *), NULL),
                    user, findings);
}
