/* SPDX-License-Identifier: Apache-2.0 */
/* What the start-up checks share: a run of them, and how they say what they found. */
#ifndef LUCI_CHECK_H
#define LUCI_CHECK_H

#include <httpd.h>
#include <http_log.h>

/* Lives as long as the run. */
typedef struct {
    server_rec *main_server;
    apr_pool_t *pool; /* for messages */
    int failed;       /* httpd must not start */
} luci_check_t;

/* A message with its log id, on the error log and the console; level is one of httpd's APLOG_. */
void luci_check_say(const luci_check_t *check, int level, const char *message);

/* The same, and httpd must not start. */
void luci_check_fail(luci_check_t *check, const char *message);

/* 1 when a folder is there, as far as one can see. */
int luci_check_is_folder(const char *path, apr_pool_t *pool);

#endif
