/* SPDX-License-Identifier: Apache-2.0 */
/* The second factor of a sign-in, a confirmation and a session: what a step, a session and a code are worth
 * together, and what the tables hold afterwards. S1.41, S1.42. */
#include "core/auth/second_step.h"

#include "core/account/admin.h"
#include "core/account/import.h"
#include "core/auth/confirmation.h"
#include "core/auth/own_sessions.h"
#include "core/auth/password_change.h"
#include "core/auth/password_reset.h"
#include "core/db/key_table.h"
#include "core/factor/factor.h"
#include "core/recovery/recovery.h"
#include "core/token/token.h"
#include "core/totp/totp_seed.h"
#include "lib/support_auth.h"
#include "lib/tap.h"

#include <apr_strings.h>
#include <string.h>

#define SESSIONS "SELECT count(*) FROM user_session"
#define STEPS "SELECT count(*) FROM auth_user_step"
#define LATER (NOW + LUCI_MS_MINUTE)

static support_auth_t *with;
static apr_pool_t *pool;
static luci_recovery_codes_t codes;
static int used; /* of codes */
static luci_session_t renewed, raised;

static void set_secret(void)
{
    apr_array_header_t *secrets = apr_array_make(pool, 1, sizeof(const char *));

    APR_ARRAY_PUSH(secrets, const char *) = "a secret of at least 32 characters";
    if (luci_seal_keys_make(secrets, &with->settings.seal_keys, pool) != LUCI_OK)
        support_give_up("the keys", "they could not be made");
}

static luci_result_t store(luci_db_t *db, void *baton, apr_pool_t *scratch)
{
    static const unsigned char seed[LUCI_TOTP_SEED_BYTES] = "1234567890123456789";
    const luci_totp_owner_t owner = { with->settings.seal_keys, baton, NOW };
    luci_result_t result = luci_totp_store(db, &owner, seed, 1, scratch);

    return result == LUCI_OK ? luci_recovery_replace(db, baton, &codes, scratch) : result;
}

static void enrol(const char *user_id)
{
    if (luci_recovery_new(&codes) != LUCI_OK ||
        luci_db_transaction(with->db, store, (void *)user_id, pool) != LUCI_OK)
        support_give_up("a factor", "it could not be stored");
}

/* New codes. */
static void enrol_again(const char *user_id)
{
    support_run(with->target.params, "DELETE FROM auth_user_totp");
    enrol(user_id);
    used = 0;
}

/* The step of a demand, as it comes back from the browser. */
static luci_step_t step_of(const luci_factor_demand_t *demand, luci_step_kind_t kind)
{
    const char *value;
    luci_step_t step = { .user_id = NULL };

    if (luci_step_open(&with->auth, &(luci_step_wanted_t){ kind, demand, NULL }, NOW, &value, pool) !=
            LUCI_OK ||
        luci_step_read(with->settings.seal_keys, value, NOW, &step, pool) != LUCI_OK)
        support_give_up("a step", "it could not be made");
    return step;
}

static luci_step_t sign_in(const char *name)
{
    luci_auth_request_t request = { .username = name, .password = PASSWORD, .now = NOW };
    luci_session_t session;
    luci_field_t field;

    tap_is_result(luci_auth_sign_in(&with->auth, &request, &session, &field, pool), LUCI_DENIED,
                  "S1.41: the right password of %s makes no session", name);
    tap_is_int(request.demand.kinds, LUCI_FACTOR_TOTP | LUCI_FACTOR_RECOVERY,
               "S1.41: it asks %s for the factors of that user", name);
    return step_of(&request.demand, LUCI_STEP_SIGN_IN);
}

static luci_result_t prove(const luci_step_t *step, const luci_session_t *session, const char *code)
{
    luci_second_step_t second = {
        .request = { .now = LATER }, .step = step, .session = session, .code = code
    };

    with->events[0] = '\0';
    return luci_second_step(&with->auth, &second, &renewed, pool);
}

static const char *next_code(void)
{
    return codes.text[used++];
}

