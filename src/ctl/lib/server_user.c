/* SPDX-License-Identifier: Apache-2.0 */
#include "ctl/lib/server_user.h"

#include "core/files/act_as.h"
#include "core/files/trusted_path.h"
#include "ctl/cli/say.h"

#include <apr_strings.h>
#include <errno.h>
#include <grp.h>
#include <pwd.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* The user that the process acts as, if is_acting. */
static luci_server_user_t acting;
static int is_acting;

int luci_server_user_find(const luci_server_user_words_t *words, luci_server_user_t *user, apr_pool_t *pool)
{
    const char *name = words->user, *group = words->group;
    const struct passwd *entry = *name == '#' ? getpwuid((uid_t)strtoul(name + 1, NULL, 10)) : getpwnam(name);
    const struct group *own = group && *group != '#' ? getgrnam(group) : NULL;

    if (!entry)
        return 0;
    *user = (luci_server_user_t){ apr_pstrdup(pool, entry->pw_name), apr_pstrdup(pool, entry->pw_dir),
                                  entry->pw_uid, own ? own->gr_gid : entry->pw_gid };
    if (group && *group == '#')
        user->gid = (gid_t)strtoul(group + 1, NULL, 10);
    return 1;
}

static const char *title(const luci_server_user_t *user, apr_pool_t *pool)
{
    return user->name ? user->name : apr_psprintf(pool, "%lu", (unsigned long)user->uid);
}

/* Sets HOME as well, because client libraries of databases look for files there, and root's home directory is
 * closed to other users. */
static luci_exit_t act(const luci_server_user_t *user, apr_pool_t *pool)
{
    if (luci_act_as(user->uid, user->gid) != 0)
        return luci_say_error(LUCI_EXIT_REFUSED, "root can't act as the user %s: %s", title(user, pool),
                              strerror(errno));
    acting = *user;
    is_acting = 1;
    umask(S_IRWXO);
    setenv("HOME", user->home ? user->home : "/nonexistent", 1);
    return LUCI_EXIT_DONE;
}

/* Finds the server's user in the words of the configuration. Returns 0 if they name none, or root. */
static int is_known(const luci_server_user_words_t *words, luci_server_user_t *user, apr_pool_t *pool)
{
    return words->user && luci_server_user_find(words, user, pool) && user->uid != 0;
}

luci_exit_t luci_server_user_for_path(const luci_server_user_words_t *words, const char *path,
                                      apr_pool_t *pool)
{
    luci_server_user_t user = { NULL, NULL, 0, 0 };
    const char *folder = NULL;
    luci_path_trust_t trust = luci_trusted_path(path, &user.uid, &user.gid, &folder, pool);
    const struct passwd *entry;

    if (is_acting || trust == LUCI_PATH_TRUSTED || trust == LUCI_PATH_UNKNOWN)
        return LUCI_EXIT_DONE; /* If the path does not exist, opening it reports that. */
    if (is_known(words, &user, pool))
        return act(&user, pool);
    if (trust == LUCI_PATH_OF_MANY)
        return luci_say_error(
            LUCI_EXIT_REFUSED,
            "luciactl as root opens no database in the folder %s, because other users can put links there: "
            "name httpd's configuration with --config, or run luciactl as httpd's user (runuser -u USER -- "
            "luciactl ...)",
            folder);
    entry = getpwuid(user.uid);
    user.name = entry ? apr_pstrdup(pool, entry->pw_name) : NULL;
    user.home = entry ? apr_pstrdup(pool, entry->pw_dir) : NULL;
    return act(&user, pool);
}

luci_exit_t luci_server_user_for_server(const luci_server_user_words_t *words, apr_pool_t *pool)
{
    luci_server_user_t user;

    if (is_acting || geteuid() != 0 || !is_known(words, &user, pool))
        return LUCI_EXIT_DONE;
    return act(&user, pool);
}

void luci_server_user_pause(void)
{
    if (is_acting)
        luci_act_as_root();
}

/* Aborts if the change of user fails, because the process must not go on as root. */
void luci_server_user_resume(void)
{
    if (is_acting && luci_act_as(acting.uid, acting.gid) != 0)
        abort();
}

void luci_server_user_end(void)
{
    luci_server_user_pause();
    is_acting = 0;
}

const char *luci_server_user_note(apr_pool_t *pool)
{
    return is_acting ? apr_pstrcat(pool, " (as the user ", title(&acting, pool), ")", NULL) : "";
}
