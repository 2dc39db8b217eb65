/* SPDX-License-Identifier: Apache-2.0 */
/* Files that root opens below folders where another user may put links, pipes and other files: from
 * such a folder on, no link is followed, and nothing that the folder holds leads root to a file elsewhere.
 * A folder is root's alone when root owns it and neither its group (but root's) nor others may write to it;
 * in a folder with the sticky bit, such as /tmp, files and folders of root's stay where they are and are
 * trusted. For any user but root these are open(2) and a verdict of "root's alone". */
#ifndef LUCI_TRUSTED_PATH_H
#define LUCI_TRUSTED_PATH_H

#include <apr_pools.h>
#include <sys/types.h>

/* As open(2), with O_CLOEXEC and O_NOCTTY added. Below a folder of another user only a regular file is
 * opened, and only where no other name of it can be elsewhere. -1: *problem says why not, as a phrase. */
int luci_trusted_open(const char *path, int flags, mode_t mode, const char **problem, apr_pool_t *pool);

typedef enum {
    LUCI_PATH_TRUSTED, /* nobody but root can change where the path leads; or the caller is not root */
    LUCI_PATH_OF_USER, /* *owner, *group: the first user on the way who can */
    LUCI_PATH_OF_MANY, /* several users can, none of them known */
    LUCI_PATH_UNKNOWN  /* a folder on the way can't be entered or is not there; errno says why */
} luci_path_trust_t;

/* Who can change where a path leads. The file itself need not exist. *folder: the folder that is theirs, for
 * messages. */
luci_path_trust_t luci_trusted_path(const char *path, uid_t *owner, gid_t *group, const char **folder,
                                    apr_pool_t *pool);

#endif
