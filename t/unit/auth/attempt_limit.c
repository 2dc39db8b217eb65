/* SPDX-License-Identifier: Apache-2.0 */
/* The limit of failures in a row: what counts, who may pass beyond it, what sets the number back, and that
 * two nodes lose none. Specification: S9.60. */
#include "core/auth/attempt_limit.h"
#include "core/account/admin.h"
#include "core/account/failures.h"
#include "core/auth/password_change.h"
#include "core/auth/password_credential.h"
#include "core/throttle/device.h"
#include "lib/support_auth.h"
#include "lib/tap.h"

#include <apr_strings.h>
#include <pthread.h>
#include <string.h>

#define FAILURES "SELECT COALESCE(failures, 0) FROM user_key WHERE id = 'username:alice'"
#define EACH 20 /* failures of each of two nodes at once */

static support_auth_t *with;
static apr_pool_t *pool;
static luci_throttle_t throttle; /* which limits nothing, and signs device cookies */
static luci_attempt_t attempt;
static int paced, pretended;

static luci_result_t pace(void *baton, luci_hash_work_fn *work, void *work_baton)
{
    (void)baton;
    paced++;
    return work(work_baton);
}

static void pretend(void *baton)
{
    (void)baton;
    pretended++;
}

/* A sign-in from a browser with this device cookie, or without one. */
static luci_result_t sign_in(const char *password, const char *device)
{
    luci_auth_request_t request = {
        .username = "alice", .password = password, .now = NOW, .attempt = &attempt
    };
    luci_field_t field;

    attempt = (luci_attempt_t){ .device = device };
    with->events[0] = with->logged[0] = '\0';
    return luci_auth_sign_in(&with->auth, &request, &support_session, &field, pool);
}

static const char *device_of(const char *password)
{
    luci_device_t device = { .secret = throttle.secret, .now = NOW };
    const char *value = NULL;

    tap_is_result(sign_in(password, NULL), LUCI_OK, "alice signs in");
    device.account = attempt.device_account;
    tap_is_result(luci_device_renew(&device, NULL, &value, pool), LUCI_OK, "the browser gets a token");
    return value;
}

static void set_failures(int failures)
{
    support_run(with->target.params, apr_psprintf(pool, "UPDATE user_key SET failures = %d", failures));
}

static void check_counting(void)
{
    luci_auth_request_t repeated = { .username = "alice", .password = WRONG, .now = NOW, .was_wrong = 1 };
    luci_field_t field;

    paced = pretended = 0;
    tap_is_result(sign_in(WRONG, NULL), LUCI_DENIED, "a wrong password is denied");
    tap_is_int(support_auth_number(with, FAILURES), 1, "S9.60: the first failure is counted");
    tap_is_result(support_check(with, "alice", WRONG, &(luci_user_t){ 0 }), LUCI_DENIED,
                  "a wrong password over Basic is denied");
    tap_is_int(support_auth_number(with, FAILURES), 2,
               "S9.60: failures over Basic are counted with those of sign-in");
    tap_is_int(paced, 2, "each write is paced");
    tap_is_int(pretended, 0, "what writes does not wait");
    tap_is_result(support_sign_in(with, "nobody", WRONG), LUCI_DENIED, "an unknown user is denied");
    tap_is_int(pretended, 1, "S9.3: an unknown user waits for as long as a write takes");
    tap_is_result(luci_auth_sign_in(&with->auth, &repeated, &support_session, &field, pool), LUCI_DENIED,
                  "a password that has been wrong before is denied");
    tap_is_int(support_auth_number(with, FAILURES), 2,
               "S9.50: a password that has been wrong before is not counted");
    tap_is_int(pretended, 2, "what is not counted waits for as long as a write takes");
    tap_is_result(sign_in("", NULL), LUCI_INVALID, "an empty password is invalid");
    tap_is_int(support_auth_number(with, FAILURES), 2, "what is not compared is not counted");
    tap_is_result(sign_in(PASSWORD, NULL), LUCI_OK, "the right password signs in");
    tap_is_int(support_auth_number(with, FAILURES), 0, "S9.60: the right password sets the number back");
    set_failures(7);
    tap_is_result(support_check(with, "alice", PASSWORD, &(luci_user_t){ 0 }), LUCI_OK,
                  "the right password passes Basic");
    tap_is_int(support_auth_number(with, FAILURES), 0,
               "S9.60: the right password over Basic sets the number back");
}

