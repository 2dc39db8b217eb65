/* SPDX-License-Identifier: Apache-2.0 */
/* Where a database is, described without any secret, and the part of a client library's message about a
 * failing connection that may be shown. */
#ifndef LUCI_PLACE_H
#define LUCI_PLACE_H

#include "core/db/engine.h"

/* "the file /srv/x.db", "the PostgreSQL database lucia at db.example:5432". From pool. */
const char *luci_place(const luci_engine_t *engine, const char *params, apr_pool_t *pool);

/* The library's message as one line, from pool, except for a quoted word that may be part of a password. A
 * misspelled option of params is named, also where the driver ignores it silently. */
const char *luci_place_message(const luci_engine_t *engine, const char *params, const char *message,
                               apr_pool_t *pool);

/* Whether two targets are one database: the same driver with the same parameters. Databases that are named in
 * different words are different ones here. */
int luci_place_is_same(const char *driver, const char *params, const char *other_driver,
                       const char *other_params);

/* Whether params are a URL, which libpq takes instead of words. */
int luci_place_is_url(const char *params);

#endif
