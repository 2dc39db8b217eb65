/* SPDX-License-Identifier: Apache-2.0 */
/* Opens files as root below folders where another user may create links, pipes and other files: from such a
 * folder on, no link is followed, so that no entry of it leads root to a file elsewhere. A folder is trusted
 * when root owns it and neither its group (except root's) nor others may write to it. In a folder with the
 * sticky bit, such as /tmp, root's own files and folders cannot be replaced and are trusted. In a process
 * that does not run as root, luci_trusted_open is open(2), and luci_trusted_path returns
 * LUCI_PATH_TRUSTED. */
#ifndef LUCI_TRUSTED_PATH_H
#define LUCI_TRUSTED_PATH_H

#include <apr_pools.h>
#include <sys/types.h>

/* As open(2), with O_CLOEXEC and O_NOCTTY added. Below a folder of another user, opens only a regular file,
 * and only if it has no other hard link or belongs to the folder's owner. -1: *problem (from pool or
 * constant) says why, as a phrase. */
int luci_trusted_open(const char *path, int flags, mode_t mode, const char **problem, apr_pool_t *pool);

typedef enum {
    LUCI_PATH_TRUSTED, /* only root can change where the path leads; or the caller is not root */
    LUCI_PATH_OF_USER, /* one other user can: *owner and *group */
    LUCI_PATH_OF_MANY, /* several other users can, because a group or all users may write */
    LUCI_PATH_UNKNOWN  /* a folder of the path cannot be entered or does not exist; errno says why */
} luci_path_trust_t;

/* Tells which user other than root can change where a path leads. The file itself need not exist. *folder is
 * the folder that this user can change, for messages. */
luci_path_trust_t luci_trusted_path(const char *path, uid_t *owner, gid_t *group, const char **folder,
                                    apr_pool_t *pool);

#endif
