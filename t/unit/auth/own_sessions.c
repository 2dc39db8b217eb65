/* SPDX-License-Identifier: Apache-2.0 */
/* People who look at their own sessions and end some: which are found, which end, and what the caches forget.
 * Specification: S1.32 and S1.38. */
#include "core/auth/own_sessions.h"

#include "core/db/session_table.h"
#include "lib/support_cache.h"
#include "lib/tap.h"

#include <apr_strings.h>
#include <string.h>

#define SESSIONS "SELECT count(*) FROM user_session"

static apr_pool_t *pool;
static int has_ended_current;

static luci_session_t sign_in(const char *name)
{
    tap_is_result(support_sign_in(with, name, PASSWORD), LUCI_OK, "%s signs in", name);
    return support_session;
}

static luci_result_t end(const luci_session_t *session, const char *tag)
{
    luci_own_sessions_ending_t ending = { .session = session, .tag = tag, .now = NOW };
    luci_result_t result;

    with->events[0] = '\0';
    result = luci_own_sessions_end(&with->auth, &ending, pool);
    has_ended_current = ending.has_ended_current;
    return result;
}

static luci_result_t validate_session(const luci_session_t *session)
{
    luci_session_claim_t claim = { .token = &session->token, .now = NOW };
    luci_session_t found;
    luci_result_t written;

    return luci_auth_validate(&with->auth, &claim, &found, &written, pool);
}

/* The tags that are listed, separated by spaces. */
static const char *listed(const luci_session_t *session, int *is_all)
{
    luci_own_sessions_t list;
    const char *tags = "";

    *is_all = -1;
    if (luci_own_sessions_list(&with->auth, session, NOW, &list, pool) != LUCI_OK)
        return "failed";
    *is_all = list.is_all;
    for (int i = 0; i < list.sessions->nelts; i++)
        tags = apr_pstrcat(pool, tags, *tags ? " " : "",
                           APR_ARRAY_IDX(list.sessions, i, luci_own_session_t).tag, NULL);
    return tags;
}

static void check_list(void)
{
    luci_session_t first = sign_in("alice"), second = sign_in("alice"), expired = sign_in("alice");
    int is_all;

    run_sql(apr_psprintf(pool, "UPDATE user_session SET idle_expires = 1 WHERE id LIKE '%s%%'", expired.tag));
    run_sql(apr_psprintf(pool, "UPDATE user_session SET last_seen = 5 WHERE id LIKE '%s%%'", first.tag));
    tap_is_str(listed(&first, &is_all), apr_psprintf(pool, "%s %s", first.tag, second.tag),
               "S1.32: the own session is first, an expired one and those of other users are not listed");
    tap_is_int(is_all, 1, "all sessions are listed");
    tap_is_str(listed(&second, &is_all), apr_psprintf(pool, "%s %s", second.tag, first.tag),
               "S1.32: another session lists itself first");
    with->refuse_at = 1;
    with->with = LUCI_BUSY;
    tap_is_str(listed(&first, &is_all), "failed", "without a handle nothing is listed");
}

