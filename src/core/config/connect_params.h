/* SPDX-License-Identifier: Apache-2.0 */
/* The parameters of a database connection, with secrets filled in from outside of the configuration: instead
 * of a value, {file:/path} stands for the first line of a file, and {env:NAME} for an environment variable.
 * Each secret is quoted as the driver requires, so that a secret with spaces or quotes stays one value. */
#ifndef LUCI_CONNECT_PARAMS_H
#define LUCI_CONNECT_PARAMS_H

#include "core/config/configuration.h"
#include "core/db/engine.h"

#define LUCI_SECRET_BYTES_MAX 1024   /* the maximum length of a secret */
#define LUCI_SECRETS_BYTES_MAX 16384 /* and of a text with several of them, one a line */

/* Fills in all secrets. Paths of files must be absolute. OK: *filled is from pool, or params itself if it
 * contains no secret. INVALID: *problem says why, as a phrase without any secret. */
luci_result_t luci_connect_params(const luci_engine_t *engine, const char *params, const char **filled,
                                  const char **problem, apr_pool_t *pool) LUCI_MUST_USE;

/* Reads the secret of a text that is exactly one {file:/path} or {env:NAME}, without quoting it. Results as
 * above. */
luci_result_t luci_connect_secret(const char *place, const char **secret, const char **problem,
                                  apr_pool_t *pool) LUCI_MUST_USE;

/* The same with all lines of the file or of the variable, in a copy from pool, which the caller wipes.
 * INVALID also if every user of this machine may read or write the file. */
luci_result_t luci_connect_secrets(const char *place, char **text, const char **problem,
                                   apr_pool_t *pool) LUCI_MUST_USE;

/* 1 if a database is on this machine, as far as its parameters tell: a file, a socket or a loopback
 * address. */
int luci_connect_is_local(const char *driver, const char *params);

/* 1 if both servers have a LuciaDatabase and it is the same one, as luci_place_is_same judges it. */
int luci_database_is_same(const luci_database_t *a, const luci_database_t *b);

/* 1 if both may have the same users: the same file by any path, or the same name on the same server with any
 * other parameters. Scratch memory is from pool. */
int luci_database_may_be_same(const luci_database_t *a, const luci_database_t *b, apr_pool_t *pool);

/* The path of a file or folder without symbolic links, from pool. Of a file that does not exist, the folder
 * is resolved; path itself if neither can be determined. */
const char *luci_path_resolved(const char *path, apr_pool_t *pool);

#endif
