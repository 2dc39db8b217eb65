/* SPDX-License-Identifier: Apache-2.0 */
#include "core/files/act_as.h"

#include "core/files/trusted_path.h"

#include <errno.h>
#include <grp.h>
#include <limits.h>
#include <pwd.h>
#include <stdlib.h>
#include <unistd.h>

/* Root's supplementary groups, which luci_act_as_root restores. */
static gid_t groups[NGROUPS_MAX];
static int groups_count;

/* A user id without an account on this machine has no supplementary groups. */
static int take_groups(uid_t user, gid_t group)
{
    const struct passwd *entry = getpwuid(user);

    return entry ? initgroups(entry->pw_name, group) : setgroups(1, &group);
}

int luci_act_as(uid_t user, gid_t group)
{
    int code;

    groups_count = getgroups(NGROUPS_MAX, groups);
    if (groups_count < 0)
        return -1;
    if (take_groups(user, group) == 0 && setegid(group) == 0 && seteuid(user) == 0)
        return 0;
    code = errno;
    luci_act_as_root();
    errno = code;
    return -1;
}

int luci_act_as_where_led(const char *path, uid_t user, gid_t group, int *acts, apr_pool_t *pool)
{
    uid_t owner;
    gid_t owners_group;
    const char *folder;

    *acts = 0;
    switch (luci_trusted_path(path, &owner, &owners_group, &folder, pool)) {
    case LUCI_PATH_TRUSTED: return 0;
    case LUCI_PATH_UNKNOWN: return 0; /* the path does not exist yet, so that it cannot lead elsewhere */
    case LUCI_PATH_OF_USER:
    case LUCI_PATH_OF_MANY: break;
    }
    if (luci_act_as(user, group) != 0)
        return -1;
    *acts = 1;
    return 0;
}

/* No caller is prepared to run with the rights of another user, or with only some of root's. */
void luci_act_as_root(void)
{
    if (seteuid(0) != 0 || setegid(getgid()) != 0 || setgroups((size_t)groups_count, groups) != 0)
        abort();
}
