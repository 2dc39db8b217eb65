/* SPDX-License-Identifier: Apache-2.0 */
#include "core/db/db_connect.h"

#include "core/db/connection_open.h"

#include <string.h>

void luci_db_disconnect(luci_db_t *db)
{
    if (db->memory)
        apr_pool_destroy(db->memory); /* its cleanup ends the connection */
    db->memory = NULL;
    db->in_transaction = 0;
    db->user_index = LUCI_DB_INDEX_UNKNOWN;
    memset(db->statements, 0, sizeof db->statements);
    memset(db->prepared, 0, sizeof db->prepared);
}

void luci_db_close(luci_db_t *db)
{
    luci_db_disconnect(db);
    db->connection.broken = 0;
}

int luci_db_is_connected(const luci_db_t *db)
{
    return db->memory && !db->connection.broken;
}

static int is_file(const luci_db_t *db)
{
    return luci_sql_is_file(db->connection.dialect, db->target->params);
}

int luci_db_file_is_stale(const luci_db_t *db)
{
    return db->memory && is_file(db) && !luci_file_id_fits(&db->file, db->target->params, db->memory);
}

/* 0 when the database is a file and there is none at its path. */
static int note_file(luci_db_t *db)
{
    return !is_file(db) || luci_file_id_take(&db->file, db->target->params, db->memory);
}

/* In memory of its own: a connection may live for ever, and be asked again and again. column: what is looked
 * for instead of what the probe says; NULL: nothing. */
static luci_result_t look(luci_db_t *db, luci_sql_probe_t probe, const luci_sql_column_t *column, int *found)
{
    const luci_tables_t *tables = &db->target->settings->tables;
    luci_connection_t *connection = &db->connection;
    apr_pool_t *scratch;
    const char *text;
    luci_result_t result;

    if (apr_pool_create(&scratch, db->memory) != APR_SUCCESS)
        return luci_connection_fail(connection, LUCI_INTERNAL, "out of memory");
    text = column ? luci_sql_probe_column(connection->dialect, *column, tables, scratch)
                  : luci_sql_probe(connection->dialect, probe, tables, scratch);
    result = luci_connection_probe(connection, text, found, scratch);
    apr_pool_destroy(scratch);
    return result;
}

static luci_result_t has(luci_db_t *db, luci_sql_probe_t probe, int *found)
{
    return look(db, probe, NULL, found);
}

/* A bit for each attribute without a column. */
static luci_result_t find_attributes(luci_db_t *db, apr_uint32_t *lacks)
{
    int count = db->target->settings->attributes ? db->target->settings->attributes->nelts : 0;

    *lacks = 0;
    for (int i = 0; i < count; i++) {
        luci_sql_column_t column =
            luci_sql_user_column(APR_ARRAY_IDX(db->target->settings->attributes, i, const char *));
        int found = 1;
        luci_result_t result = LUCI_OK;

        if (strcmp(column.name, "username") != 0)
            result = look(db, LUCI_SQL_PROBE_USER, &column, &found);
        if (result != LUCI_OK)
            return result;
        if (!found)
            *lacks |= 1U << i;
    }
    return LUCI_OK;
}

/* Whether a column that was missing is there by now, or can't be looked for. */
static int has_got_columns(luci_db_t *db)
{
    apr_uint32_t lacks = db->columns.lacks;
    int added = 0;

    if (!db->columns.disabled && (has(db, LUCI_SQL_PROBE_USER_DISABLED, &added) != LUCI_OK || added))
        return 1;
    return lacks && (find_attributes(db, &lacks) != LUCI_OK || lacks != db->columns.lacks);
}

/* SQLite refuses prepared statements after a change of tables; a server goes on as if nothing had been added.
 */
int luci_db_is_stale(luci_db_t *db)
{
    if (!luci_db_is_connected(db) || db->in_transaction)
        return 0;
    return is_file(db) ? luci_db_file_is_stale(db) : has_got_columns(db);
}

