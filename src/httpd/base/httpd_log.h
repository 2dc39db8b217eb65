/* SPDX-License-Identifier: Apache-2.0 */
/* Logging to httpd's error log. Each message of this module has an id, "LUCI" and four digits, instead of
 * httpd's AH numbers: LUCI02nn core, LUCI03nn database, LUCI04nn cache and hash slots, LUCI05nn configuration
 * (from LUCI0510 throttling and the control socket), LUCI060n pages, LUCI061n audit and counters, LUCI07nn
 * gate (from LUCI0711 periodic jobs), LUCI08nn endpoints. doc/operations.md has a row for each. No message
 * contains a password, a session id or a hash. */
#ifndef LUCI_HTTPD_LOG_H
#define LUCI_HTTPD_LOG_H

#include "core/event/event.h"

#include <httpd.h>

/* Limits to one per minute a message that every request would log. Returns 1 for the first call in a minute
 * among all threads, and all processes that share *said (time of the last message; initially 0). If the clock
 * is set back, the message is logged all the same. */
int luci_httpd_log_due(volatile apr_uint64_t *said);

/* The state of something that can fail for changing reasons, as the log last told it. Initially all zeros: it
 * works. May be in shared memory. */
typedef struct {
    volatile apr_uint32_t told;   /* hash of the reason that was logged last; 0: that it works */
    volatile apr_uint64_t said;   /* when, microseconds since 1970 */
    volatile apr_uint64_t minute; /* start of the minute in which changes are counted */
    volatile apr_uint32_t changes;
} luci_condition_t;

#define LUCI_CONDITION_CHANGES_MAX 10 /* changes that are logged in a minute */

/* 1 if the log must now say that something fails for this reason (NULL: that it works), because it last said
 * something else, or said the same more than a minute ago. So the last line in the log is true: a change over
 * the maximum is logged in the next minute if it lasts. From all threads. */
int luci_httpd_log_condition(luci_condition_t *condition, const char *reason);

/* Messages that many requests would log; the whole server logs each once a minute, for each detail. */
typedef enum {
    LUCI_TOPIC_ORIGIN_FOREIGN,
    LUCI_TOPIC_ORIGIN_PROXY,
    LUCI_TOPIC_ORIGIN_NULL,
    LUCI_TOPIC_ORIGIN_MALFORMED,
    LUCI_TOPIC_ORIGIN_MISSING,
    LUCI_TOPIC_COOKIES,
    LUCI_TOPIC_COLUMNS,
    LUCI_TOPIC_BLOCK_LIST,
    LUCI_TOPIC_PROOF,
    LUCI_TOPIC_FAILURES,
    LUCI_TOPIC_ACTIVITY,
    LUCI_TOPIC_FORWARD_FROM,
    LUCI_TOPIC_FORWARD_HEADERS,
    LUCI_TOPIC_ADOPT_GUARD,
    LUCI_TOPIC_ADOPT_ID,
    LUCI_TOPIC_ADOPT_UNNAMED,
    LUCI_TOPIC_ADOPT_MERGED,
    LUCI_TOPICS
} luci_topic_t;

/* Creates the shared memory for topics before children start. Without it, each process counts alone. */
void luci_httpd_log_prepare(apr_pool_t *conf_pool);

/* 1 if a message about this topic may be logged now. detail is what an administrator learns from it, such as
 * a pair of origins: a new one is logged at once, and at most LUCI_RECENT_MAX (core/base/recent.h) different
 * ones in a minute. NULL: the message always says the same. */
int luci_httpd_log_topic_due(luci_topic_t topic, const char *detail);

/* Logs what the core reports (event.h). */
void luci_httpd_log_notice(server_rec *server, const luci_notice_t *notice);

#endif
