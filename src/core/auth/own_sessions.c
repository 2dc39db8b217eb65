/* SPDX-License-Identifier: Apache-2.0 */
#include "core/auth/own_sessions.h"

#include "core/auth/auth_int.h"
#include "core/auth/factor_need.h"
#include "core/base/timestamp.h"
#include "core/factor/open_step.h"
#include "core/session/session_end.h"
#include "core/session/session_list.h"

#include <apr_strings.h>
#include <stdlib.h>
#include <string.h>

/* ---- The list ---- */

typedef struct {
    apr_array_header_t *sessions; /* luci_own_session_t */
    const char *current;          /* the tag of the request's session */
    apr_pool_t *pool;
} listing_t;

static luci_ms_t moment(const char *stored)
{
    return luci_timestamp_clamp(luci_sql_to_number(stored, 0));
}

static int add(void *baton, const luci_listed_session_t *listed, apr_pool_t *scratch)
{
    listing_t *listing = baton;
    luci_own_session_t *own;

    (void)scratch;
    if (listed->state == LUCI_SESSION_EXPIRED)
        return 1;
    own = apr_array_push(listing->sessions);
    *own = (luci_own_session_t){
        .is_current = strcmp(listed->tag, listing->current) == 0,
        .created_at = moment(listed->created_at),
        .last_seen = moment(listed->last_seen),
        .address = apr_pstrdup(listing->pool, listed->address),
        .user_agent = apr_pstrdup(listing->pool, listed->user_agent),
    };
    memcpy(own->tag, listed->tag, sizeof own->tag);
    return listing->sessions->nelts < LUCI_SESSIONS_MAX;
}

static int later_first(const void *a, const void *b)
{
    const luci_own_session_t *first = a, *second = b;

    if (first->is_current != second->is_current)
        return second->is_current - first->is_current;
    if (first->last_seen != second->last_seen)
        return first->last_seen < second->last_seen ? 1 : -1;
    return strcmp(first->tag, second->tag);
}

static luci_result_t list_with(luci_db_t *db, const luci_session_list_t *walk, const luci_session_t *session,
                               int *is_all, apr_pool_t *scratch)
{
    luci_result_t result = luci_db_finds_sessions(db, is_all, scratch);

    if (result != LUCI_OK)
        return result;
    if (*is_all)
        return luci_session_list(db, walk, scratch);
    result = luci_session_list_one(db, walk, &session->token, scratch);
    return result == LUCI_NOT_FOUND ? LUCI_OK : result;
}

luci_result_t luci_own_sessions_list(const luci_auth_t *auth, const luci_session_t *session, luci_ms_t now,
                                     luci_own_sessions_t *list, apr_pool_t *pool)
{
    listing_t listing = { apr_array_make(pool, 8, sizeof(luci_own_session_t)), session->tag, pool };
    luci_session_list_t walk = { .user_id = session->user.id, .now = now, .each = add, .baton = &listing };
    luci_db_t *db;
    luci_result_t result = auth->source.borrow(auth->source.baton, &db);

    *list = (luci_own_sessions_t){ listing.sessions, 0 };
    if (result != LUCI_OK)
        return result;
    result = list_with(db, &walk, session, &list->is_all, pool);
    auth->source.give_back(auth->source.baton, db);
    qsort(listing.sessions->elts, (size_t)listing.sessions->nelts, sizeof(luci_own_session_t), later_first);
    return result;
}

/* ---- The end ---- */

typedef struct {
    const luci_auth_t *auth;
    const luci_own_sessions_ending_t *what;
    apr_array_header_t *stored_ids; /* const char *, of those that are meant */
    apr_array_header_t *ended;      /* of luci_session_token_t; NULL: none yet */
    apr_pool_t *pool;
} ending_t;

/* Two sessions of a user with one tag cannot be told apart by it, so that both end. */
static int find_meant(void *baton, const luci_listed_session_t *listed, apr_pool_t *scratch)
{
    const ending_t *ending = baton;
    const char *tag = ending->what->tag;
    int is_meant = tag ? strcmp(listed->tag, tag) == 0 : strcmp(listed->tag, ending->what->session->tag) != 0;

    (void)scratch;
    if (is_meant)
        APR_ARRAY_PUSH(ending->stored_ids, const char *) = apr_pstrdup(ending->pool, listed->stored_id);
    return 1;
}

/* Deletes one by one by the primary key, as luci_session_end_all explains. */
static luci_result_t end_meant(luci_db_t *db, void *baton, apr_pool_t *scratch)
{
    ending_t *ending = baton;
    const char *user_id = ending->what->session->user.id;
    luci_session_list_t list = {
        .user_id = user_id, .now = ending->what->now, .each = find_meant, .baton = ending
    };
    luci_user_t user;
    int can_find, kinds;
    luci_result_t result = luci_db_finds_sessions(db, &can_find, scratch);

    ending->stored_ids = apr_array_make(ending->pool, 8, sizeof(const char *));
    ending->ended = apr_array_make(ending->pool, 8, sizeof(luci_session_token_t));
    if (result == LUCI_OK && !can_find)
        return LUCI_CONFLICT;
    if (result == LUCI_OK)
        result = luci_user_lock(db, user_id, &user, scratch);
    if (result == LUCI_OK)
        result = luci_factor_need(db, ending->auth->settings, ending->what->session, &kinds, scratch);
    if (result == LUCI_OK)
        result = luci_session_list(db, &list, scratch);
    for (int i = 0; result == LUCI_OK && i < ending->stored_ids->nelts; i++)
        result = luci_session_end_one(db, APR_ARRAY_IDX(ending->stored_ids, i, const char *), ending->ended,
                                      scratch);
    return result == LUCI_OK && !ending->what->tag ? luci_open_steps_void(db, user_id, scratch) : result;
}

static void report(const luci_auth_t *auth, const luci_own_sessions_ending_t *what, luci_reason_t reason,
                   const char *tag)
{
    luci_event_t event = { .kind = LUCI_EVENT_SESSION_END, .at = what->now, .reason = reason };

    if (tag)
        apr_cpystrn(event.session, tag, sizeof event.session);
    luci_auth_report(auth, &event, &what->session->user, NULL);
}

static void report_ended(const luci_auth_t *auth, luci_own_sessions_ending_t *what,
                         const apr_array_header_t *ended)
{
    for (int i = 0; i < ended->nelts; i++) {
        luci_session_t session = { 0 };

        luci_session_set_token(&session, &APR_ARRAY_IDX(ended, i, luci_session_token_t));
        report(auth, what, LUCI_REASON_NONE, session.tag);
        if (strcmp(session.tag, what->session->tag) == 0)
            what->has_ended_current = 1;
    }
}

luci_result_t luci_own_sessions_end(const luci_auth_t *auth, luci_own_sessions_ending_t *what,
                                    apr_pool_t *pool)
{
    ending_t ending = { .auth = auth, .what = what, .pool = pool };
    luci_result_t result = luci_db_source_transaction(&auth->source, end_meant, &ending, pool);

    what->has_ended_current = 0;
    luci_auth_forget_all(auth, ending.ended, pool); /* on errors, too: the rows may have been deleted */
    if (result == LUCI_OK) {
        report_ended(auth, what, ending.ended);
        return ending.ended->nelts > 0 ? LUCI_OK : LUCI_NOT_FOUND;
    }
    if (result != LUCI_CONFLICT && result != LUCI_NOT_FOUND)
        report(auth, what, result == LUCI_DENIED ? LUCI_REASON_ONE_FACTOR : luci_reason_of(result), NULL);
    return result;
}
