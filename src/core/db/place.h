/* SPDX-License-Identifier: Apache-2.0 */
/* Describes the place of a database without any secret, and removes secrets from messages of client libraries
 * about failed connections. */
#ifndef LUCI_PLACE_H
#define LUCI_PLACE_H

#include "core/db/engine.h"

/* The place of a database, from pool: "the file /srv/x.db", "the PostgreSQL database lucia at
 * db.example:5432". */
const char *luci_place(const luci_engine_t *engine, const char *params, apr_pool_t *pool);

/* A text that is the same for two databases on the same server, from pool; it may contain a secret. */
const char *luci_place_server(const luci_engine_t *engine, const char *params, apr_pool_t *pool);

/* The message of a client library as one line, from pool, without quoted parts that may belong to a password.
 * If params contain a misspelled option, the text names it, even if the driver ignores it silently. */
const char *luci_place_message(const luci_engine_t *engine, const char *params, const char *message,
                               apr_pool_t *pool);

/* 1 if two targets are the same database: the same driver and the same parameters. The same database with
 * different parameters counts as two. */
int luci_place_is_same(const char *driver, const char *params, const char *other_driver,
                       const char *other_params);

/* 1 if params are a URL, which libpq accepts instead of words. */
int luci_place_is_url(const char *params);

#endif
