/* SPDX-License-Identifier: Apache-2.0 */
/* The user whom httpd's children run as. luciactl that runs as root acts as that user where files
 * or a server's socket lie in folders that another user than root may change, and for connections to servers
 * of databases, as httpd does: so such a folder leads root nowhere, files that are made there are httpd's,
 * and PostgreSQL's peer authentication sees whom it knows. For any other user nothing happens here. */
#ifndef LUCI_SERVER_USER_H
#define LUCI_SERVER_USER_H

#include "ctl/cli/exit_status.h"

#include <apr_pools.h>
#include <sys/types.h>

/* As the directives User and Group have them; each may be NULL: not known. */
typedef struct {
    const char *user;
    const char *group;
} luci_server_user_words_t;

typedef struct {
    const char *name; /* NULL: the number has none here */
    const char *home;
    uid_t uid;
    gid_t gid;
} luci_server_user_t;

/* 0: there is no such user on this machine. */
int luci_server_user_find(const luci_server_user_words_t *words, luci_server_user_t *user, apr_pool_t *pool);

/* From now on acts as the server's user, if root can be led elsewhere on the way to path. Without words, as
 * the one who can. REFUSED: nobody knows who that is, said. */
luci_exit_t luci_server_user_for_path(const luci_server_user_words_t *words, const char *path,
                                      apr_pool_t *pool);

/* From now on acts as the server's user, if it is known. */
luci_exit_t luci_server_user_for_server(const luci_server_user_words_t *words, apr_pool_t *pool);

/* Root again, if this was root, for files that the command line or the configuration names; and back. */
void luci_server_user_pause(void);
void luci_server_user_resume(void);

/* Ends what the first two began. */
void luci_server_user_end(void);

/* ", asked as the user www-data", for messages; "" where nobody else is acted for. */
const char *luci_server_user_note(apr_pool_t *pool);

#endif
