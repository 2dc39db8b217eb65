/* SPDX-License-Identifier: Apache-2.0 */
#include "core/files/trusted_path.h"

#include <apr_strings.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <linux/magic.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/vfs.h>
#include <unistd.h>

#define LINKS_MAX 40 /* symbolic links followed in one path; the same limit as the kernel has */
#define OWNER_UNKNOWN ((uid_t)-1)

/* A walk along a path. Each folder is held open, so that it cannot be replaced during the walk. */
typedef struct {
    apr_pool_t *pool;
    int folder;         /* opened with O_PATH */
    const char *so_far; /* its path, for messages */
    const char *rest;   /* the components that are still to be walked */
    const char *name;   /* the last component, relative to folder */
    int links;
    int follows; /* the last component is a link in /proc, which only the kernel can follow */
    int is_foreign;
    const char *foreign; /* the first folder that another user can change */
    uid_t owner;         /* the user that can change it, or OWNER_UNKNOWN */
    gid_t group;
    const char *problem;
} walk_t;

static int fail(walk_t *walk, int code, const char *problem)
{
    walk->problem = problem ? problem : apr_pstrdup(walk->pool, strerror(code));
    errno = code;
    return 0;
}

/* ---- Folders ---- */

static int enter(walk_t *walk, int from, const char *name)
{
    int opened = openat(from, name, O_PATH | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC), code = errno;

    if (walk->folder >= 0)
        close(walk->folder);
    walk->folder = opened;
    return opened >= 0 ? 1 : fail(walk, code, NULL);
}

static void note_foreign(walk_t *walk, uid_t owner, gid_t group)
{
    if (walk->is_foreign)
        return;
    walk->is_foreign = 1;
    walk->foreign = walk->so_far;
    walk->owner = owner;
    walk->group = group;
}

/* Records whether a user other than root can replace an entry of the current folder. entry is NULL if the
 * entry does not exist. */
static int judge(walk_t *walk, const struct stat *entry)
{
    struct stat folder;

    if (fstat(walk->folder, &folder) != 0)
        return fail(walk, errno, NULL);
    if (folder.st_uid != 0)
        note_foreign(walk, folder.st_uid, folder.st_gid);
    else if ((folder.st_mode & S_IWOTH) || ((folder.st_mode & S_IWGRP) && folder.st_gid != 0)) {
        if (!(folder.st_mode & S_ISVTX) || !entry || S_ISLNK(entry->st_mode))
            note_foreign(walk, OWNER_UNKNOWN, folder.st_gid);
        else if (entry->st_uid != 0)
            note_foreign(walk, entry->st_uid, entry->st_gid);
    }
    return 1;
}

static int is_of_proc(const walk_t *walk)
{
    struct statfs system;

    return fstatfs(walk->folder, &system) == 0 && system.f_type == PROC_SUPER_MAGIC;
}

/* ---- Walking ---- */

/* Continues at the target of a symbolic link, followed by the rest of the path. */
static int follow(walk_t *walk, const char *name)
{
    char target[PATH_MAX];
    ssize_t length = readlinkat(walk->folder, name, target, sizeof target);

    if (length < 0)
        return fail(walk, errno, NULL);
    if (length == (ssize_t)sizeof target || ++walk->links > LINKS_MAX)
        return fail(walk, ELOOP, NULL);
    walk->rest = apr_pstrcat(walk->pool, apr_pstrmemdup(walk->pool, target, (apr_size_t)length),
                             *walk->rest ? "/" : "", walk->rest, NULL);
    if (*target != '/')
        return 1;
    walk->so_far = "/";
    return enter(walk, AT_FDCWD, "/");
}

/* Handles a symbolic link. A link in /proc/self/fd leads to an open file, whatever its text says. */
static int take_link(walk_t *walk, const char *name)
{
    if (walk->is_foreign)
        return fail(
            walk, ELOOP,
            apr_psprintf(walk->pool,
                         "%s is a symbolic link, and root does not follow links in the folder %s, which "
                         "another user can change; name its target instead",
                         apr_pstrcat(walk->pool, walk->so_far, name, NULL), walk->foreign));
    if (!*walk->rest && is_of_proc(walk) && strcmp(walk->so_far, "/proc/") != 0) {
        walk->name = name;
        walk->follows = 1;
        return 1;
    }
    return follow(walk, name);
}

