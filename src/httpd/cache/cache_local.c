/* SPDX-License-Identifier: Apache-2.0 */
#include "httpd/cache/cache_local.h"

#include "httpd/base/config.h"
#include "httpd/base/mpm.h"

#include <apr_shm.h>
#include <http_core.h>
#include <http_log.h>

APLOG_USE_MODULE(luciauth);

#define KEY "mod_luciauth-change-counters"
#define ENTRIES_A_THREAD 64 /* 35 KiB, of which only those that are used take memory */
#define ENTRIES_MIN 256
#define ENTRIES_MAX 8192

typedef struct {
    luci_change_counters_t *counters;
} retained_t;

static luci_change_counters_t *counters; /* NULL: no shared memory */
static luci_local_table_t *table;        /* of this child */

static void say_no_memory(server_rec *server, apr_status_t status)
{
    ap_log_error(
        APLOG_MARK, APLOG_WARNING, status, server,
        "LUCI0407: there is no shared memory for the sessions that a process keeps, or for their change "
        "counters, so each request asks the session cache; provide memory and restart httpd");
}

void luci_cache_local_prepare(server_rec *main_server)
{
    retained_t *retained = ap_retained_data_get(KEY);
    apr_shm_t *memory;
    apr_status_t status = APR_SUCCESS;

    if (!retained)
        retained = ap_retained_data_create(KEY, sizeof *retained);
    if (!retained->counters) {
        status = apr_shm_create(&memory, sizeof *retained->counters, NULL, main_server->process->pool);
        if (status == APR_SUCCESS)
            retained->counters = apr_shm_baseaddr_get(memory);
    }
    counters = retained->counters;
    table = NULL;
    if (!counters)
        say_no_memory(main_server, status);
}

luci_change_counters_t *luci_cache_local_counters(void)
{
    return counters;
}

static int entries(void)
{
    int threads = luci_mpm_threads(), wanted;

    wanted = threads < ENTRIES_MAX / ENTRIES_A_THREAD ? threads * ENTRIES_A_THREAD : ENTRIES_MAX;
    return wanted > ENTRIES_MIN ? wanted : ENTRIES_MIN;
}

void luci_cache_local_start(luci_session_cache_t *sessions, const luci_cache_t *cache, server_rec *server,
                            apr_pool_t *child_pool)
{
    luci_ms_t wanted = luci_config_server(server)->cache_local;

    sessions->local.counters = counters; /* so that ends that other virtual hosts must notice move them */
    sessions->is_counted = counters && luci_cache_is_local(cache);
    sessions->local_ttl = wanted;
    if (wanted == LUCI_TIME_AUTO)
        sessions->local_ttl = luci_cache_is_local(cache) ? sessions->ttl : 0;
    if (!counters || sessions->local_ttl == 0)
        return;
    if (!table)
        table = luci_local_table_create(entries(), child_pool);
    if (!table)
        say_no_memory(server, APR_ENOMEM);
    if (luci_local_cache_begin(&sessions->local, table, counters) != LUCI_OK)
        ap_log_error(
            APLOG_MARK, APLOG_WARNING, 0, server,
            "LUCI0408: OpenSSL has no random numbers for the keys of a process's own session cache, so "
            "each request asks the session cache; repair the installation of OpenSSL");
}