static void check_end(void)
{
    luci_session_t alice = sign_in("alice"), other = sign_in("alice"), third = sign_in("alice"),
                   bert = sign_in("bert1");
    int ends, calls;

    tap_is_result(validate_session(&other), LUCI_OK, "the session is valid and cached");
    tap_is_result(validate_session(&third), LUCI_OK, "a third session is valid and cached");
    ends = store.ends;
    tap_is_result(end(&alice, bert.tag), LUCI_NOT_FOUND, "S1.38: the tag of another user is not found");
    tap_is_result(end(&alice, other.token.id), LUCI_NOT_FOUND, "S1.38: an id is no tag");
    tap_is_result(end(&alice, ""), LUCI_NOT_FOUND, "S1.38: an empty tag is not found");
    tap_is_int(store.ends, ends, "the cache forgets nothing");
    tap_is_str(with->events, "", "nothing is reported");
    tap_is_result(end(&alice, other.tag), LUCI_OK, "S1.38: an own session ends");
    tap_is_str(with->events, apr_psprintf(pool, "session_end none alice %s %s\n", alice.user.id, other.tag),
               "the event has the session that ended");
    tap_is_int(store.ends - ends, 1, "S1.38: the cache forgets it");
    tap_is_int(has_ended_current, 0, "the session of the request has not ended");
    tap_is_result(validate_session(&other), LUCI_NOT_FOUND, "S1.38: it is unknown");
    tap_is_result(validate_session(&third), LUCI_OK, "the third session is alive");
    tap_is_result(end(&alice, other.tag), LUCI_NOT_FOUND, "an ended session is not found again");
    (void)sign_in("alice");
    ends = store.ends;
    calls = store.end_calls;
    tap_is_result(end(&alice, NULL), LUCI_OK, "S1.38: all others end");
    tap_ok(store.ends - ends >= 2, "S1.38: the cache forgets all others");
    tap_is_int(store.end_calls - calls, 1, "S9.39: one call tells the cache of all sessions that end");
    tap_is_result(validate_session(&third), LUCI_NOT_FOUND, "S1.38: the third session is unknown");
    tap_is_result(validate_session(&alice), LUCI_OK, "the own session is alive");
    tap_is_result(validate_session(&bert), LUCI_OK, "the session of another user is alive");
    tap_is_result(end(&alice, NULL), LUCI_NOT_FOUND, "no others are left");
    tap_is_result(end(&alice, alice.tag), LUCI_OK, "the own session ends by its tag");
    tap_is_int(has_ended_current, 1, "the session of the request has ended");
    with->refuse_at = 1;
    with->with = LUCI_BUSY;
    tap_is_result(end(&bert, NULL), LUCI_BUSY, "without a handle nothing ends");
    tap_is_str(with->events, apr_psprintf(pool, "session_end busy bert1 %s -\n", bert.user.id),
               "the failure is reported");
}

/* As many rows as LUCI_SQL_SESSIONS_FEW, of somebody else. */
static void fill(const luci_session_t *of)
{
    run_sql(apr_psprintf(pool,
                         "INSERT INTO user_session (id, user_id, active_expires, idle_expires) "
                         "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < %d) "
                         "SELECT 'f' || i, '%s', 1, 1 FROM n",
                         LUCI_SQL_SESSIONS_FEW, of->user.id));
}

static void check_without_index(void)
{
    luci_session_t alice = sign_in("alice"), other = sign_in("alice"), third = sign_in("alice");
    luci_own_sessions_t list;
    long long before;
    int is_all;

    run_sql("DROP INDEX user_session_user_id");
    luci_db_close(with->db);
    listed(&alice, &is_all);
    tap_is_int(is_all, 1, "S1.32: without an index all sessions are listed of a small table");
    tap_is_result(end(&alice, third.tag), LUCI_OK, "S1.38: without an index a session of a small table ends");
    tap_is_result(support_sign_in(with, "bert1", PASSWORD), LUCI_OK, "bert1 signs in");
    fill(&support_session);
    before = support_auth_number(with, SESSIONS);
    tap_is_str(listed(&alice, &is_all), alice.tag,
               "S1.32: without an index the own session of a large table is listed alone");
    tap_is_result(luci_own_sessions_list(&with->auth, &alice, NOW, &list, pool), LUCI_OK,
                  "the own session is read");
    tap_is_int(APR_ARRAY_IDX(list.sessions, 0, luci_own_session_t).created_at, NOW,
               "S1.32: the own session that is listed alone has what the table knows");
    tap_is_int(is_all, 0, "the list is incomplete");
    tap_is_result(end(&alice, NULL), LUCI_CONFLICT, "S1.38: without an index nothing ends");
    tap_is_result(end(&alice, other.tag), LUCI_CONFLICT, "S1.38: without an index no tag is found");
    tap_is_int(support_auth_number(with, SESSIONS), before, "all rows are left");
}

int main(void)
{
    pool = support_start();
    begin(pool, "own-sessions.db");
    run_sql("DELETE FROM user_session");
    tap_is_result(support_sign_up(with, "bert1", PASSWORD), LUCI_OK, "bert1 signs up");
    check_list();
    check_end();
    if (strcmp(with->target.driver, "mysql") != 0) /* whose foreign key needs the index */
        check_without_index();
    finish();
    return tap_done();
}
