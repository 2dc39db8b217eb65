/* SPDX-License-Identifier: Apache-2.0 */
#include "core/session/session_list.h"

#include "core/base/secret.h"
#include "core/base/timestamp.h"
#include "core/db/paging.h"
#include "core/db/session_table.h"

#include <apr_strings.h>
#include <string.h>

enum {
    COLUMN_ID,
    COLUMN_USER_ID,
    COLUMN_USERNAME,
    COLUMN_ACTIVE,
    COLUMN_IDLE,
    COLUMN_CREATED,
    COLUMN_LAST_SEEN,
    COLUMN_ADDRESS,
    COLUMN_USER_AGENT
};

/* A walk over the table, and its first error. */
typedef struct {
    const luci_session_list_t *list;
    const luci_settings_t *settings;
    luci_result_t result;
} listing_t;

static luci_result_t tag_of(const char *stored_id, char tag[LUCI_EVENT_TAG_HEX + 1])
{
    luci_session_token_t token;
    luci_result_t result = luci_session_stored_token(&token, stored_id);

    luci_secret_hex(token.digest, LUCI_EVENT_TAG_HEX / 2, tag);
    return result;
}

/* The same state that luci_session_get determines. */
static luci_session_state_t state_of(const luci_listed_session_t *listed, const luci_settings_t *settings,
                                     luci_ms_t now)
{
    luci_session_t session = { .active_expires = listed->active_expires,
                               .idle_expires = listed->idle_expires };

    session.created_at = luci_timestamp_clamp(
        luci_sql_to_number(listed->created_at, luci_session_estimate(listed->active_expires, settings, now)));
    return luci_session_state(&session, settings, now);
}

static int show(void *baton, const char *const *row, apr_pool_t *scratch)
{
    listing_t *listing = baton;
    luci_listed_session_t session = {
        .stored_id = row[COLUMN_ID],
        .user_id = row[COLUMN_USER_ID],
        .username = row[COLUMN_USERNAME],
        .active_expires = luci_timestamp_clamp(luci_sql_to_number(row[COLUMN_ACTIVE], 0)),
        .idle_expires = luci_timestamp_clamp(luci_sql_to_number(row[COLUMN_IDLE], 0)),
        .created_at = row[COLUMN_CREATED],
        .last_seen = row[COLUMN_LAST_SEEN],
        .address = row[COLUMN_ADDRESS],
        .user_agent = row[COLUMN_USER_AGENT],
    };

    session.state = state_of(&session, listing->settings, listing->list->now);
    listing->result = tag_of(session.stored_id, session.tag);
    return listing->result == LUCI_OK && listing->list->each(listing->list->baton, &session, scratch);
}

luci_result_t luci_session_list(luci_db_t *db, const luci_session_list_t *list, apr_pool_t *scratch)
{
    listing_t listing = { list, luci_db_target(db)->settings, LUCI_OK };
    luci_paging_walk_t walk = { &luci_sql_session_page, NULL, 1, show, &listing };
    luci_result_t result;

    if (list->user_id) {
        walk.statement = &luci_sql_session_page_of_user;
        walk.user = list->user_id;
    }
    result = luci_paging_walk(db, &walk, scratch);
    return result == LUCI_OK ? listing.result : result;
}

luci_result_t luci_session_list_one(luci_db_t *db, const luci_session_list_t *list,
                                    const luci_session_token_t *token, apr_pool_t *scratch)
{
    listing_t listing = { list, luci_db_target(db)->settings, LUCI_OK };
    char hashed[LUCI_SHA256_HEX + 1];
    const char *const *row;
    luci_result_t result;

    luci_secret_hex(token->digest, LUCI_SHA256_BYTES, hashed);
    result = luci_db_select(db, &luci_sql_session_listed,
                            LUCI_ARGUMENTS({ "hashed", hashed }, { "plain", token->id ? token->id : hashed }),
                            &row, scratch);
    if (result == LUCI_OK)
        show(&listing, row, scratch);
    return result == LUCI_OK ? listing.result : result;
}

static luci_result_t delete_row(luci_db_t *db, const char *stored_id, apr_pool_t *scratch)
{
    int changed;
    luci_result_t result =
        luci_db_execute(db, &luci_sql_session_delete, LUCI_ARGUMENTS({ "id", stored_id }), &changed, scratch);

    if (result != LUCI_OK)
        return result;
    return changed ? LUCI_OK : LUCI_NOT_FOUND;
}

luci_result_t luci_session_list_delete(luci_db_t *db, const char *stored_id, apr_pool_t *scratch)
{
    char hex[LUCI_SHA256_HEX + 1];
    luci_result_t result = delete_row(db, stored_id, scratch);

    if (result != LUCI_NOT_FOUND || strlen(stored_id) == LUCI_SHA256_HEX)
        return result;
    result = luci_secret_sha256_hex(stored_id, strlen(stored_id), hex);
    return result == LUCI_OK ? delete_row(db, hex, scratch) : result;
}
