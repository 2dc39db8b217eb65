/* SPDX-License-Identifier: Apache-2.0 */
/* What a user of this machine may do with files, from their owners and permission bits. */
#ifndef LUCI_FILE_ACCESS_H
#define LUCI_FILE_ACCESS_H

#include <apr_pools.h>

#include <sys/stat.h>
#include <sys/types.h>

#define LUCI_FILE_GROUPS_MAX 64

typedef struct {
    const char *name; /* NULL: no user is known */
    uid_t uid;
    gid_t groups[LUCI_FILE_GROUPS_MAX];
    int groups_count;
} luci_file_user_t;

enum { LUCI_MAY_READ = 4, LUCI_MAY_WRITE = 2, LUCI_MAY_ENTER = 1 };

/* 1 for a folder, or a link to one. */
int luci_file_is_folder(const char *path);

/* Finds a user by name or by "#NUMBER", with the groups of the user. group replaces the primary group and may
 * be NULL. 0: the user does not exist. */
int luci_file_user_find(luci_file_user_t *user, const char *name, const char *group);

/* 1 if the permission bits grant the user everything in what, a combination of LUCI_MAY_ bits. */
int luci_file_may(const luci_file_user_t *user, const struct stat *info, mode_t what);

/* The first folder on the way to path that the user may not enter, from pool; NULL: the user may enter all of
 * them. */
const char *luci_file_closed_folder(const char *path, const luci_file_user_t *user, apr_pool_t *pool);

/* What every user of this machine may do with the file at path: a combination of LUCI_MAY_READ and
 * LUCI_MAY_WRITE, 0 also if there is no such file or if one of its folders is closed to other users. */
mode_t luci_file_all_may(const char *path, apr_pool_t *pool);

#endif