static luci_result_t find_columns(luci_db_t *db)
{
    int sessions = 0;
    luci_result_t result = has(db, LUCI_SQL_PROBE_USER_DISABLED, &db->columns.disabled);

    if (result == LUCI_OK)
        result = has(db, LUCI_SQL_PROBE_USER_COLUMNS, &db->columns.user);
    if (result == LUCI_OK)
        result = has(db, LUCI_SQL_PROBE_SESSION_COLUMNS, &db->columns.session);
    db->columns.created_at = db->columns.session && db->target->settings->max_lifetime > 0;
    if (result == LUCI_OK)
        result = has(db, LUCI_SQL_PROBE_SESSION, &sessions);
    if (result == LUCI_OK && sessions) /* else there may be no user table, either */
        result = find_attributes(db, &db->columns.lacks);
    if (result == LUCI_OK && sessions && !db->target->looks && !db->columns.session &&
        db->target->settings->max_lifetime)
        return luci_connection_fail(
            &db->connection, LUCI_UNAVAILABLE,
            "LuciaMaxLifetime needs the columns created_at, last_seen, address, user_agent in the session "
            "table");
    return result;
}

static luci_result_t open_connection(luci_db_t *db)
{
    const luci_db_target_t *target = db->target;
    luci_connection_t *connection = &db->connection;
    luci_result_t result;

    if (luci_sql_dialect(target->driver, &connection->dialect) != LUCI_OK)
        return luci_connection_fail(connection, LUCI_UNAVAILABLE, "the database's driver is not supported");
    /* A path without a file is not opened, because SQLite would make an empty one there. */
    if (!note_file(db) && !target->create)
        return luci_connection_fail(connection, LUCI_UNAVAILABLE,
                                    "the database file is missing or can't be reached");
    connection->opening = target->opening;
    result = luci_connection_open(connection, target->driver, target->params, db->memory);
    if (result == LUCI_OK && target->create)
        (void)note_file(db); /* it may have been made just now */
    if (result == LUCI_OK)
        result = find_columns(db);
    return result;
}

luci_result_t luci_db_connect(luci_db_t *db)
{
    luci_result_t result;

    if (luci_db_is_connected(db))
        return LUCI_OK;
    if (db->in_transaction) /* a fresh connection would not be inside it */
        return LUCI_UNAVAILABLE;
    luci_db_close(db);
    if (apr_pool_create(&db->memory, db->parent) != APR_SUCCESS) {
        db->memory = NULL;
        return luci_connection_fail(&db->connection, LUCI_INTERNAL, "out of memory");
    }
    result = open_connection(db);
    if (result != LUCI_OK)
        luci_db_disconnect(db);
    return result;
}

static luci_result_t has_once(luci_db_t *db, luci_sql_probe_t probe, int *found)
{
    luci_result_t result = luci_db_connect(db);

    return result == LUCI_OK ? has(db, probe, found) : result;
}

luci_result_t luci_db_has_column(luci_db_t *db, luci_sql_column_t column, int *found)
{
    luci_result_t result = luci_db_connect(db);

    return result == LUCI_OK ? look(db, column.table, &column, found) : result;
}

luci_result_t luci_db_has_user_index(luci_db_t *db, int *found)
{
    luci_result_t result = luci_db_connect(db);

    if (result == LUCI_OK && db->user_index == LUCI_DB_INDEX_UNKNOWN) {
        result = has(db, LUCI_SQL_PROBE_SESSION_USER_INDEX, found);
        if (result == LUCI_OK)
            db->user_index = *found ? LUCI_DB_INDEX_THERE : LUCI_DB_INDEX_MISSING;
    }
    *found = result == LUCI_OK && db->user_index == LUCI_DB_INDEX_THERE;
    return result;
}

luci_result_t luci_db_has(luci_db_t *db, luci_sql_probe_t probe, int *found)
{
    int was_connected = luci_db_is_connected(db);
    luci_result_t result = has_once(db, probe, found);

    return result == LUCI_UNAVAILABLE && was_connected ? has_once(db, probe, found) : result;
}
