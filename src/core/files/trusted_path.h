/* SPDX-License-Identifier: Apache-2.0 */
/* Opens files as root below folders where another user may create links, pipes and other files: from such a
 * folder on, no link is followed, so that no entry of it leads root to a file elsewhere. A folder is trusted
 * when root owns it and neither its group (except root's) nor others may write to it. In a folder with the
 * sticky bit, such as /tmp, root's own files and folders can't be replaced and are trusted. For other users
 * than root, these functions are open(2) and the answer "trusted". */
#ifndef LUCI_TRUSTED_PATH_H
#define LUCI_TRUSTED_PATH_H

#include <apr_pools.h>
#include <sys/types.h>

/* As open(2), with O_CLOEXEC and O_NOCTTY added. Below a folder of another user only a regular file is
 * opened, and only where no other name of it can be elsewhere. -1: *problem says why not, as a phrase. */
int luci_trusted_open(const char *path, int flags, mode_t mode, const char **problem, apr_pool_t *pool);

typedef enum {
    LUCI_PATH_TRUSTED, /* only root can change where the path leads; or the caller is not root */
    LUCI_PATH_OF_USER, /* *owner, *group: the first other user who can */
    LUCI_PATH_OF_MANY, /* several users can, through a group or as others */
    LUCI_PATH_UNKNOWN  /* a folder of the path can't be entered or does not exist; errno tells why */
} luci_path_trust_t;

/* Which user can change where a path leads. The file itself need not exist. *folder: the folder by which that
 * user can, for messages. */
luci_path_trust_t luci_trusted_path(const char *path, uid_t *owner, gid_t *group, const char **folder,
                                    apr_pool_t *pool);

#endif