static void check_sign_in(const char *alice)
{
    luci_step_t step = sign_in("alice");

    tap_is_int((int)support_auth_number(with, SESSIONS), 0, "S1.41: the table has no session");
    tap_is_result(prove(&step, NULL, "AAAA-AAAA-AAAA-AAAA-AAAA-AAAA"), LUCI_DENIED, "a wrong code is denied");
    tap_is_str(with->events, apr_psprintf(pool, "factor wrong_code alice %s -\n", alice),
               "a wrong code is reported, with its user");
    tap_is_result(prove(&step, NULL, NULL), LUCI_DENIED, "no code is denied");
    with->refuse_at = 1;
    with->with = LUCI_BUSY;
    tap_is_result(prove(&step, NULL, codes.text[used]), LUCI_BUSY, "without a handle nothing is proved");
    tap_is_result(prove(&step, NULL, next_code()), LUCI_OK, "S1.42: step and code make a session");
    tap_is_int(renewed.factors, 2, "S1.42: the session has two factors");
    tap_is_int((int)support_auth_number(with, "SELECT factors FROM user_session"), 2,
               "the row has two factors");
    tap_is_str(with->events, apr_psprintf(pool, "factor none alice %s %s\n", alice, renewed.tag),
               "the proof is reported with the session");
    tap_is_result(prove(&step, NULL, codes.text[used]), LUCI_EXPIRED,
                  "S1.41: no step works twice, also with another code");
    tap_is_str(with->events, "factor no_session - - -\n", "a spent step is reported as an expired one");
    tap_is_int((int)support_auth_number(with, SESSIONS), 1, "S1.41: a spent step makes no session");
    step = sign_in("alice");
    tap_is_result(prove(&step, NULL, codes.text[0]), LUCI_DENIED, "S1.42: the code does not work twice");
    tap_is_int((int)support_auth_number(with, "SELECT count(*) FROM auth_user_recovery_code"),
               LUCI_RECOVERY_CODES - used, "S1.41: a spent step spends no code");
    tap_is_int((int)support_auth_number(with, STEPS), 1, "S1.41: a wrong code leaves the step open");
}

static void check_session(void)
{
    luci_session_t session = renewed, old;
    luci_step_t of_alice = sign_in("alice");

    tap_is_result(support_sign_in(with, "bobby", PASSWORD), LUCI_OK, "a user without a factor signs in");
    old = support_session;
    tap_is_int(old.factors, 1, "a session without a factor has one");
    tap_is_result(prove(NULL, &old, codes.text[used]), LUCI_NOT_FOUND, "a user without a factor proves none");
    of_alice.kind = LUCI_STEP_CONFIRM;
    tap_is_result(prove(&of_alice, &old, codes.text[used]), LUCI_EXPIRED,
                  "S1.42: the step of another user is none for a session");
    tap_is_int((int)support_auth_number(with, "SELECT count(*) FROM auth_user_recovery_code"),
               LUCI_RECOVERY_CODES - used, "it spends no code");
    tap_is_result(prove(NULL, &session, next_code()), LUCI_OK, "S1.42: a code raises a session");
    tap_ok(strcmp(renewed.token.id, session.token.id) != 0, "S1.42: the session has a new id");
    tap_is_int((int)(renewed.created_at - session.created_at), 0, "S1.42: a code makes no session younger");
    tap_is_int(
        (int)support_auth_number(
            with, apr_psprintf(pool, "SELECT count(*) FROM user_session WHERE proved_at = %" APR_INT64_T_FMT,
                               LATER)),
        1, "S1.42: a code alone leaves the proof as it was");
    raised = renewed;
    tap_is_result(prove(NULL, &session, next_code()), LUCI_EXPIRED, "an ended session is not raised");
}

static void check_confirmation(void)
{
    luci_session_t session = raised;
    luci_confirmation_t confirmation = {
        .request = { .username = "alice", .password = PASSWORD, .now = LATER }, .session = &session
    };
    luci_step_t step;

    tap_is_result(luci_confirm(&with->auth, &confirmation, &renewed, pool), LUCI_DENIED,
                  "S1.42: the password alone confirms nothing");
    tap_ok(confirmation.request.demand.kinds, "S1.42: a confirmation asks for the factor");
    step = step_of(&confirmation.request.demand, LUCI_STEP_CONFIRM);
    support_run(with->target.params, "UPDATE user_session SET proved_at = 1");
    tap_is_result(prove(&step, &session, "AAAA-AAAA-AAAA-AAAA-AAAA-AAAA"), LUCI_DENIED,
                  "a wrong code confirms nothing");
    tap_is_result(prove(&step, &session, next_code()), LUCI_OK, "S1.42: password and code confirm");
    raised = renewed;
    tap_is_result(prove(&step, &raised, codes.text[used]), LUCI_EXPIRED,
                  "S1.41: no step of a confirmation works twice");
    tap_is_int(
        (int)support_auth_number(
            with, apr_psprintf(pool, "SELECT count(*) FROM user_session WHERE proved_at = %" APR_INT64_T_FMT,
                               LATER)),
        1, "S1.42: a confirmed session is fresh");
    step = step_of(&confirmation.request.demand, LUCI_STEP_CONFIRM);
    support_run(with->target.params,
                "UPDATE user_key SET hashed_password = 'other' WHERE id = 'username:alice'");
    session = raised;
    tap_is_result(prove(&step, &session, next_code()), LUCI_EXPIRED,
                  "S1.41: after a change of the password the step is worth nothing");
}

