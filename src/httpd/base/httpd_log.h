/* SPDX-License-Identifier: Apache-2.0 */
/* The core's log sink, writing to httpd's error log. Messages of this module carry ids of their
 * own, "LUCI" and four digits, one per message, never httpd's AH numbers: LUCI02nn core, LUCI03nn database,
 * LUCI04nn cache and hash slots, LUCI05nn configuration (from LUCI0510 throttling and the control socket),
 * LUCI060n pages, LUCI061n audit and counters, LUCI07nn gate (from LUCI0711 clean-up), LUCI08nn endpoints;
 * doc/operations.md has a row for each. No message holds a password, a session id or a hash. */
#ifndef LUCI_HTTPD_LOG_H
#define LUCI_HTTPD_LOG_H

#include "core/event/event.h"

#include <httpd.h>

/* 1 for the first who asks in a minute, of all threads, and of all processes that share *said (the moment of
 * the last line; 0 at first): for what would be said with every request. A clock that was set back silences
 * nobody. */
int luci_httpd_log_due(volatile apr_uint64_t *said);

/* What is said with many requests, for the same reason: each has a line a minute of the whole server. */
typedef enum {
    LUCI_TOPIC_ORIGIN_FOREIGN,
    LUCI_TOPIC_ORIGIN_PROXY,
    LUCI_TOPIC_ORIGIN_NULL,
    LUCI_TOPIC_ORIGIN_MALFORMED,
    LUCI_TOPIC_ORIGIN_MISSING,
    LUCI_TOPIC_COOKIES,
    LUCI_TOPIC_COLUMNS,
    LUCI_TOPICS
} luci_topic_t;

/* The memory that processes share for it, made before children start. Without shared memory each process
 * counts for itself. */
void luci_httpd_log_prepare(apr_pool_t *conf_pool);

/* 1 when a line about this topic may be written now. */
int luci_httpd_log_topic_due(luci_topic_t topic);

/* Logs what the core reports (event.h). */
void luci_httpd_log_notice(server_rec *server, const luci_notice_t *notice);

#endif
