/* SPDX-License-Identifier: Apache-2.0 */
/* The few commands of Redis and memcached that counts of throttling need, one record
 * each. */
#ifndef LUCI_CONVERSATION_H
#define LUCI_CONVERSATION_H

#include "core/store/link.h"
#include "core/store/store_refusal.h"

typedef struct {
    const void *bytes;
    size_t length;
    int seconds; /* until it expires */
} luci_store_value_t;

/* Results of all functions: OK; NOT_FOUND: the server has no such key; INVALID: it refused the command, and
 * luci_link_reason has its words; UNAVAILABLE: it did not answer, and the link must be closed. */
typedef struct {
    const char *name; /* of httpd's provider: redis, memcache */
    int port;         /* if none is written */

    /* *length is the size of value on entry and the length of the stored value on return, which can be
     * larger. */
    luci_result_t (*get)(luci_link_t *link, const char *key, unsigned char *value, size_t *length);
    luci_result_t (*put)(luci_link_t *link, const char *key, const luci_store_value_t *value);
    luci_result_t (*remove)(luci_link_t *link, const char *key);

    /* The clock of the server, in ms since 1970. */
    luci_result_t (*clock)(luci_link_t *link, luci_ms_t *time);

    /* Asks what the server is. INVALID: *refusal says why it cannot be used, from pool. */
    luci_result_t (*identify)(luci_link_t *link, luci_store_refusal_t *refusal, apr_pool_t *pool);
} luci_conversation_t;

extern const luci_conversation_t luci_conversation_redis;
extern const luci_conversation_t luci_conversation_memcached;

#endif
