/* SPDX-License-Identifier: Apache-2.0 */
#include "core/auth/auth_session.h"

void luci_auth_forget(const luci_auth_t *auth, const char *id, apr_pool_t *scratch)
{
    if (auth->cache)
        luci_session_cache_forget(auth->cache, id, scratch);
    for (const luci_session_cache_t *const *other = auth->others; other && *other; other++)
        luci_session_cache_forget(*other, id, scratch);
}

void luci_auth_report(const luci_auth_t *auth, luci_event_t *event, const luci_user_t *user,
                      const char *session_id)
{
    event->account = user->username;
    event->user_id = user->id;
    if (session_id && auth->events.write)
        luci_event_tag(session_id, event->session);
    luci_event_report(&auth->events, event);
}

/* ---- Going ---- */

luci_result_t luci_auth_sign_out(const luci_auth_t *auth, const luci_session_t *session, luci_ms_t now,
                                 apr_pool_t *pool)
{
    luci_event_t event = { .kind = LUCI_EVENT_SIGN_OUT, .at = now };
    luci_db_t *db;
    luci_result_t result = auth->source.borrow(auth->source.baton, &db);

    if (result == LUCI_OK) {
        result = luci_session_delete(db, session->id, auth->settings, pool);
        auth->source.give_back(auth->source.baton, db);
        luci_auth_forget(auth, session->id, pool); /* also when the answer was lost on the way */
    }
    event.reason = result == LUCI_NOT_FOUND ? LUCI_REASON_NO_SESSION : luci_reason_of(result);
    luci_auth_report(auth, &event, &session->user, session->id);
    return result;
}

/* ---- Staying ---- */

/* What a look-up may write on its way, and how that went; NOT_FOUND: it was not due, or somebody else did it
 * meanwhile, which is fine. */
enum { HASHED, RENEWED, REMOVED, CHANGES };

static const luci_event_kind_t change_events[CHANGES] = {
    [HASHED] = LUCI_EVENT_MIGRATION,
    [RENEWED] = LUCI_EVENT_RENEWAL,
    [REMOVED] = LUCI_EVENT_EXPIRY,
};

static void change(luci_db_t *db, const luci_auth_t *auth, const luci_session_claim_t *claim,
                   luci_session_t *session, luci_result_t changes[CHANGES], apr_pool_t *pool)
{
    if (session->state == LUCI_SESSION_DEAD && claim->may_write)
        changes[REMOVED] = luci_session_delete(db, claim->id, auth->settings, pool);
    if (session->state == LUCI_SESSION_DEAD || claim->is_ending)
        return;
    if (session->is_bare && claim->may_take_over) {
        changes[HASHED] = luci_session_hash(db, session, auth->settings, pool);
        session->is_bare = session->is_bare && changes[HASHED] != LUCI_NOT_FOUND;
    }
    if (session->state == LUCI_SESSION_IDLE && !session->is_bare && claim->may_write)
        changes[RENEWED] = luci_session_renew(db, session, auth->settings, claim->now, pool);
}

/* The last one that failed, or OK. */
static luci_result_t report_changes(const luci_auth_t *auth, const luci_session_t *session, luci_ms_t now,
                                    const luci_result_t changes[CHANGES])
{
    luci_result_t written = LUCI_OK;

    for (int i = 0; i < CHANGES; i++) {
        luci_event_t event = { .kind = change_events[i], .at = now, .reason = luci_reason_of(changes[i]) };

        if (changes[i] == LUCI_NOT_FOUND)
            continue;
        luci_auth_report(auth, &event, &session->user, session->id);
        if (changes[i] != LUCI_OK)
            written = changes[i];
    }
    return written;
}

/* The row of a claim, taken over, renewed or removed when that is due. */
static luci_result_t look_up(const luci_auth_t *auth, const luci_session_claim_t *claim,
                             luci_session_t *session, luci_result_t *written, apr_pool_t *pool)
{
    luci_result_t changes[CHANGES] = { LUCI_NOT_FOUND, LUCI_NOT_FOUND, LUCI_NOT_FOUND };
    luci_db_t *db;
    luci_result_t result = auth->source.borrow(auth->source.baton, &db);

    if (result != LUCI_OK)
        return result;
    result = luci_session_get(db, claim, auth->settings, session, pool);
    if (result == LUCI_OK || result == LUCI_EXPIRED)
        change(db, auth, claim, session, changes, pool);
    auth->source.give_back(auth->source.baton, db);
    *written = report_changes(auth, session, claim->now, changes);
    return result;
}

/* Keeps a session at hand, and then looks once more whether it's still there: see session_cache.h. When that
 * can't be seen, it was there a moment ago. */
static luci_result_t keep(const luci_auth_t *auth, const luci_session_claim_t *claim,
                          const luci_session_t *session, apr_pool_t *scratch)
{
    luci_session_claim_t again = { .id = claim->id, .now = claim->now };
    luci_session_t now_there;
    luci_result_t result, written;

    result = luci_session_cache_keep(auth->cache, session, claim->now, scratch);
    if (result != LUCI_OK && result != LUCI_UNAVAILABLE)
        return LUCI_OK;
    result = look_up(auth, &again, &now_there, &written, scratch);
    if (result == LUCI_OK)
        return LUCI_OK;
    luci_auth_forget(auth, claim->id, scratch);
    return result == LUCI_BUSY || result == LUCI_UNAVAILABLE ? LUCI_OK : result;
}

luci_result_t luci_auth_validate(const luci_auth_t *auth, const luci_session_claim_t *claim,
                                 luci_session_t *session, luci_result_t *written, apr_pool_t *pool)
{
    luci_result_t result;

    *written = LUCI_OK;
    if (auth->cache && luci_session_cache_find(auth->cache, claim, session, pool) == LUCI_OK)
        return LUCI_OK;
    result = look_up(auth, claim, session, written, pool);
    if (result == LUCI_OK && auth->cache && session->state == LUCI_SESSION_ACTIVE)
        result = keep(auth, claim, session, pool);
    return result;
}
