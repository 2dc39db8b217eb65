/* SPDX-License-Identifier: Apache-2.0 */
#include "core/db/process_table.h"

/* Only servers have such processes (engine_NAME.c): the calls to a file run in this process. */
const luci_statement_t luci_sql_process = {
    .text = "SELECT :process:int WHERE :seconds:int < 0",
    .repeatable = 1,
};
