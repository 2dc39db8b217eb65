/* SPDX-License-Identifier: Apache-2.0 */
/* The shared memory of the password memory (core/auth/password_memory.h): one table for all processes and
 * virtual hosts, with a secret that is new after each start and restart. */
#ifndef LUCI_PASSWORD_TABLE_H
#define LUCI_PASSWORD_TABLE_H

#include "core/auth/password_memory.h"

#include <httpd.h>

typedef struct {
    luci_shared_table_t *table;
    unsigned char secret[LUCI_SHA256_BYTES];
} luci_password_table_t;

/* Creates the table before children start, from conf_pool. NULL: no shared memory, lock or randomness; an
 * error was logged. */
luci_password_table_t *luci_password_table_create(server_rec *main_server, apr_pool_t *conf_pool);

/* The password memory of one virtual host in a child, for the database of namespace_key. wait: maximum time
 * in ms to wait for the result of a concurrent equal check. wrong_for: the period in which the throttle
 * counts failures, or 0. */
luci_password_memory_t luci_password_table_memory(const luci_password_table_t *table,
                                                  const unsigned char namespace_key[LUCI_SHA256_BYTES],
                                                  luci_ms_t wait, luci_ms_t wrong_for);

#endif
