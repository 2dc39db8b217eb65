/* SPDX-License-Identifier: Apache-2.0 */
/* A file of htpasswd, read as mod_authn_file does: a user a line, up to the second colon. */
#ifndef LUCI_HTPASSWD_H
#define LUCI_HTPASSWD_H

#include "core/base/settings.h"

#include <apr_pools.h>
#include <stdio.h>

#define LUCI_HTPASSWD_LINE_MAX 8191 /* bytes, mod_authn_file's bound */

/* Zeros at first but for the stream. */
typedef struct {
    FILE *stream;
    apr_int64_t line;  /* of the user read last; the first is 1 */
    apr_int64_t bytes; /* read so far */
    int failed;        /* errno, when the file could not be read to its end */
} luci_htpasswd_t;

typedef struct {
    const char *username;
    const char *stored_hash;
    const char *problem; /* why this is no user; NULL: it is one. username is NULL where it makes no sense */
} luci_htpasswd_user_t;

/* The next line that is neither empty nor a comment, from pool. 0: there is none. rules: for usernames. */
int luci_htpasswd_next(luci_htpasswd_t *file, const luci_settings_t *rules, luci_htpasswd_user_t *user,
                       apr_pool_t *pool);

#endif
