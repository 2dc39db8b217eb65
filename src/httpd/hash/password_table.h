/* SPDX-License-Identifier: Apache-2.0 */
/* The memory of passwords (core/password_memory.h): one table for all processes and all servers,
 * with a secret that lasts from one start or restart to the next. */
#ifndef LUCI_PASSWORD_TABLE_H
#define LUCI_PASSWORD_TABLE_H

#include "core/auth/password_memory.h"

#include <httpd.h>

typedef struct {
    luci_shared_table_t *table;
    unsigned char secret[LUCI_SHA256_BYTES];
} luci_password_table_t;

/* Makes it, before children start, from conf_pool. NULL: no shared memory, lock or randomness, which was
 * logged. */
luci_password_table_t *luci_password_table_create(server_rec *main_server, apr_pool_t *conf_pool);

/* One server's way to it, in a child: for the database of this namespace key, waiting so long for the answer
 * to an equal request. wrong_for: the period in which wrong ones are counted, or 0. */
luci_password_memory_t luci_password_table_memory(const luci_password_table_t *table,
                                                  const unsigned char namespace_key[LUCI_SHA256_BYTES],
                                                  luci_ms_t wait, luci_ms_t wrong_for);

#endif
