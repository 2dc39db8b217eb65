/* SPDX-License-Identifier: Apache-2.0 */
/* How many connections a database server has for its ordinary users. */
#ifndef LUCI_CAPACITY_H
#define LUCI_CAPACITY_H

#include "core/db/db.h"

typedef struct luci_capacity_t {
    int server;   /* connections for all ordinary users together; 0: unknown, as through a pooler */
    int own;      /* connections that our user, or all users of our database, may have; 0: no limit */
    int reserved; /* further connections of the server, for administrators only */
} luci_capacity_t;

/* Asks the server; a file has no limit and is unknown, too. */
luci_result_t luci_capacity_ask(luci_db_t *db, luci_capacity_t *capacity, apr_pool_t *pool) LUCI_MUST_USE;

#endif
