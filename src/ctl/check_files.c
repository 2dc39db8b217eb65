/* SPDX-License-Identifier: Apache-2.0 */
#include "check_files.h"

#include "template.h"

#include <apr_file_info.h>
#include <apr_file_io.h>
#include <apr_strings.h>
#include <errno.h>
#include <grp.h>
#include <pwd.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#define FILES "files"
#define TEMPLATES "templates"

enum { MAY_READ = 4, MAY_WRITE = 2, MAY_ENTER = 1 };

/* ---- Who ---- */

static int find_groups(luci_check_user_t *user, const char *group)
{
    const struct passwd *entry =
        *user->name == '#' ? getpwuid((uid_t)strtoul(user->name + 1, NULL, 10)) : getpwnam(user->name);
    const struct group *own = group && *group != '#' ? getgrnam(group) : NULL;
    gid_t gid;

    if (!entry)
        return 0;
    gid = own ? own->gr_gid : entry->pw_gid;
    if (group && *group == '#')
        gid = (gid_t)strtoul(group + 1, NULL, 10);
    user->uid = entry->pw_uid;
    user->groups_count = LUCI_CHECK_GROUPS_MOST;
    if (getgrouplist(entry->pw_name, gid, user->groups, &user->groups_count) < 0)
        user->groups_count = LUCI_CHECK_GROUPS_MOST;
    return 1;
}

void luci_check_user(luci_check_user_t *user, const char *name, const char *group, luci_findings_t *findings)
{
    *user = (luci_check_user_t){ .name = name };
    if (!name || find_groups(user, group))
        return;
    luci_findings_problem(findings, "configuration", "Correct the directive User, or make the user",
                          "there is no user %s on this machine", name);
    user->name = NULL;
}

/* ---- What it may ---- */

static int has_group(const luci_check_user_t *user, gid_t gid)
{
    for (int i = 0; i < user->groups_count; i++) {
        if (user->groups[i] == gid)
            return 1;
    }
    return 0;
}

static int may(const luci_check_user_t *user, const struct stat *info, mode_t what)
{
    mode_t bits = info->st_mode;

    if (user->uid == 0)
        return 1;
    if (info->st_uid == user->uid)
        bits >>= 6;
    else if (has_group(user, info->st_gid))
        bits >>= 3;
    return (bits & what) == what;
}

/* The first folder on the way to path that the user may not enter; NULL: it may all of them. */
static const char *closed_folder(const char *path, const luci_check_user_t *user, apr_pool_t *pool)
{
    for (const char *slash = strchr(path + 1, '/'); slash; slash = strchr(slash + 1, '/')) {
        const char *folder = apr_pstrmemdup(pool, path, (apr_size_t)(slash - path));
        struct stat info;

        if (stat(folder, &info) == 0 && !may(user, &info, MAY_ENTER))
            return folder;
    }
    return NULL;
}

/* Whether the user may do that with what is at path. words: "read and write". */
static void want(luci_findings_t *findings, const luci_check_user_t *user, const char *path, mode_t what,
                 const char *words)
{
    const char *closed = user->name ? closed_folder(path, user, findings->pool) : NULL;
    struct stat info;

    if (!user->name || stat(path, &info) != 0)
        return;
    if (closed)
        luci_findings_problem(findings, FILES, apr_psprintf(findings->pool, "Try: chmod o+x '%s'", closed),
                              "%s, as whom httpd runs, can't get to %s: it may not enter %s", user->name,
                              path, closed);
    else if (!may(user, &info, what))
        luci_findings_problem(findings, FILES,
                              apr_psprintf(findings->pool, "Try: chown %s '%s', and chmod u+rw%s on it",
                                           user->name, path, S_ISDIR(info.st_mode) ? "x" : ""),
                              "%s, as whom httpd runs, may not %s %s", user->name, words, path);
}

/* Whether everybody can get to path. */
static int is_open_to_all(const char *path, apr_pool_t *pool)
{
    static const luci_check_user_t anybody = { .name = "anybody", .uid = (uid_t)-1 };

    return closed_folder(path, &anybody, pool) == NULL;
}

/* 0: it is no secret. */
static int want_secret(luci_findings_t *findings, const char *path, const char *what)
{
    struct stat info;

    if (stat(path, &info) != 0 || !(info.st_mode & (MAY_READ | MAY_WRITE)) ||
        !is_open_to_all(path, findings->pool))
        return 1;
    luci_findings_problem(findings, FILES, apr_psprintf(findings->pool, "chmod o-rw '%s'", path),
                          "everybody on this machine may %s %s, which holds %s",
                          info.st_mode & MAY_WRITE ? "write to" : "read", path, what);
    return 0;
}

/* ---- The database ---- */

static const char *folder_of(const char *path, apr_pool_t *pool)
{
    const char *slash = strrchr(path, '/');

    return slash ? apr_pstrmemdup(pool, path, (apr_size_t)(slash > path ? slash - path : 1)) : ".";
}

