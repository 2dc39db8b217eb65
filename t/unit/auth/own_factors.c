/* SPDX-License-Identifier: Apache-2.0 */
/* People who set up an app, remove it and get new recovery codes: every answer, what the tables hold
 * afterwards, and two requests at the same moment. t/engines/engines_unit.t runs this on PostgreSQL and
 * MariaDB. Specification: S1.66, S1.67 and S1.68. */
#include "core/auth/own_factors.h"

#include "core/auth/factor_proof.h"
#include "core/auth/totp_again.h"
#include "core/totp/totp_seed.h"
#include "lib/support_auth.h"
#include "lib/tap.h"

#include <apr_strings.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define SESSIONS "SELECT count(*) FROM user_session"
#define FACTORS "SELECT factors FROM user_session"
#define SEEDS "SELECT count(*) FROM auth_user_totp"
#define CODES "SELECT count(*) FROM auth_user_recovery_code"
#define SECRET "GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ" /* base32 of the seed below */
#define ROUNDS 60
#define PAUSE_MAX 1000U /* microseconds by which one of the two is later, by chance */

static const unsigned char *const seed = (const unsigned char *)"12345678901234567890";

static support_auth_t *with;
static apr_pool_t *pool;
static luci_totp_enrolment_t last;
static luci_session_t renewed;

/* The code of the step that is away from the one at NOW. */
static const char *code_at(int away)
{
    char *code = apr_palloc(pool, LUCI_TOTP_DIGITS + 1);

    if (luci_totp_code(seed, luci_totp_step(NOW) + away, code) != LUCI_OK)
        support_give_up("a code", "it could not be made");
    return code;
}

static luci_result_t enrol(const luci_session_t *session, const char *secret, const char *code)
{
    last =
        (luci_totp_enrolment_t){ .own = { .session = session, .now = NOW }, .secret = secret, .code = code };
    with->events[0] = '\0';
    return luci_own_totp_enrol(&with->auth, &last, &renewed, pool);
}

static luci_result_t remove_app(const luci_session_t *session)
{
    luci_own_factor_t own = { .session = session, .now = NOW };

    with->events[0] = '\0';
    return luci_own_totp_remove(&with->auth, &own, pool);
}

static luci_result_t new_codes(const luci_session_t *session, luci_recovery_codes_t *codes)
{
    luci_own_factor_t own = { .session = session, .now = NOW };

    with->events[0] = '\0';
    return luci_own_recovery_codes(&with->auth, &own, codes, pool);
}

static luci_session_t sign_in(void)
{
    if (support_sign_in(with, "alice", PASSWORD) != LUCI_OK)
        support_give_up("alice", "she could not sign in");
    return support_session;
}

static void is_event(const char *kind, const char *reason, const luci_session_t *session, const char *what)
{
    tap_is_str(with->events,
               apr_psprintf(pool, "%s %s alice %s %s\n", kind, reason, session->user.id, session->tag),
               "the event of %s", what);
}

static void is_stored(int seeds, int codes, const char *what)
{
    tap_is_int(support_auth_number(with, SEEDS), seeds, "the seeds after %s", what);
    tap_is_int(support_auth_number(with, CODES), codes, "the recovery codes after %s", what);
}

static void forget_all(void)
{
    support_run(with->target.params, "DELETE FROM auth_user_totp");
    support_run(with->target.params, "DELETE FROM auth_user_recovery_code");
    support_run(with->target.params, "DELETE FROM user_session");
}

/* ---- Each by itself ---- */

static void check_refused(const luci_session_t *session)
{
    luci_recovery_codes_t none = { 0 };

    tap_is_result(enrol(session, SECRET, code_at(2)), LUCI_DENIED, "S1.66: a wrong code is refused");
    is_event("factor_add", "wrong_code", session, "a wrong code");
    tap_ok(memcmp(&last.codes, &none, sizeof none) == 0, "a refused enrolment gives no recovery codes");
    tap_is_result(enrol(session, SECRET, NULL), LUCI_DENIED, "S1.66: no code is refused");
    tap_is_result(enrol(session, "GEZDGNBVGY3TQOJQ", code_at(0)), LUCI_INVALID,
                  "S1.66: a short secret is refused");
    is_event("factor_add", "bad_request", session, "a short secret");
    tap_is_result(enrol(session, NULL, code_at(0)), LUCI_INVALID, "S1.66: no secret is refused");
    tap_is_result(remove_app(session), LUCI_NOT_FOUND, "S1.68: without an app none is removed");
    tap_is_result(new_codes(session, &none), LUCI_NOT_FOUND, "S1.68: without a factor there are no codes");
    is_stored(0, 0, "what was refused");
    tap_is_int(support_auth_number(with, SESSIONS), 1, "refused changes leave the session");
}

