/* SPDX-License-Identifier: Apache-2.0 */
/* Floor 3.1. Makes tables. */
#ifndef LUCI_SCHEMA_H
#define LUCI_SCHEMA_H

#include "db.h"

/* Makes the tables that are missing, with their indexes, all of them or none; touches none that is there.
 * Safe when several processes do it at once. OK, BUSY, UNAVAILABLE. */
luci_result_t luci_schema_create(luci_db_t *db, apr_pool_t *scratch) LUCI_MUST_USE;

#endif
