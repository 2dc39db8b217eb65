/* SPDX-License-Identifier: Apache-2.0 */
/* Why a Redis or memcached cannot be used, in words for administrators. */
#ifndef LUCI_STORE_REFUSAL_H
#define LUCI_STORE_REFUSAL_H

#include <apr_pools.h>

/* A server refused a command, or is of a kind that cannot be used. */
typedef struct {
    const char *what;   /* the reason, after the name of the server: "is a read-only replica (READONLY)" */
    const char *remedy; /* the next step, an imperative without a full stop */
    int is_unfit;       /* 1: it cannot be used at all, now or later, as the configuration is */
} luci_store_refusal_t;

#define LUCI_STORE_IS_CLUSTER "belongs to a Redis Cluster, which httpd's clients cannot use"
#define LUCI_STORE_CLUSTER_REMEDY                                                                            \
    "use a Redis that is no Cluster; for a failover, replicas with a HAProxy in front of them that finds "   \
    "the primary by a role:master check (doc/nodes.md)"
#define LUCI_STORE_REPLICA_REMEDY                                                                            \
    "name the primary, or a HAProxy in front of all of them that finds it by a role:master check "           \
    "(doc/nodes.md)"

/* What a refusal in a server's own words means, from pool or constant. */
luci_store_refusal_t luci_store_refusal(const char *said, apr_pool_t *pool);

#endif
