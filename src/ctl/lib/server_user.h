/* SPDX-License-Identifier: Apache-2.0 */
/* Acting as the user that httpd's children run as. When luciactl runs as root, it acts as that user for
 * connections to database servers, and for files and sockets in folders that another user can change. So a
 * link in such a folder cannot mislead root, files created there belong to httpd's user, and PostgreSQL's
 * peer authentication sees the same user as from httpd. For any caller but root, these functions do nothing.
 */
#ifndef LUCI_SERVER_USER_H
#define LUCI_SERVER_USER_H

#include "ctl/cli/exit_status.h"

#include <apr_pools.h>
#include <sys/types.h>

/* The arguments of the directives User and Group; each is NULL if it is unknown. */
typedef struct {
    const char *user;
    const char *group;
} luci_server_user_words_t;

typedef struct {
    const char *name; /* NULL: the uid has no name on this machine */
    const char *home;
    uid_t uid;
    gid_t gid;
} luci_server_user_t;

/* Returns 0 if this machine has no such user. */
int luci_server_user_find(const luci_server_user_words_t *words, luci_server_user_t *user, apr_pool_t *pool);

/* From now on acts as the server's user, if a user other than root can change a folder on path; if words name
 * no user, as the owner of that folder. REFUSED: several users can change the folder, or the process cannot
 * change its user, with a message. */
luci_exit_t luci_server_user_for_path(const luci_server_user_words_t *words, const char *path,
                                      apr_pool_t *pool);

/* From now on acts as the server's user, if words name it. REFUSED: the process cannot change its user, with
 * a message. */
luci_exit_t luci_server_user_for_server(const luci_server_user_words_t *words, apr_pool_t *pool);

/* Makes the process root again, if it was, for files that the command line or the configuration names; resume
 * returns to the server's user. */
void luci_server_user_pause(void);
void luci_server_user_resume(void);

/* Ends acting as another user. */
void luci_server_user_end(void);

/* " (as the user www-data)" for messages; "" if the process does not act as another user. */
const char *luci_server_user_note(apr_pool_t *pool);

#endif
