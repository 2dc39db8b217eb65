/* SPDX-License-Identifier: Apache-2.0 */
#include "core/files/file_access.h"

#include <apr_strings.h>
#include <grp.h>
#include <pwd.h>
#include <stdlib.h>
#include <string.h>

int luci_file_is_folder(const char *path)
{
    struct stat info;

    return stat(path, &info) == 0 && S_ISDIR(info.st_mode);
}

int luci_file_user_find(luci_file_user_t *user, const char *name, const char *group)
{
    const struct passwd *entry = *name == '#' ? getpwuid((uid_t)strtoul(name + 1, NULL, 10)) : getpwnam(name);
    const struct group *own = group && *group != '#' ? getgrnam(group) : NULL;
    gid_t gid;

    if (!entry)
        return 0;
    gid = own ? own->gr_gid : entry->pw_gid;
    if (group && *group == '#')
        gid = (gid_t)strtoul(group + 1, NULL, 10);
    *user = (luci_file_user_t){ .name = name, .uid = entry->pw_uid, .groups_count = LUCI_FILE_GROUPS_MAX };
    if (getgrouplist(entry->pw_name, gid, user->groups, &user->groups_count) < 0)
        user->groups_count = LUCI_FILE_GROUPS_MAX;
    return 1;
}

static int has_group(const luci_file_user_t *user, gid_t gid)
{
    for (int i = 0; i < user->groups_count; i++) {
        if (user->groups[i] == gid)
            return 1;
    }
    return 0;
}

int luci_file_may(const luci_file_user_t *user, const struct stat *info, mode_t what)
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

const char *luci_file_closed_folder(const char *path, const luci_file_user_t *user, apr_pool_t *pool)
{
    for (const char *slash = strchr(path + 1, '/'); slash; slash = strchr(slash + 1, '/')) {
        const char *folder = apr_pstrmemdup(pool, path, (apr_size_t)(slash - path));
        struct stat info;

        if (stat(folder, &info) == 0 && !luci_file_may(user, &info, LUCI_MAY_ENTER))
            return folder;
    }
    return NULL;
}

mode_t luci_file_all_may(const char *path, apr_pool_t *pool)
{
    static const luci_file_user_t anybody = { .name = "anybody", .uid = (uid_t)-1 };
    struct stat info;

    if (stat(path, &info) != 0 || luci_file_closed_folder(path, &anybody, pool))
        return 0;
    return info.st_mode & (LUCI_MAY_READ | LUCI_MAY_WRITE);
}
