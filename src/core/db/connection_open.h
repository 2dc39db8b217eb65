/* SPDX-License-Identifier: Apache-2.0 */
/* How a connection is opened: in time, by the steps that connection.h has. */
#ifndef LUCI_CONNECTION_OPEN_H
#define LUCI_CONNECTION_OPEN_H

#include "core/db/connection.h"

/* Connects. Destroying pool ends the connection. Servers whose calls could not be cut off are not connected
 * to. BUSY, UNAVAILABLE. */
luci_result_t luci_connection_open(luci_connection_t *connection, const char *driver, const char *params,
                                   apr_pool_t *pool) LUCI_MUST_USE;

#endif
