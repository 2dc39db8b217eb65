/* SPDX-License-Identifier: Apache-2.0 */
#include "core/activity/activity.h"

#include "core/base/secret.h"
#include "core/base/text.h"
#include "core/base/timestamp.h"

#include <apr_strings.h>

#define ADDRESS_MAX 45
#define USER_AGENT_MAX 255

enum { COLUMN_AT, COLUMN_WHAT, COLUMN_REASON, COLUMN_ADDRESS, COLUMN_USER_AGENT, COLUMN_DEVICE };

/* ---- Which events ---- */

/* Failures that the owner of an account should see; others are typing errors, or the server's fault. */
static int is_told(luci_reason_t reason)
{
    return reason == LUCI_REASON_WRONG_PASSWORD || reason == LUCI_REASON_NO_PASSWORD ||
           reason == LUCI_REASON_FACTOR_MISSING || reason == LUCI_REASON_WRONG_CODE ||
           reason == LUCI_REASON_DISABLED || reason == LUCI_REASON_TOO_MANY_FAILURES;
}

luci_activity_kind_t luci_activity_kind(const luci_event_t *event)
{
    const luci_event_record_t *record = luci_event_record(event->kind);

    if (!record->is_activity || event->is_repeated)
        return LUCI_ACTIVITY_NONE;
    if (event->reason == LUCI_REASON_UNKNOWN_USER)
        return LUCI_ACTIVITY_NOBODYS;
    if (!event->user_id ||
        (event->reason == LUCI_REASON_NONE ? record->is_success_silent : !is_told(event->reason)))
        return LUCI_ACTIVITY_NONE;
    return LUCI_ACTIVITY_ROW;
}

/* ---- The table ---- */

static luci_result_t find_table(luci_db_t *db)
{
    int found = 0;
    luci_result_t result = luci_db_has(db, luci_probe_table(&luci_table_activity), &found);

    return result == LUCI_OK && !found ? LUCI_NOT_FOUND : result;
}

/* For writes, of which each sign-in makes one. */
static luci_result_t remember_table(luci_db_t *db)
{
    int found = 0;
    luci_result_t result = luci_db_has_table(db, &luci_table_activity, &found);

    return result == LUCI_OK && !found ? LUCI_NOT_FOUND : result;
}

typedef struct {
    const luci_activity_t *row;
    char id[LUCI_USER_ID_LENGTH + 1];
} writing_t;

static luci_result_t insert_and_trim(luci_db_t *db, void *baton, apr_pool_t *scratch)
{
    const writing_t *writing = baton;
    const luci_activity_t *row = writing->row;
    const luci_argument_t arguments[] = {
        { "id", writing->id },
        { "user", row->user_id },
        { "at", luci_sql_number(row->at, scratch) },
        { "what", row->what },
        { "reason", row->reason },
        { "address", luci_text_printable_ascii(row->address, ADDRESS_MAX, scratch) },
        { "user_agent", luci_text_printable_ascii(row->user_agent, USER_AGENT_MAX, scratch) },
        { "device", row->has_device ? "1" : "0" },
        { NULL, NULL },
    };
    int changed;
    luci_result_t result = luci_db_execute(db, &luci_sql_activity_insert, arguments, &changed, scratch);

    return result == LUCI_OK
               ? luci_db_execute(db, row->reason ? &luci_sql_activity_trim_failures : &luci_sql_activity_trim,
                                 LUCI_ARGUMENTS({ "user", row->user_id }), &changed, scratch)
               : result;
}

luci_result_t luci_activity_write(luci_db_t *db, const luci_activity_t *row, apr_pool_t *scratch)
{
    writing_t writing = { .row = row };
    luci_result_t result = remember_table(db);

    if (result == LUCI_OK)
        result = luci_secret_random_id(writing.id, LUCI_USER_ID_LENGTH);
    return result == LUCI_OK ? luci_db_transaction(db, insert_and_trim, &writing, scratch) : result;
}

luci_result_t luci_activity_read(luci_db_t *db, const char *user_id, apr_array_header_t **rows,
                                 apr_pool_t *pool)
{
    apr_array_header_t *found;
    luci_result_t result = find_table(db);

    *rows = apr_array_make(pool, 2 * LUCI_ACTIVITY_KEPT, sizeof(luci_activity_t));
    if (result == LUCI_OK)
        result = luci_db_select_all(db, &luci_sql_activity_of_user, LUCI_ARGUMENTS({ "user", user_id }),
                                    &found, pool);
    for (int i = 0; result == LUCI_OK && i < found->nelts; i++) {
        const char *const *column = APR_ARRAY_IDX(found, i, const char *const *);

        APR_ARRAY_PUSH(*rows, luci_activity_t) = (luci_activity_t){
            .user_id = user_id,
            .at = luci_timestamp_clamp(luci_sql_to_number(column[COLUMN_AT], 0)),
            .what = column[COLUMN_WHAT] ? column[COLUMN_WHAT] : "",
            .reason = column[COLUMN_REASON],
            .address = column[COLUMN_ADDRESS],
            .user_agent = column[COLUMN_USER_AGENT],
            .has_device = luci_sql_to_number(column[COLUMN_DEVICE], 0) != 0,
        };
    }
    return result;
}

luci_result_t luci_activity_purge(luci_db_t *db, luci_ms_t now, int *removed, apr_pool_t *scratch)
{
    const luci_argument_t *argument =
        LUCI_ARGUMENTS({ "oldest", luci_sql_number(now - LUCI_ACTIVITY_LASTS, scratch) });
    luci_result_t result = find_table(db);

    *removed = 0;
    return result == LUCI_OK ? luci_db_execute(db, &luci_sql_activity_purge, argument, removed, scratch)
                             : result;
}