static void check_enrolled(const luci_session_t *first)
{
    luci_session_t second, single = sign_in();
    luci_recovery_codes_t codes;

    tap_is_result(enrol(first, "gezd gnbv gy3t qojq gezd gnbv gy3t qojq", code_at(0)), LUCI_OK,
                  "S1.67: a right code sets the app up: %s", luci_db_error(with->db));
    is_event("factor_add", "none", &renewed, "an app that was set up");
    is_stored(1, LUCI_RECOVERY_CODES, "an enrolment");
    tap_is_int(renewed.factors, 2, "S1.67: the new session has two factors");
    tap_ok(strcmp(renewed.token.id, first->token.id) != 0, "S1.67: the new session has another id");
    tap_is_int(support_auth_number(with, FACTORS " WHERE factors = 2"), 2,
               "S1.67: the table has the session with two factors");
    tap_is_int(support_auth_number(with, SESSIONS), 2, "S1.67: the session is replaced, the other one stays");
    second = renewed;
    tap_is_result(enrol(&second, SECRET, code_at(1)), LUCI_CONFLICT, "S1.66: a second app is refused");
    is_event("factor_add", "has_factor", &second, "a second app");
    tap_is_result(enrol(first, SECRET, code_at(1)), LUCI_EXPIRED, "a session that has ended sets nothing up");
    is_event("factor_add", "no_session", first, "an ended session");
    tap_is_result(remove_app(&single), LUCI_DENIED, "S1.68: with one factor the app is not removed");
    is_event("factor_remove", "one_factor", &single, "a removal with one factor");
    tap_is_result(new_codes(&single, &codes), LUCI_DENIED, "S1.68: with one factor there are no new codes");
    is_event("recovery_codes", "one_factor", &single, "codes with one factor");
    tap_is_result(new_codes(&second, &codes), LUCI_OK, "S1.68: with two factors there are new codes");
    is_event("recovery_codes", "none", &second, "new codes");
    is_stored(1, LUCI_RECOVERY_CODES, "new codes");
    tap_is_result(remove_app(&second), LUCI_OK, "S1.68: with two factors the app is removed");
    is_event("factor_remove", "none", &second, "a removed app");
    is_stored(0, 0, "a removal");
}

/* ---- The second form of a double click ---- */

static luci_totp_again_t form;

/* With the session of before, which has ended, the ticket of a page of that session, and a time. */
static luci_result_t click(const luci_session_t *before, const char *ticket, luci_ms_t now)
{
    form = (luci_totp_again_t){
        .token = &before->token, .ticket = ticket, .now = now, .secret = SECRET, .code = code_at(0)
    };
    with->events[0] = '\0';
    return luci_totp_again(&with->auth, &form, &renewed, pool);
}

/* A second form gets nothing, and changes nothing. */
static void is_no_click(luci_result_t result, const char *what)
{
    luci_recovery_codes_t none = { 0 };

    tap_is_result(result, LUCI_DENIED, "S9.48: %s is no second form", what);
    tap_ok(memcmp(&form.codes, &none, sizeof none) == 0, "S9.48: %s gives no recovery codes", what);
    tap_is_str(with->events, "", "S9.48: %s is no event", what);
}

static const char *ticket_for(const luci_session_t *session)
{
    const char *ticket = "";

    tap_is_result(luci_totp_again_ticket(&with->auth, session, NOW, &ticket, pool), LUCI_OK,
                  "a page has a ticket");
    return ticket;
}

static const char *codes_stored(void)
{
    return apr_pstrdup(pool, support_auth_value(with, "SELECT MIN(id) FROM auth_user_recovery_code"));
}

