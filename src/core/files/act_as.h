/* SPDX-License-Identifier: Apache-2.0 */
/* A process of root's that acts as another user for a while: what it opens and makes then, that user
 * may open and make, and a server on a local socket sees that user. The whole process does, so no other
 * thread may run anything of its own meanwhile. */
#ifndef LUCI_ACT_AS_H
#define LUCI_ACT_AS_H

#include <apr_pools.h>
#include <sys/types.h>

/* Acts as the user with that group and, where the user has a name on this machine, the user's other groups.
 * Root's real user id stays, so no other user can signal or trace the process. -1: errno says why not, and
 * the process acts as before. */
int luci_act_as(uid_t user, gid_t group);

/* The same where this is root and another user than root can change where path leads; *acts says whether it
 * was needed, and so whether luci_act_as_root is to follow. -1: it was needed and did not succeed. */
int luci_act_as_where_led(const char *path, uid_t user, gid_t group, int *acts, apr_pool_t *pool);

/* Acts as root again, who this was before. A process that can't ends. */
void luci_act_as_root(void);

#endif