/* ---- What ends all sessions ends the steps ---- */

static luci_user_t alice_user;
static const char *hash;

static luci_result_t end_sessions(void)
{
    luci_admin_ended_t ended;

    return luci_admin_end_sessions(with->db, &alice_user, &ended, pool);
}

static luci_result_t disable_and_enable(void)
{
    luci_result_t result = luci_admin_set_disabled(with->db, &alice_user, LUCI_USER_DISABLED, NULL, pool);

    return result == LUCI_OK ? luci_admin_set_disabled(with->db, &alice_user, 0, NULL, pool) : result;
}

static luci_result_t expire_and_never(void)
{
    luci_result_t result = luci_admin_set_disabled(with->db, &alice_user, NOW - LUCI_MS_DAY, NULL, pool);

    return result == LUCI_OK ? luci_admin_set_disabled(with->db, &alice_user, 0, NULL, pool) : result;
}

/* The hash stays the same. */
static luci_result_t set_password_keeping(void)
{
    return luci_admin_set_password(with->db, &alice_user, &(luci_admin_password_t){ .stored_hash = hash },
                                   pool);
}

/* Puts the password back, so that it is not the step's fingerprint that ends it. */
static luci_result_t put_back(luci_result_t result)
{
    int changed;

    return result == LUCI_OK
               ? luci_db_execute(with->db, &luci_sql_key_set_hash,
                                 LUCI_ARGUMENTS({ "hash", hash }, { "id", "username:alice" }), &changed, pool)
               : result;
}

static luci_result_t import_replace(void)
{
    luci_import_user_t imported = { "alice", "other", LUCI_IMPORT_ADDED };
    luci_import_batch_t batch = { .users = &imported, .count = 1, .replace = 1, .now = NOW };
    luci_result_t result = luci_import_batch(with->db, &batch, pool);

    return imported.outcome == LUCI_IMPORT_REPLACED ? put_back(result) : LUCI_INVALID;
}

static luci_result_t end_others(void)
{
    luci_own_sessions_ending_t ending = { .session = &renewed, .now = LATER };
    luci_result_t result = luci_own_sessions_end(&with->auth, &ending, pool);

    return result == LUCI_NOT_FOUND ? LUCI_OK : result;
}

static luci_result_t change_password_keeping(void)
{
    luci_password_change_t change = { .request = { .username = "alice", .password = PASSWORD, .now = LATER },
                                      .session = &renewed,
                                      .password = "battery staple",
                                      .keep_sessions = 1 };
    luci_session_t changed;
    luci_result_t result = luci_password_change(&with->auth, &change, &changed, pool);

    return put_back(result);
}

static luci_result_t reset_password(void)
{
    luci_token_wanted_t link = { .user = alice_user, .now = NOW, .expires = NOW + LUCI_MS_HOUR };
    luci_password_reset_t reset = { .request = { .password = "battery staple", .now = LATER },
                                    .token = link.text };
    luci_result_t result = luci_token_create_table(with->db, pool);

    if (result == LUCI_OK)
        result = luci_token_make(with->db, &link, pool);
    if (result == LUCI_OK)
        result = luci_password_reset(&with->auth, &reset, pool);
    return put_back(result);
}

/* Each has a session of two factors, renewed. */
static const struct {
    const char *name;
    luci_result_t (*run)(void);
} ends[] = {
    { "luciactl session revoke-all", end_sessions },
    { "luciactl user disable and user enable", disable_and_enable },
    { "luciactl user expire with a date that has passed, and user expire never", expire_and_never },
    { "luciactl user passwd --keep-sessions", set_password_keeping },
    { "luciactl import --replace", import_replace },
    { "the end of all other sessions", end_others },
    { "a change of the password that keeps sessions", change_password_keeping },
    { "a reset of the password", reset_password },
};

