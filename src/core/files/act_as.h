/* SPDX-License-Identifier: Apache-2.0 */
/* A root process that acts as another user for a while: it can open and create only what that user can, and a
 * server on a local socket sees that user. This applies to the whole process, so other threads must be idle
 * meanwhile. */
#ifndef LUCI_ACT_AS_H
#define LUCI_ACT_AS_H

#include <apr_pools.h>
#include <sys/types.h>

/* Acts as the user with that group and, where the user has a name on this machine, the user's other groups.
 * The real user id stays root's, so that no other user can signal or trace the process. -1: it failed, errno
 * says why, and the process acts as before. */
int luci_act_as(uid_t user, gid_t group);

/* The same, but only if this process is root and another user can change where path leads. *acts is 1 if the
 * process now acts as the user; the caller must then call luci_act_as_root. -1: it was necessary and failed,
 * errno says why. */
int luci_act_as_where_led(const char *path, uid_t user, gid_t group, int *acts, apr_pool_t *pool);

/* Acts as root again. If that fails, the process aborts. */
void luci_act_as_root(void);

#endif
