/* SPDX-License-Identifier: Apache-2.0 */
#include "httpd/base/httpd_log.h"

#include <apr_atomic.h>
#include <apr_shm.h>
#include <http_config.h>
#include <http_log.h>

#include <string.h>

extern module AP_MODULE_DECLARE_DATA luciauth_module;
APLOG_USE_MODULE(luciauth);

#define ONCE_IN apr_time_from_sec(60)

static int httpd_level(luci_log_level_t level)
{
    switch (level) {
    case LUCI_LOG_ERROR: return APLOG_ERR;
    case LUCI_LOG_WARNING: return APLOG_WARNING;
    case LUCI_LOG_INFO: return APLOG_INFO;
    case LUCI_LOG_DEBUG: return APLOG_DEBUG;
    }
    return APLOG_ERR;
}

static void write_message(void *baton, luci_log_level_t level, const char *id, const char *message)
{
    server_rec *server = baton;

    ap_log_error(APLOG_MARK, httpd_level(level), 0, server, "%s: %s", id, message);
}

int luci_httpd_log_due(volatile apr_uint64_t *said)
{
    apr_uint64_t before = apr_atomic_read64(said), now = (apr_uint64_t)apr_time_now();

    return now - before >= ONCE_IN && apr_atomic_cas64(said, now, before) == before;
}

static apr_uint64_t said_here[LUCI_TOPICS]; /* where there is no shared memory */
static volatile apr_uint64_t *said_of = said_here;

void luci_httpd_log_prepare(apr_pool_t *conf_pool)
{
    apr_shm_t *memory;

    said_of = said_here;
    if (apr_shm_create(&memory, sizeof said_here, NULL, conf_pool) != APR_SUCCESS)
        return;
    said_of = apr_shm_baseaddr_get(memory);
    memset(apr_shm_baseaddr_get(memory), 0, sizeof said_here);
}

int luci_httpd_log_topic_due(luci_topic_t topic)
{
    return luci_httpd_log_due(&said_of[topic]);
}

luci_log_t luci_httpd_log(server_rec *server)
{
    luci_log_t log = { .write = write_message, .baton = server, .most = LUCI_LOG_ERROR };

    for (int level = LUCI_LOG_ERROR; level <= LUCI_LOG_DEBUG; level++) {
        if (APLOG_MODULE_IS_LEVEL(server, APLOG_MODULE_INDEX, httpd_level((luci_log_level_t)level)))
            log.most = (luci_log_level_t)level;
    }
    return log;
}
