/* SPDX-License-Identifier: Apache-2.0 */
/* Asks each Redis and memcached that LuciaSessionCache and LuciaThrottleStore name whether it can be written
 * and read. */
#ifndef LUCI_STORE_CHECK_H
#define LUCI_STORE_CHECK_H

#include "core/config/configuration.h"
#include "core/store/store_probe.h"

#include <httpd.h>

/* A server, the line that names it, and what it answered (store_probe.h). */
typedef struct {
    const luci_conversation_t *kind;
    luci_store_server_t server;
    const char *directive;
    const luci_cache_name_t *name;
    luci_result_t result;
    luci_store_refusal_t refusal;
} luci_store_question_t;

/* Adds the servers that a directive names (luci_store_question_t), unless the list has them already. Nothing
 * is added for providers that this module does not speak to. */
void luci_store_check_add(apr_array_header_t *questions, const char *directive, const luci_cache_name_t *name,
                          apr_pool_t *pool);

/* Asks all of them in a short-lived process, for which it waits at most about max. Sets result and refusal,
 * whose strings are from pool. */
void luci_store_check_ask(apr_array_header_t *questions, apr_interval_time_t max, server_rec *main_server,
                          apr_pool_t *pool);

#endif
