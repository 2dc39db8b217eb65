/* SPDX-License-Identifier: Apache-2.0 */
/* The parameters of a database connection, with secrets that stand elsewhere filled in: in the
 * place of a value, {file:/path} is the first line of a file, {env:NAME} a variable of the environment. Each
 * is quoted as the driver wants it, so that a secret with blanks or quotes stays one value. */
#ifndef LUCI_CONNECT_PARAMS_H
#define LUCI_CONNECT_PARAMS_H

#include "core/config/configuration.h"
#include "core/db/engine.h"

#define LUCI_SECRET_BYTES_MAX 1024 /* of a secret */

/* The path of a file is absolute. OK: *filled is from pool; params itself where nothing is to be filled in.
 * INVALID: *problem says why, as a phrase without any secret. */
luci_result_t luci_connect_params(const luci_engine_t *engine, const char *params, const char **filled,
                                  const char **problem, apr_pool_t *pool) LUCI_MUST_USE;

/* A secret that is written as one {file:/path} or {env:NAME} and nothing else, as it stands there. Results as
 * above. */
luci_result_t luci_connect_secret(const char *place, const char **secret, const char **problem,
                                  apr_pool_t *pool) LUCI_MUST_USE;

/* 1 when a database is this machine's own, as far as its words tell: a file, a socket, or its own address. */
int luci_connect_is_local(const char *driver, const char *params);

/* 1 if both servers have a LuciaDatabase and it is the same one, as luci_place_is_same judges it. */
int luci_database_is_same(const luci_database_t *a, const luci_database_t *b);

#endif