static void check_end(int i)
{
    luci_step_t step = sign_in("alice"), completed = sign_in("alice");
    const char *code = next_code();

    tap_is_result(prove(&completed, NULL, next_code()), LUCI_OK, "alice has a session before %s",
                  ends[i].name);
    tap_is_result(ends[i].run(), LUCI_OK, "%s is done: %s", ends[i].name, luci_db_error(with->db));
    tap_is_int((int)support_auth_number(with, STEPS), 0, "S1.41: after %s no step is open", ends[i].name);
    tap_is_result(prove(&step, NULL, code), LUCI_EXPIRED,
                  "S1.41: %s ends what is under way: the step signs in no more", ends[i].name);
}

static void check_ends(const char *alice)
{
    luci_own_sessions_ending_t ending = { .session = &renewed, .tag = renewed.tag, .now = LATER };
    luci_step_t step;

    hash = support_auth_value(with, "SELECT hashed_password FROM user_key WHERE id = 'username:bobby'");
    if (luci_user_get(with->db, alice, &alice_user, pool) != LUCI_OK || set_password_keeping() != LUCI_OK)
        support_give_up("alice", luci_db_error(with->db));
    for (int i = 0; i < (int)(sizeof ends / sizeof *ends); i++) {
        enrol_again(alice);
        check_end(i);
    }
    step = sign_in("alice");
    tap_is_result(luci_admin_set_disabled(with->db, &alice_user, 0, NULL, pool), LUCI_OK,
                  "user enable of a user who is not disabled");
    tap_is_result(luci_own_sessions_end(&with->auth, &ending, pool), LUCI_NOT_FOUND,
                  "one session is ended, which has ended before");
    tap_is_result(prove(&step, NULL, next_code()), LUCI_OK,
                  "S1.41: the end of one session, and user enable, leave a step as it is");
}

static void check_missing_table(void)
{
    luci_step_t step = sign_in("alice");
    luci_factor_demand_t demand = { LUCI_FACTOR_TOTP, alice_user.id, "username:alice", hash };
    const char *value;

    support_run(with->target.params, "DROP TABLE auth_user_step");
    luci_db_close(with->db);
    tap_is_result(prove(&step, NULL, next_code()), LUCI_UNAVAILABLE,
                  "S6.6: without the table of steps no step signs in");
    tap_is_result(luci_step_open(&with->auth, &(luci_step_wanted_t){ LUCI_STEP_SIGN_IN, &demand, NULL }, NOW,
                                 &value, pool),
                  LUCI_UNAVAILABLE, "S6.6: without the table of steps none is made");
    tap_is_result(end_sessions(), LUCI_OK, "S6.6: without the table of steps sessions end nevertheless");
}

static void check_open(void)
{
    luci_factor_demand_t demand = { LUCI_FACTOR_TOTP, alice_user.id, "username:alice", hash };
    luci_step_wanted_t wanted = { LUCI_STEP_SIGN_IN, &demand, NULL };
    const char *value;

    tap_is_result(luci_admin_set_disabled(with->db, &alice_user, LUCI_USER_DISABLED, NULL, pool), LUCI_OK,
                  "alice is disabled after her password was right");
    tap_is_result(luci_step_open(&with->auth, &wanted, NOW, &value, pool), LUCI_BUSY,
                  "no step of a disabled user is opened");
    tap_is_result(luci_admin_set_disabled(with->db, &alice_user, 0, NULL, pool), LUCI_OK, "alice is enabled");
    demand.user_id = "nobody";
    tap_is_result(luci_step_open(&with->auth, &wanted, NOW, &value, pool), LUCI_BUSY,
                  "no step of a deleted user is opened");
    tap_is_int((int)support_auth_number(with, STEPS), 0, "what was not opened has no row");
}

int main(void)
{
    const char *alice;

    pool = support_start();
    with = support_auth("second_step.db", 1);
    with->settings.second_factor = LUCI_SECOND_FACTOR_OPTIONAL;
    set_secret();
    support_our_tables(with->target.params, &with->settings);
    support_run(with->target.params, "ALTER TABLE user_session ADD COLUMN factors BIGINT");
    tap_is_result(support_sign_up(with, "alice", PASSWORD), LUCI_OK, "alice signs up");
    alice = apr_pstrdup(pool, support_session.user.id);
    tap_is_result(support_sign_up(with, "bobby", PASSWORD), LUCI_OK, "bobby signs up");
    enrol(alice);
    support_run(with->target.params, "DELETE FROM user_session");
    check_sign_in(alice);
    check_session();
    check_confirmation();
    check_ends(alice);
    check_open();
    check_missing_table();
    support_auth_close(with);
    return tap_done();
}
