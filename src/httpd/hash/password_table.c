/* SPDX-License-Identifier: Apache-2.0 */
#include "httpd/hash/password_table.h"

#include "httpd/base/mpm.h"

#include <apr_shm.h>
#include <http_config.h>
#include <http_log.h>

#include <string.h>

APLOG_USE_MODULE(luciauth);

#define TABLE_BYTES ((apr_size_t)1 << 20) /* about 2,500 right passwords and as many wrong ones */

static volatile apr_uint32_t waiting; /* number of this child's threads that wait */

luci_password_table_t *luci_password_table_create(server_rec *main_server, apr_pool_t *conf_pool)
{
    luci_password_table_t *made = apr_pcalloc(conf_pool, sizeof *made);
    apr_shm_t *memory;
    apr_status_t status = apr_shm_create(&memory, TABLE_BYTES, NULL, conf_pool);

    if (status == APR_SUCCESS) /* anonymous shared memory is zeroed, and not allocated before it is used */
        made->table =
            luci_shared_table_make(apr_shm_baseaddr_get(memory), TABLE_BYTES, LUCI_PASSWORD_RECORD_MAX);
    if (made->table && luci_secret_random(made->secret, sizeof made->secret) == LUCI_OK)
        return made;
    ap_log_error(
        APLOG_MARK, APLOG_CRIT, status, main_server,
        "LUCI0450: AuthBasicProvider lucia: there is no shared memory, lock or random number for the "
        "results of password checks; provide memory and restart httpd");
    return NULL;
}

static luci_ms_t bounded(luci_ms_t time)
{
    if (time < LUCI_PASSWORD_WRONG_FOR_MIN)
        return LUCI_PASSWORD_WRONG_FOR_MIN;
    return time < LUCI_PASSWORD_WRONG_FOR_MAX ? time : LUCI_PASSWORD_WRONG_FOR_MAX;
}

luci_password_memory_t luci_password_table_memory(const luci_password_table_t *table,
                                                  const unsigned char namespace_key[LUCI_SHA256_BYTES],
                                                  luci_ms_t wait, luci_ms_t wrong_for)
{
    luci_password_memory_t memory = { .table = table->table, .wait = wait, .waiting = &waiting };

    memory.waiting_max = (apr_uint32_t)luci_mpm_threads() / 2;
    memory.wrong_for = bounded(wrong_for);
    memcpy(memory.secret, table->secret, sizeof memory.secret);
    memcpy(memory.namespace_key, namespace_key, sizeof memory.namespace_key);
    return memory;
}
