/* SPDX-License-Identifier: Apache-2.0 */
/* Reads an htpasswd file as mod_authn_file does: each line is a user, and what follows a second colon is
 * ignored. This is our own implementation, because httpd has no function that reads such a file. */
#ifndef LUCI_HTPASSWD_H
#define LUCI_HTPASSWD_H

#include "core/base/settings.h"

#include <apr_pools.h>
#include <stdio.h>

#define LUCI_HTPASSWD_LINE_MAX 8191 /* bytes; the limit of mod_authn_file */

/* A file that is being read. The caller sets the stream, and everything else to 0. */
typedef struct {
    FILE *stream;
    apr_int64_t line;  /* number of the last line that was read, from 1 */
    apr_int64_t bytes; /* read so far */
    int failed;        /* errno if the file could not be read to its end, else 0 */
} luci_htpasswd_t;

typedef struct {
    const char *username;
    const char *stored_hash;
    const char *problem; /* why the line is not a valid user, NULL if it is; username may be NULL then */
} luci_htpasswd_user_t;

/* Reads the next line that is neither empty nor a comment; *user is from pool. rules apply to usernames.
 * Returns 0 at the end of the file. */
int luci_htpasswd_next(luci_htpasswd_t *file, const luci_settings_t *rules, luci_htpasswd_user_t *user,
                       apr_pool_t *pool);

#endif
