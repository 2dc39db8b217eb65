/* SPDX-License-Identifier: Apache-2.0 */
/* A handle from inside, for db alone, and the part of db.h that is about its connection: making
 * and ending it, what its tables have, and whether it still shows the database. */
#ifndef LUCI_DB_CONNECT_H
#define LUCI_DB_CONNECT_H

#include "core/db/connection.h"
#include "core/db/db.h"
#include "core/files/file_id.h"

struct luci_db_t {
    const luci_db_target_t *target;
    apr_pool_t *parent; /* of each connection's pool */
    apr_pool_t *memory; /* the connection's; NULL: not connected */
    luci_connection_t connection;
    luci_file_id_t file; /* when the database is one */
    luci_sql_columns_t columns;
    luci_sql_statement_t statements[LUCI_SQL_STATEMENTS]; /* no text: not yet made for this connection */
    apr_dbd_prepared_t *prepared[LUCI_SQL_STATEMENTS];    /* NULL: not yet on this connection */
    int in_transaction;
    enum { LUCI_DB_INDEX_UNKNOWN, LUCI_DB_INDEX_MISSING, LUCI_DB_INDEX_THERE } user_index; /* of sessions */
};

int luci_db_is_connected(const luci_db_t *db);

/* Ends the connection, if there is one; a failure stays to be read. */
void luci_db_disconnect(luci_db_t *db);

/* 1 when the connection's file is no longer the one at its path; 0 when the database is none. */
int luci_db_file_is_stale(const luci_db_t *db);

#endif