/* Walks one component of the path. */
static int step(walk_t *walk)
{
    size_t length = strcspn(walk->rest, "/");
    const char *name = apr_pstrmemdup(walk->pool, walk->rest, length);
    struct stat entry;
    int is_there;

    walk->rest += length + strspn(walk->rest + length, "/");
    if (length == 0 || strcmp(name, ".") == 0)
        return 1;
    is_there = fstatat(walk->folder, name, &entry, AT_SYMLINK_NOFOLLOW) == 0;
    if (!is_there && errno != ENOENT)
        return fail(walk, errno, NULL);
    if (!judge(walk, is_there ? &entry : NULL))
        return 0;
    if (is_there && S_ISLNK(entry.st_mode))
        return take_link(walk, name);
    if (!*walk->rest) {
        walk->name = name;
        return 1;
    }
    if (!is_there)
        return fail(walk, ENOENT, NULL);
    walk->so_far = apr_pstrcat(walk->pool, walk->so_far, name, "/", NULL);
    return enter(walk, walk->folder, name);
}

/* Walks a path to its last component. 1: walk->folder and walk->name are where the path leads. The caller
 * must call end in any case. */
static int go(walk_t *walk, const char *path, apr_pool_t *pool)
{
    char here[PATH_MAX];

    *walk = (walk_t){ .pool = pool, .folder = -1, .so_far = "/", .rest = path, .owner = OWNER_UNKNOWN };
    if (*path != '/') {
        if (!getcwd(here, sizeof here))
            return fail(walk, errno, NULL);
        walk->rest = apr_pstrcat(pool, here, "/", path, NULL);
    }
    walk->rest += strspn(walk->rest, "/");
    if (!enter(walk, AT_FDCWD, "/"))
        return 0;
    while (!walk->name && *walk->rest) {
        if (!step(walk))
            return 0;
    }
    return walk->name ? 1 : fail(walk, EISDIR, NULL);
}

static void end(walk_t *walk)
{
    int code = errno;

    if (walk->folder >= 0)
        close(walk->folder);
    errno = code;
}

/* ---- Opening ---- */

/* 1 if a file in a folder of another user is surely a file of that folder: a regular file that has no other
 * name, or that belongs to the owner of the folder. */
static int is_harmless(walk_t *walk, int file)
{
    struct stat info;

    if (fstat(file, &info) != 0)
        return fail(walk, errno, NULL);
    if (!S_ISREG(info.st_mode))
        return fail(walk, EPERM,
                    apr_pstrcat(walk->pool, "it is not a regular file, and lies in the folder ",
                                walk->foreign, ", which a user other than root can change", NULL));
    if (info.st_nlink > 1 && info.st_uid != walk->owner)
        return fail(walk, EMLINK,
                    apr_pstrcat(walk->pool,
                                "it has another name elsewhere (a hard link), and lies in the "
                                "folder ",
                                walk->foreign, ", which a user other than root can change", NULL));
    return 1;
}

static int open_in_folder(walk_t *walk, int flags, mode_t mode)
{
    int file;

    flags |= walk->follows ? 0 : O_NOFOLLOW;
    flags |= walk->is_foreign ? O_NONBLOCK : 0; /* opening a pipe would wait for its other end */
    file = openat(walk->folder, walk->name, flags & ~O_TRUNC, mode);
    if (file < 0) {
        fail(walk, errno, NULL);
        return -1;
    }
    if (walk->is_foreign && !is_harmless(walk, file)) {
        close(file);
        return -1;
    }
    return file;
}

int luci_trusted_open(const char *path, int flags, mode_t mode, const char **problem, apr_pool_t *pool)
{
    walk_t walk;
    int file = -1;

    flags |= O_CLOEXEC | O_NOCTTY;
    if (geteuid() != 0) {
        file = open(path, flags, mode);
        if (file < 0)
            *problem = apr_pstrdup(pool, strerror(errno));
        return file;
    }
    if (go(&walk, path, pool))
        file = open_in_folder(&walk, flags, mode);
    end(&walk);
    *problem = walk.problem;
    return file;
}

luci_path_trust_t luci_trusted_path(const char *path, uid_t *owner, gid_t *group, const char **folder,
                                    apr_pool_t *pool)
{
    walk_t walk;
    int arrived;

    if (geteuid() != 0)
        return LUCI_PATH_TRUSTED;
    arrived = go(&walk, path, pool);
    end(&walk);
    *owner = walk.owner;
    *group = walk.group;
    *folder = walk.foreign;
    if (walk.is_foreign)
        return walk.owner == OWNER_UNKNOWN ? LUCI_PATH_OF_MANY : LUCI_PATH_OF_USER;
    return arrived ? LUCI_PATH_TRUSTED : LUCI_PATH_UNKNOWN;
}