/* Who can't see as much as httpd is not told that it is missing. */
const char *luci_check_missing_folder(const char *path, apr_pool_t *pool)
{
    const char *folder = folder_of(path, pool);
    struct stat info;

    return stat(folder, &info) != 0 && (errno == ENOENT || errno == ENOTDIR) ? folder : NULL;
}

int luci_check_database_file(const char *path, const luci_check_user_t *user, luci_findings_t *findings)
{
    static const char *const beside[] = { "", "-wal", "-shm" };
    const char *folder = folder_of(path, findings->pool);
    struct stat info;
    int is_secret = 1;

    want(findings, user, folder, MAY_READ | MAY_WRITE | MAY_ENTER, "make files in");
    if (stat(folder, &info) == 0 && (info.st_mode & MAY_WRITE) && is_open_to_all(folder, findings->pool))
        luci_findings_problem(findings, FILES, apr_psprintf(findings->pool, "chmod o-w '%s'", folder),
                              "everybody on this machine may replace files in %s", folder);
    for (size_t i = 0; i < sizeof beside / sizeof *beside; i++) {
        const char *file = apr_pstrcat(findings->pool, path, beside[i], NULL);

        want(findings, user, file, MAY_READ | MAY_WRITE, "read and write");
        is_secret = is_secret && want_secret(findings, file, "users and hashes");
    }
    return stat(path, &info) == 0;
}

/* ---- Secrets ---- */

void luci_check_secrets(const char *written, const luci_check_user_t *user, luci_findings_t *findings)
{
    static const char start[] = "{file:";
    const char *password = strstr(written, "pass");

    (void)user; /* httpd reads them as root, when it starts */
    for (const char *at = strstr(written, start); at; at = strstr(at, start)) {
        at += strlen(start);
        (void)want_secret(findings, apr_pstrmemdup(findings->pool, at, strcspn(at, "}")), "a password");
    }
    password = password ? strchr(password, '=') : NULL;
    if (password && password[1] && password[1] != '{')
        luci_findings_advice(findings, "configuration",
                             "Put it into a file of root's and write {file:/path} in its place",
                             "a password of the database stands in the configuration");
}

/* ---- Templates ---- */

static const char *parse_problem(const char *path, apr_pool_t *pool)
{
    apr_size_t length = LUCI_TEMPLATE_BYTES_MOST + 1;
    char *text = apr_palloc(pool, length), reason[120];
    luci_template_t *compiled;
    const char *problem = NULL;
    apr_file_t *file;
    apr_status_t status = apr_file_open(&file, path, APR_FOPEN_READ, APR_FPROT_OS_DEFAULT, pool);

    if (status == APR_SUCCESS) {
        status = apr_file_read_full(file, text, length, &length);
        apr_file_close(file);
    }
    if (status != APR_SUCCESS && !APR_STATUS_IS_EOF(status))
        return apr_pstrcat(pool, "it can't be read: ", apr_strerror(status, reason, sizeof reason), NULL);
    return luci_template_parse(text, length, &compiled, &problem, pool) == LUCI_OK ? NULL : problem;
}

static void check_template(const char *path, const luci_check_user_t *user, luci_findings_t *findings)
{
    const char *problem;
    struct stat info;

    if (stat(path, &info) != 0 || !S_ISREG(info.st_mode)) {
        luci_findings_problem(findings, TEMPLATES, "", "%s is not a regular file", path);
        return;
    }
    problem = parse_problem(path, findings->pool);
    if (problem)
        luci_findings_problem(findings, TEMPLATES, "httpd uses the installed page instead until it is mended",
                              "%s: %s", path, problem);
    want(findings, user, path, MAY_READ, "read");
}

void luci_check_templates(const char *folder, const luci_check_user_t *user, luci_findings_t *findings)
{
    apr_finfo_t info;
    apr_dir_t *dir;
    char reason[120];
    apr_status_t status = apr_dir_open(&dir, folder ? folder : LUCI_TEMPLATE_DIR, findings->pool);

    if (status != APR_SUCCESS) {
        if (folder) /* without the installed ones there are those in the module */
            luci_findings_problem(findings, TEMPLATES, "Make the folder, or take the line out",
                                  "LuciaTemplates %s can't be read: %s", folder,
                                  apr_strerror(status, reason, sizeof reason));
        return;
    }
    while (apr_dir_read(&info, APR_FINFO_NAME, dir) == APR_SUCCESS) {
        size_t length = strlen(info.name);

        if (length > 5 && strcmp(info.name + length - 5, ".html") == 0)
            check_template(
                apr_pstrcat(findings->pool, folder ? folder : LUCI_TEMPLATE_DIR, "/", info.name, NULL), user,
                findings);
    }
    apr_dir_close(dir);
}