/* The write of a failure fails: nothing but the count is lost, and the log says so. */
static void check_unwritten(void)
{
    with->refuse_at = 2;
    with->with = LUCI_BUSY;
    tap_is_result(sign_in(WRONG, NULL), LUCI_DENIED,
                  "without a handle to count with, a wrong password is denied");
    tap_ok(strstr(with->logged, "failure_uncounted: ") != NULL, "a failure that was not counted is reported");
    tap_is_int(support_auth_number(with, FAILURES), 0, "a failure that could not be written is not counted");
}

static void check_limit(void)
{
    const char *device = device_of(PASSWORD);

    set_failures(LUCI_FAILURES_MAX - 2);
    tap_is_result(sign_in(WRONG, NULL), LUCI_DENIED, "the last failure but one is denied");
    tap_is_str(with->logged, "", "the last failure but one says nothing");
    tap_is_result(sign_in(WRONG, NULL), LUCI_DENIED, "the last failure is denied");
    tap_is_str(with->logged, apr_psprintf(pool, "locked: %s 100 ok\n", support_session.user.id),
               "S9.60: the failure that reaches the limit is reported");
    tap_is_int(support_auth_number(with, FAILURES), LUCI_FAILURES_MAX, "the number is the limit");
    paced = pretended = 0;
    tap_is_result(sign_in(PASSWORD, NULL), LUCI_DENIED, "S9.60: at the limit the right password is denied");
    tap_ok(strstr(with->events, "sign_in too_many_failures alice ") == with->events,
           "S9.60: the event of the right password has the reason");
    tap_is_result(sign_in(WRONG, NULL), LUCI_DENIED, "at the limit a wrong password is denied");
    tap_ok(strstr(with->events, "sign_in too_many_failures alice ") == with->events,
           "the event of a wrong password has the same reason");
    tap_is_result(support_check(with, "alice", PASSWORD, &(luci_user_t){ 0 }), LUCI_DENIED,
                  "S9.60: at the limit Basic denies the right password");
    tap_is_str(with->logged, "", "the state of the account is reported once");
    tap_is_int(paced, 0, "at the limit nothing is written");
    tap_is_int(pretended, 3, "at the limit each request waits for as long as a write takes");
    tap_is_result(sign_in(WRONG, device), LUCI_DENIED, "a known device with a wrong password is denied");
    tap_ok(strstr(with->events, "sign_in wrong_password alice ") == with->events,
           "its event says that the password is wrong");
    tap_is_result(sign_in(PASSWORD, "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"),
                  LUCI_DENIED, "a forged device cookie does not help");
    tap_is_result(sign_in(PASSWORD, device), LUCI_OK, "S9.60: a known device passes with the right password");
    tap_is_str(with->logged, apr_psprintf(pool, "unlocked: %s 0 ok\n", support_session.user.id),
               "S9.60: the end of the state is reported");
    tap_is_int(support_auth_number(with, FAILURES), 0, "S9.60: a known device sets the number back");
    tap_is_result(sign_in(PASSWORD, NULL), LUCI_OK, "other browsers sign in again");
}