static void check_twice(void)
{
    luci_session_t before = sign_in(), other = sign_in(), made;
    const char *ticket = ticket_for(&before), *others = ticket_for(&other), *stored;

    is_no_click(click(&before, ticket, NOW), "a form before an app is set up");
    tap_is_result(enrol(&before, SECRET, code_at(0)), LUCI_OK, "S1.67: the first form sets the app up");
    made = renewed;
    stored = codes_stored();
    is_no_click(click(&other, ticket, NOW), "a form with another id than the one of its page");
    is_no_click(click(&before, others, NOW), "the ticket of another page");
    is_no_click(click(&other, others, NOW), "a form of a session that has not ended");
    is_no_click(click(&before, NULL, NOW), "a form without a ticket");
    is_no_click(click(&before, ticket, NOW + LUCI_TWICE_WITHIN), "a form after a minute");
    is_no_click(click(&before, ticket, NOW - LUCI_TWICE_WITHIN), "a form a minute before the first one");
    support_run(with->target.params, "UPDATE auth_user SET disabled = 1");
    is_no_click(click(&before, ticket, NOW), "a form of a disabled user");
    support_run(with->target.params, "UPDATE auth_user SET disabled = NULL");
    tap_is_str(codes_stored(), stored, "S9.48: what is no second form leaves the recovery codes");
    tap_is_int(support_auth_number(with, SESSIONS), 2, "S9.48: what is no second form leaves the sessions");
    for (int i = 0; i < 2; i++) {
        tap_is_result(click(&before, ticket, NOW + LUCI_TWICE_WITHIN - 1), LUCI_OK,
                      "S9.48: the second form is answered as the first one, time %d: %s", i + 1,
                      luci_db_error(with->db));
        is_event("recovery_codes", "none", &renewed, "a second form");
        tap_ok(strcmp(codes_stored(), stored) != 0, "S9.48: a second form makes other recovery codes");
        is_stored(1, LUCI_RECOVERY_CODES, "a second form");
        tap_is_int(support_auth_number(with, SESSIONS), 2, "S9.48: a second form leaves as many sessions");
        tap_ok(renewed.created_at == NOW && renewed.proved_at == NOW && renewed.factors == 2,
               "S9.48: the session of a second form is as old and as fresh as the one that it replaces");
        tap_ok(strcmp(renewed.token.id, made.token.id) != 0, "S9.48: the session has another id");
        made = renewed;
        stored = codes_stored();
    }
    last.may_be_second = 1;
    last.own.session = &made;
    with->events[0] = '\0';
    tap_is_result(luci_own_totp_enrol(&with->auth, &last, &renewed, pool), LUCI_OK,
                  "S9.48: a second form with the new session is answered as the first one");
    is_event("recovery_codes", "none", &renewed, "a second form with the new session");
    tap_is_int(support_auth_number(with, SESSIONS), 2, "S9.48: the new session is replaced as well");
    support_run(with->target.params, "DELETE FROM user_session WHERE factors = 2");
    is_no_click(click(&before, ticket, NOW), "a form after the new session has ended");
    forget_all();
}

/* ---- Further ones by themselves ---- */

static void check_end_sessions(void)
{
    luci_session_t own = sign_in();

    last = (luci_totp_enrolment_t){
        .own = { .session = &own, .now = NOW }, .secret = SECRET, .code = code_at(0), .end_sessions = 1
    };
    tap_is_result(luci_own_totp_enrol(&with->auth, &last, &renewed, pool), LUCI_OK,
                  "an enrolment that ends sessions");
    tap_is_int(support_auth_number(with, SESSIONS), 1, "S1.67: only the new session is left");
}

static void check_unavailable(void)
{
    luci_session_t own;

    forget_all();
    own = sign_in();
    with->refuse_at = 1;
    with->with = LUCI_BUSY;
    tap_is_result(enrol(&own, SECRET, code_at(0)), LUCI_BUSY, "without a handle nothing is set up");
    is_event("factor_add", "busy", &own, "an enrolment without a handle");
    with->refuse_at = 0;
    support_random_fails_at(1);
    tap_is_result(enrol(&own, SECRET, code_at(0)), LUCI_INTERNAL, "without randomness nothing is set up");
    support_random_fails_at(0);
    is_stored(0, 0, "what failed");
    tap_is_int(support_auth_number(with, SESSIONS), 1, "what failed leaves the session");
}

/* ---- Two at the same moment ---- */

typedef struct side_t side_t;
struct side_t {
    luci_auth_t auth;
    luci_db_t *db;
    apr_pool_t *scratch;
    luci_session_t session;
    luci_result_t (*act)(side_t *side);
    const char *code;
    unsigned pause;
    luci_result_t result;
};

static side_t sides[2];
static pthread_barrier_t start;

static luci_result_t lend(void *baton, luci_db_t **db)
{
    *db = ((side_t *)baton)->db;
    return LUCI_OK;
}

static void take_back(void *baton, luci_db_t *db)
{
    (void)baton;
    (void)db;
}

static luci_result_t act_enrol(side_t *side)
{
    luci_totp_enrolment_t enrolment = { .own = { .session = &side->session, .now = NOW },
                                        .secret = SECRET,
                                        .code = side->code };
    luci_session_t session;

    return luci_own_totp_enrol(&side->auth, &enrolment, &session, side->scratch);
}

static luci_result_t act_remove(side_t *side)
{
    luci_own_factor_t own = { .session = &side->session, .now = NOW };

    return luci_own_totp_remove(&side->auth, &own, side->scratch);
}

static luci_result_t act_prove(side_t *side)
{
    luci_factor_proof_t proof = { .user_id = side->session.user.id, .code = side->code, .now = NOW };

    return luci_factor_prove(&side->auth, &proof, side->scratch);
}

