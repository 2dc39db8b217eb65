/* SPDX-License-Identifier: Apache-2.0 */
/* How many database handles each child process may have, so that the server's connections suffice for all
 * pools of this httpd. A pool without a number in LuciaDatabasePool gets its part of half of the connections.
 * The other half remains for processes that still end after a graceful restart, for luciactl, psql and other
 * programs, and for a second node. */
#ifndef LUCI_POOL_FIT_H
#define LUCI_POOL_FIT_H

#include "core/config/configuration.h"
#include "core/db/capacity.h"

/* A pool: one in each child process. */
typedef struct {
    const luci_server_config_t *config; /* of the first server that uses it */
    luci_capacity_t capacity;           /* of its database; all zeros: unknown */
    int size;                           /* output: handles in each child process */
    int is_scarce; /* output: 1: the server has too few connections for one in each child process */
} luci_pool_fit_t;

typedef struct {
    apr_array_header_t *pools; /* luci_pool_fit_t */
    int children;              /* the maximum number of child processes */
    int threads;               /* of a child process */
    apr_pool_t *pool;
} luci_pool_fits_t;

/* Adds the pool of a server unless it is there; returns its number. Servers with the same database, tables
 * and attributes share one. */
int luci_pool_fit_add(luci_pool_fits_t *fits, const luci_server_config_t *config);

/* Sets the outputs of all pools. An unknown capacity is that of another pool on the same server, else the
 * default of the engine. */
void luci_pool_fit_all(luci_pool_fits_t *fits);

/* Why the server's known connections do not suffice for the pools on it, and what to do: two sentences
 * without full stops, in the pool of fits. NULL: they suffice, are unknown, or an earlier pool has the same
 * problem. */
typedef struct {
    const char *what;
    const char *remedy;
} luci_pool_problem_t;
const luci_pool_problem_t *luci_pool_fit_problem(const luci_pool_fits_t *fits, int at);

#endif