/* Between the check and the transaction the last failures come in. */
static void check_late(void)
{
    luci_auth_request_t request = {
        .username = "alice", .key_id = "username:alice", .password = PASSWORD, .now = NOW
    };
    luci_verdict_t verdict = { .user = support_session.user, .failures = 1 };
    luci_key_t key = { .id = "username:alice", .user = support_session.user };
    luci_db_t *db;

    set_failures(LUCI_FAILURES_MAX);
    key.stored_hash = apr_pstrdup(pool, support_auth_value(with, "SELECT hashed_password FROM user_key"));
    tap_is_result(with->auth.source.borrow(with->auth.source.baton, &db), LUCI_OK, "a handle is lent");
    tap_is_result(luci_attempt_limit_confirm(db, &with->auth, &request, &key, pool), LUCI_CONFLICT,
                  "S9.60: a sign-in that the limit overtook is not confirmed");
    with->auth.source.give_back(with->auth.source.baton, db);
    verdict.stored_hash = key.stored_hash;
    tap_is_result(luci_attempt_limit_passed(&with->auth, &request, &verdict, pool), LUCI_CONFLICT,
                  "S9.60: a check over Basic that the limit overtook is not confirmed");
    tap_is_int(support_auth_number(with, FAILURES), LUCI_FAILURES_MAX,
               "S9.60: a check over Basic that the limit overtook leaves the number");
    verdict.stored_hash = "another hash";
    set_failures(1);
    tap_is_result(luci_attempt_limit_passed(&with->auth, &request, &verdict, pool), LUCI_CONFLICT,
                  "S9.60: a check over Basic of a password that was changed meanwhile is not confirmed");
    tap_is_int(support_auth_number(with, FAILURES), 1,
               "S9.60: a check over Basic of a password that was changed meanwhile leaves the number");
    set_failures(LUCI_FAILURES_MAX);
}

static void check_administrator(void)
{
    luci_db_t *db;
    luci_user_t user;
    luci_admin_ended_t ended = { 0 };
    int failures;
    char *hash;

    tap_is_result(luci_credential_hash(&with->auth,
                                       &(luci_credential_t){ .kind = &luci_credential_password,
                                                             .presented = "battery staple" },
                                       &hash, pool),
                  LUCI_OK, "a hash is made");
    tap_is_result(with->auth.source.borrow(with->auth.source.baton, &db), LUCI_OK, "a handle is lent");
    tap_is_result(luci_admin_find(db, "alice", &user, pool), LUCI_OK, "alice is found");
    tap_is_result(luci_failures_of_user(db, user.id, &failures, pool), LUCI_OK, "the number is read");
    tap_is_int(failures, LUCI_FAILURES_MAX, "the administrator sees the number");
    tap_is_result(luci_admin_set_disabled(db, &user, 0, NULL, pool), LUCI_OK, "alice is enabled");
    tap_is_result(luci_failures_of_user(db, user.id, &failures, pool), LUCI_OK, "the number is read again");
    tap_is_int(failures, 0, "S9.60: the administrator sets the number back");
    set_failures(LUCI_FAILURES_MAX);
    tap_is_result(luci_admin_set_password(
                      db, &user, &(luci_admin_password_t){ .stored_hash = hash, .ended = &ended }, pool),
                  LUCI_OK, "alice gets another password");
    tap_is_result(luci_failures_try(db, pool), LUCI_OK, "the right to count is there");
    with->auth.source.give_back(with->auth.source.baton, db);
    tap_is_int(support_auth_number(with, FAILURES), 0, "S9.60: another password sets the number back");
    tap_is_result(sign_in("battery staple", NULL), LUCI_OK, "the new password signs in");
}

static void check_change(void)
{
    luci_session_t session = support_session, renewed;
    luci_password_change_t change = { .request = { .username = "alice", .password = WRONG, .now = NOW },
                                      .session = &session,
                                      .password = PASSWORD };

    tap_is_result(luci_password_change(&with->auth, &change, &renewed, pool), LUCI_DENIED,
                  "a change with a wrong password is denied");
    tap_is_int(support_auth_number(with, FAILURES), 1, "S9.60: a wrong password at its change is counted");
    change.request.password = "battery staple";
    tap_is_result(luci_password_change(&with->auth, &change, &renewed, pool), LUCI_OK,
                  "a change with the right password is made");
    tap_is_int(support_auth_number(with, FAILURES), 0, "S9.60: the change sets the number back");
    support_session = renewed;
}