static void *run(void *baton)
{
    side_t *side = baton;

    pthread_barrier_wait(&start);
    usleep(side->pause);
    side->result = side->act(side);
    return NULL;
}

static int is_one_of(luci_result_t result, luci_result_t one, luci_result_t other)
{
    return result == one || result == other;
}

static void race(void)
{
    pthread_t threads[2];

    for (int i = 0; i < 2; i++) {
        apr_pool_clear(sides[i].scratch);
        sides[i].pause = i ? (unsigned)rand() % PAUSE_MAX : PAUSE_MAX / 2;
        pthread_create(&threads[i], NULL, run, &sides[i]);
    }
    for (int i = 0; i < 2; i++)
        pthread_join(threads[i], NULL);
}

/* Two sessions set up an app: one does, and the table has its codes. */
static void race_enrolments(void)
{
    int once = 0, known = 0, whole = 0;

    for (int i = 0; i < ROUNDS; i++) {
        forget_all();
        for (int j = 0; j < 2; j++) {
            sides[j].session = sign_in();
            sides[j].act = act_enrol;
            sides[j].code = code_at(0);
        }
        race();
        once += (sides[0].result == LUCI_OK) + (sides[1].result == LUCI_OK) == 1;
        /* The app that is there asks the other session for its factor. */
        known += is_one_of(sides[0].result == LUCI_OK ? sides[1].result : sides[0].result, LUCI_CONFLICT,
                           LUCI_DENIED);
        whole += support_auth_number(with, SEEDS) == 1 &&
                 support_auth_number(with, CODES) == LUCI_RECOVERY_CODES &&
                 support_auth_number(with, FACTORS " WHERE factors = 2") == 2;
    }
    tap_is_int(once, ROUNDS, "S1.66: of two sessions that set up an app, one does");
    tap_is_int(known, ROUNDS, "S1.66: the other one is told why not");
    tap_is_int(whole, ROUNDS, "S1.66: there is one app, with ten codes and one session that has it");
}

/* A removal beside a recovery code: the order of their locks is not the same. */
static void race_removal(void)
{
    int removed = 0, known = 0, empty = 0;

    for (int i = 0; i < ROUNDS; i++) {
        luci_session_t own;

        forget_all();
        own = sign_in();
        if (enrol(&own, SECRET, code_at(0)) != LUCI_OK)
            support_give_up("a round", "no app could be set up");
        sides[0].session = sides[1].session = renewed;
        sides[0].act = act_remove;
        sides[1].act = act_prove;
        sides[1].code = apr_pstrdup(pool, i % 2 ? last.codes.text[0] : code_at(1));
        race();
        removed += sides[0].result == LUCI_OK;
        known += is_one_of(sides[1].result, LUCI_OK, LUCI_DENIED);
        empty += support_auth_number(with, SEEDS) == 0 && support_auth_number(with, CODES) == 0;
    }
    tap_is_int(removed, ROUNDS, "an app is removed while a code is typed");
    tap_is_int(known, ROUNDS, "a code that is typed while the app is removed is accepted or refused");
    tap_is_int(empty, ROUNDS, "nothing is left of an app that was removed");
}

static void check_races(void)
{
    pthread_barrier_init(&start, NULL, 2);
    for (int i = 0; i < 2; i++) {
        apr_pool_create(&sides[i].scratch, pool);
        sides[i].db = luci_db_create(&with->target, pool);
        sides[i].auth = with->auth;
        sides[i].auth.source = (luci_db_source_t){ lend, take_back, &sides[i] };
        sides[i].auth.events = (luci_event_sink_t){ NULL, NULL, NULL };
    }
    race_enrolments();
    race_removal();
    for (int i = 0; i < 2; i++)
        luci_db_close(sides[i].db);
    pthread_barrier_destroy(&start);
}

int main(void)
{
    apr_array_header_t *secrets;
    luci_session_t session;

    pool = support_start();
    with = support_auth("own_factors.db", 1);
    with->settings.second_factor = LUCI_SECOND_FACTOR_OPTIONAL;
    support_our_tables(with->target.params, &with->settings);
    support_run(with->target.params, "ALTER TABLE user_session ADD COLUMN factors BIGINT");
    secrets = apr_array_make(pool, 1, sizeof(const char *));
    APR_ARRAY_PUSH(secrets, const char *) = "a secret of at least 32 characters";
    if (luci_seal_keys_make(secrets, &with->settings.seal_keys, pool) != LUCI_OK)
        support_give_up("the keys", "they could not be made");
    tap_is_result(support_sign_up(with, "alice", PASSWORD), LUCI_OK, "alice signs up");
    session = support_session;
    check_refused(&session);
    check_enrolled(&session);
    forget_all();
    check_twice();
    check_end_sessions();
    check_unavailable();
    check_races();
    support_auth_close(with);
    return tap_done();
}
