/* SPDX-License-Identifier: Apache-2.0 */
/* The process or thread of a database server that runs the calls of one connection. After a connection was
 * cut off in a call, it may be busy with that call for as long as the reason lasts. */
#ifndef LUCI_PROCESS_TABLE_H
#define LUCI_PROCESS_TABLE_H

#include "core/db/sql.h"

/* Reads a row if the server, asked over another connection, has the process number :process, which began more
 * than :seconds ago. If the server lets us, the process is told to end. */
extern const luci_statement_t luci_sql_process;

#endif