/* ---- Two nodes ---- */

typedef struct {
    luci_db_t *db;
    apr_pool_t *own;
    int failed;
    int last;
} node_t;

static void *fail_often(void *baton)
{
    node_t *node = baton;

    for (int i = 0; i < EACH; i++) {
        int is_last;

        node->failed += luci_failures_add(node->db, "username:alice", &is_last, node->own) != LUCI_OK;
        node->last += is_last;
    }
    return NULL;
}

static void check_nodes(int before, int after)
{
    node_t nodes[2] = { { 0 }, { 0 } };
    pthread_t threads[COUNT(nodes)];

    set_failures(before);
    support_auth_close(with);
    for (int i = 0; i < COUNT(nodes); i++) {
        apr_allocator_t *allocator;

        if (apr_allocator_create(&allocator) != APR_SUCCESS ||
            apr_pool_create_ex(&nodes[i].own, NULL, NULL, allocator) != APR_SUCCESS)
            support_give_up("memory", "none");
        apr_allocator_owner_set(allocator, nodes[i].own);
        nodes[i].db = luci_db_create(&with->target, nodes[i].own);
    }
    for (int i = 0; i < COUNT(nodes); i++)
        pthread_create(&threads[i], NULL, fail_often, &nodes[i]);
    for (int i = 0; i < COUNT(nodes); i++)
        pthread_join(threads[i], NULL);
    tap_is_int(nodes[0].failed + nodes[1].failed, 0, "all failures from %d on are written", before);
    tap_is_int(support_auth_number(with, FAILURES), after,
               "S9.60: two nodes that count from %d lose no failure", before);
    tap_is_int(nodes[0].last + nodes[1].last, after == LUCI_FAILURES_MAX,
               "from %d on, the limit is reached once at most", before);
    for (int i = 0; i < COUNT(nodes); i++) {
        luci_db_close(nodes[i].db);
        apr_pool_destroy(nodes[i].own);
    }
}

/* ---- A table without the column ---- */

static void check_lucia(void)
{
    with = support_auth("lucia.db", 0);
    with->auth.throttle = &throttle;
    with->auth.pacer = (luci_pacer_t){ pace, pretend, NULL };
    tap_is_result(support_sign_up(with, "alice", PASSWORD), LUCI_OK, "alice signs up in Lucia's tables");
    paced = pretended = 0;
    for (int i = 0; i < LUCI_FAILURES_MAX + 1; i++) {
        if (sign_in(WRONG, NULL) != LUCI_DENIED)
            tap_ok(0, "failure %d is denied", i);
    }
    tap_is_int(paced + pretended, 0, "without the column nothing is written and nothing waits");
    tap_is_result(support_sign_in(with, "nobody", WRONG), LUCI_DENIED,
                  "an unknown user is denied in Lucia's tables");
    tap_is_int(pretended, 0, "without the column an unknown user does not wait");
    tap_is_result(sign_in(PASSWORD, NULL), LUCI_OK, "without the column there is no limit");
    tap_is_result(luci_failures_try(with->db, pool), LUCI_OK, "without the column there is no right to miss");
}

int main(void)
{
    pool = support_start();
    memset(throttle.secret, 7, sizeof throttle.secret);
    with = support_auth("limit.db", 1);
    with->auth.pacer = (luci_pacer_t){ pace, pretend, NULL };
    tap_is_result(support_sign_up(with, "alice", PASSWORD), LUCI_OK, "alice signs up");
    check_counting();
    check_unwritten();
    with->auth.throttle = &throttle;
    check_limit();
    check_late();
    check_administrator();
    check_change();
    check_nodes(0, 2 * EACH);
    check_nodes(LUCI_FAILURES_MAX - EACH, LUCI_FAILURES_MAX);
    support_auth_close(with);
    check_lucia();
    support_auth_close(with);
    return tap_done();
}
