/* SPDX-License-Identifier: Apache-2.0 */
/* Two at the same moment, hundreds of times: a sign-in beside an administrator, who must not leave a session
 * behind that was opened with what he has taken away; a change of the password beside a sign-in, a renewal,
 * another change, and an administrator; a confirmation beside all of these and a sign-out; a session that is
 * renewed while another device ends it; a change of the name beside a sign-in and beside another one to the
 * same name; the deletion of the own account beside all of these; a session that gets another id while all
 * are ended; two sign-ins that replace one outdated hash; the completion of a step between password and
 * second factor beside another one, and beside all that ends it. t/engines/engines_unit.t runs this on
 * PostgreSQL and MariaDB. */
#include "core/auth/account_deletion.h"
#include "core/auth/confirmation.h"
#include "core/auth/name_change.h"
#include "core/auth/own_sessions.h"
#include "core/auth/password_change.h"
#include "core/auth/password_reset.h"
#include "core/auth/password_credential.h"
#include "core/auth/second_step.h"
#include "core/account/admin.h"
#include "core/account/import.h"
#include "core/db/session_table.h"
#include "core/db/totp_table.h"
#include "core/factor/factor.h"
#include "core/recovery/recovery.h"
#include "core/token/token.h"
#include "lib/support.h"
#include "lib/support_auth.h"
#include "lib/tap.h"

#include <apr_strings.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define ROUNDS 100      /* of each pair */
#define CHANGES 30      /* of each pair with a change of the password, which takes longer */
#define PAUSE_MAX 1000U /* microseconds by which one of the two is later, by chance */

/* One of the two, with a handle of its own. */
typedef struct {
    luci_db_t *db;
    apr_pool_t *scratch;
    luci_auth_t auth;
    luci_session_t session;
    luci_result_t result;
    unsigned pause;
    int is_waiting; /* it's still to come to the barrier */
} side_t;

static support_auth_t *with;
static char *hashes[2]; /* of PASSWORD, and of WRONG */
static side_t sides[2];
static luci_user_t user;
static luci_token_wanted_t link_of_alice;
static luci_user_t bob; /* another user, with one session */
static luci_session_t of_bob;
static luci_session_t other;    /* another one of alice */
static luci_session_t changing; /* of the one who changes the password: restore's bare session */
static luci_step_t step_of_alice;
static luci_recovery_codes_t codes; /* of alice: one for each side */
static pthread_barrier_t start;

static void begin(side_t *side)
{
    if (!side->is_waiting)
        return;
    side->is_waiting = 0;
    pthread_barrier_wait(&start);
    usleep(side->pause);
}

/* ---- What the two do ---- */

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

/* The moment that matters: the password is checked, and no session is stored yet. */
static luci_result_t check_and_wait(void *baton, luci_hash_work_fn *work, void *work_baton)
{
    luci_result_t result = work(work_baton);

    begin(baton);
    return result;
}

static luci_result_t sign_in(side_t *side)
{
    luci_auth_request_t request = { .username = "alice", .password = PASSWORD, .now = NOW };
    luci_field_t field;

    return luci_auth_sign_in(&side->auth, &request, &side->session, &field, side->scratch);
}

static luci_result_t take_over(side_t *side)
{
    begin(side);
    return luci_session_hash_stored_id(side->db, &side->session, &with->settings, side->scratch);
}

static luci_result_t set_password(side_t *side)
{
    luci_admin_ended_t ended;

    begin(side);
    return luci_admin_set_password(side->db, &user,
                                   &(luci_admin_password_t){ .stored_hash = hashes[1], .ended = &ended },
                                   side->scratch);
}

static luci_result_t disable(side_t *side)
{
    luci_admin_ended_t ended;

    begin(side);
    return luci_admin_set_disabled(side->db, &user, 1, &ended, side->scratch);
}

static luci_result_t delete_user(side_t *side)
{
    luci_admin_deleted_t deleted;

    begin(side);
    return luci_admin_delete(side->db, &user, &deleted, side->scratch);
}

static luci_result_t end_sessions(side_t *side)
{
    luci_admin_ended_t ended;

    begin(side);
    return luci_admin_end_sessions(side->db, &user, &ended, side->scratch);
}

static luci_result_t delete_key(side_t *side)
{
    luci_key_t key = { .id = "username:alice", .user = user };
    luci_result_t result;

    begin(side);
    result = luci_admin_delete_key(side->db, &key, side->scratch);
    return result == LUCI_OK ? end_sessions(side) : result;
}

static luci_result_t import(side_t *side)
{
    luci_import_user_t imported = { "alice", hashes[1], LUCI_IMPORT_ADDED };
    luci_import_batch_t batch = { .users = &imported, .count = 1, .replace = 1, .now = NOW };

    begin(side);
    return luci_import_batch(side->db, &batch, side->scratch);
}

static luci_result_t change_password(side_t *side)
{
    luci_password_change_t change = { .request = { .username = "alice", .password = PASSWORD, .now = NOW },
                                      .session = &changing,
                                      .password = "battery staple" };

    return luci_password_change(&side->auth, &change, &side->session, side->scratch);
}

static luci_result_t confirm(side_t *side)
{
    luci_confirmation_t confirmation = { .request = { .username = "alice", .password = PASSWORD, .now = NOW },
                                         .session = &changing };

    return luci_confirm(&side->auth, &confirmation, &side->session, side->scratch);
}

static luci_result_t sign_out(side_t *side)
{
    begin(side);
    return luci_auth_sign_out(&side->auth, &changing, NOW, side->scratch);
}

/* Ends the other session from this one. */
static luci_result_t end_other(side_t *side)
{
    luci_own_sessions_ending_t ending = { .session = &changing, .tag = other.tag, .now = NOW };

    side->session = changing;
    begin(side);
    return luci_own_sessions_end(&side->auth, &ending, side->scratch);
}

static luci_result_t reset_password(side_t *side)
{
    luci_password_reset_t reset = { .request = { .password = "battery staple", .now = NOW },
                                    .token = link_of_alice.text };

    return luci_password_reset(&side->auth, &reset, side->scratch);
}

static luci_result_t rename_to(side_t *side, const luci_session_t *session, const char *username)
{
    luci_name_change_t change = { .request = { .username = username, .now = NOW }, .session = session };

    begin(side);
    return luci_name_change(&side->auth, &change, side->scratch);
}

static luci_result_t rename_alice(side_t *side)
{
    return rename_to(side, &changing, "Robin");
}

static luci_result_t rename_bob(side_t *side)
{
    return rename_to(side, &of_bob, "robin");
}

static luci_result_t delete_own(side_t *side)
{
    luci_account_deletion_t deletion = { .session = &changing, .username = "alice", .now = NOW };

    begin(side);
    return luci_account_deletion(&side->auth, &deletion, side->scratch);
}

/* Each side has a code of its own. */
static luci_result_t complete(side_t *side)
{
    luci_second_step_t second = { .request = { .now = NOW },
                                  .step = &step_of_alice,
                                  .code = codes.text[side - sides] };

    begin(side);
    return luci_second_step(&side->auth, &second, &side->session, side->scratch);
}

/* OK also if there is no other session. */
static luci_result_t end_others(side_t *side)
{
    luci_own_sessions_ending_t ending = { .session = &changing, .now = NOW };
    luci_result_t result;

    side->session = changing;
    begin(side);
    result = luci_own_sessions_end(&side->auth, &ending, side->scratch);
    return result == LUCI_NOT_FOUND ? LUCI_OK : result;
}

/* Another session of alice's, which is idle. */
static luci_result_t renew(side_t *side)
{
    luci_session_t session = other;

    begin(side);
    return luci_session_renew(side->db, &session, &with->settings, NOW + 1, side->scratch);
}

static const struct {
    const char *name;
    luci_result_t (*first)(side_t *side);
    luci_result_t (*second)(side_t *side);
    luci_result_t otherwise; /* what the first may get instead of OK */
    int left;                /* 1: the second's session stays, and no other */
    int rounds;
} pairs[] = {
    { "a sign-in beside a new password", sign_in, set_password, LUCI_DENIED, 0, ROUNDS },
    { "a sign-in beside disabling", sign_in, disable, LUCI_DENIED, 0, ROUNDS },
    { "a sign-in beside deleting", sign_in, delete_user, LUCI_DENIED, 0, ROUNDS },
    { "a sign-in beside deleting the key and ending", sign_in, delete_key, LUCI_DENIED, 0, ROUNDS },
    { "a sign-in beside importing another hash", sign_in, import, LUCI_DENIED, 0, ROUNDS },
    { "hashing an id beside ending", take_over, end_sessions, LUCI_NOT_FOUND, 0, ROUNDS },
    { "a sign-in beside a change of the password", sign_in, change_password, LUCI_DENIED, 1, CHANGES },
    { "a renewal beside a change of the password", renew, change_password, LUCI_NOT_FOUND, 1, CHANGES },
    { "a sign-in beside a reset", sign_in, reset_password, LUCI_DENIED, 0, CHANGES },
    { "a change of the password beside a new password", change_password, set_password, LUCI_EXPIRED, 0,
      CHANGES },
    { "a change of the password beside disabling", change_password, disable, LUCI_EXPIRED, 0, CHANGES },
    { "a change of the password beside deleting", change_password, delete_user, LUCI_EXPIRED, 0, CHANGES },
    { "a sign-in beside deleting the own account", sign_in, delete_own, LUCI_DENIED, 0, ROUNDS },
    { "a renewal beside deleting the own account", renew, delete_own, LUCI_NOT_FOUND, 0, ROUNDS },
    { "hashing an id beside deleting the own account", take_over, delete_own, LUCI_NOT_FOUND, 0, ROUNDS },
    { "a change of the password beside ending", change_password, end_sessions, LUCI_EXPIRED, 0, CHANGES },
    { "a confirmation beside ending", confirm, end_sessions, LUCI_EXPIRED, 0, CHANGES },
    { "a confirmation beside a new password", confirm, set_password, LUCI_EXPIRED, 0, CHANGES },
    { "a confirmation beside deleting", confirm, delete_user, LUCI_EXPIRED, 0, CHANGES },
    { "a renewal beside ending it from another device", renew, end_other, LUCI_NOT_FOUND, 1, ROUNDS },
    { "S1.41: revoke-all ends what is under way: a step beside ending", complete, end_sessions, LUCI_EXPIRED,
      0, ROUNDS },
    { "S1.41: a step beside the end of all other sessions", complete, end_others, LUCI_EXPIRED, 1, CHANGES },
    { "S1.41: a step beside a new password", complete, set_password, LUCI_EXPIRED, 0, CHANGES },
    { "S1.41: a step beside importing another hash", complete, import, LUCI_EXPIRED, 0, CHANGES },
    { "S1.41: a step beside disabling", complete, disable, LUCI_EXPIRED, 0, CHANGES },
    { "S1.41: a step beside a reset", complete, reset_password, LUCI_EXPIRED, 0, CHANGES },
};

/* ---- Rounds ---- */

static luci_db_t *db(void)
{
    return sides[1].db;
}

static void be_ok(luci_result_t result, const char *what)
{
    if (result != LUCI_OK)
        support_give_up(what, luci_db_error(db()));
}

/* alice as she was, with one bare session. */
static void restore(void)
{
    apr_pool_t *scratch = sides[1].scratch;
    luci_admin_user_t wanted = { .username = "alice", .stored_hash = hashes[0], .now = NOW };
    luci_settings_t plain = with->settings;
    luci_admin_deleted_t deleted;
    const char *id;

    if (luci_admin_find(db(), "alice", &user, scratch) == LUCI_OK)
        be_ok(luci_admin_delete(db(), &user, &deleted, scratch), "deleting");
    be_ok(luci_admin_add(db(), &wanted, &id, scratch), "adding");
    be_ok(luci_user_get(db(), id, &user, scratch), "reading");
    plain.tokens = LUCI_TOKENS_PLAIN;
    be_ok(luci_session_new(&sides[0].session, &user, &plain, NOW, scratch), "a session");
    be_ok(luci_session_insert(db(), &sides[0].session, &plain, &(luci_client_t){ NULL, NULL }, scratch),
          "storing it");
    changing = sides[0].session;
}

static void make_link(void)
{
    link_of_alice = (luci_token_wanted_t){ .user = user, .now = NOW, .expires = NOW + LUCI_MS_HOUR };
    be_ok(luci_token_make(db(), &link_of_alice, sides[1].scratch), "making a link");
}

static void add_other(void)
{
    be_ok(luci_session_new(&other, &user, &with->settings, NOW, sides[1].scratch), "another session");
    be_ok(
        luci_session_insert(db(), &other, &with->settings, &(luci_client_t){ NULL, NULL }, sides[1].scratch),
        "storing it");
}

static int sessions(void)
{
    const luci_argument_t *arguments = LUCI_ARGUMENTS({ "after", "" }, { "now", "0" });
    const char *const *row;

    be_ok(luci_db_select(db(), &luci_sql_session_step, arguments, &row, sides[1].scratch), "counting");
    return (int)luci_sql_to_number(row[1], 0);
}

/* A step of alice's, who has recovery codes, and whose session has two factors. */
static void open_step(void)
{
    const luci_seal_keys_t *keys = with->settings.seal_keys;
    luci_factor_demand_t demand = { LUCI_FACTOR_TOTP, user.id, "username:alice", hashes[0] };
    luci_step_wanted_t wanted = { LUCI_STEP_SIGN_IN, &demand, NULL };
    apr_pool_t *scratch = sides[1].scratch;
    const char *value;
    int changed;

    be_ok(luci_db_execute(
              db(), &luci_sql_totp_insert,
              LUCI_ARGUMENTS({ "user", user.id }, { "seed", "1.x.y" }, { "now", "1" }, { "step", "2" }),
              &changed, scratch),
          "an app of alice");
    be_ok(luci_recovery_new(&codes), "codes");
    be_ok(luci_recovery_replace(db(), user.id, &codes, scratch), "storing the codes");
    be_ok(luci_step_open(&sides[1].auth, &wanted, NOW, &value, scratch), "opening a step");
    be_ok(luci_step_read(keys, value, NOW, &step_of_alice, scratch), "reading the step");
    changing.factors = 2;
}

static int is_there(const luci_session_t *session)
{
    luci_session_claim_t claim = { .token = &session->token, .now = NOW };
    luci_session_t found;

    return luci_session_get(db(), &claim, &with->settings, &found, sides[1].scratch) == LUCI_OK;
}

typedef luci_result_t side_fn(side_t *side);

typedef struct {
    side_fn *run;
    side_t *side;
} run_t;

static void *run(void *baton)
{
    run_t *it = baton;

    it->side->result = it->run(it->side);
    begin(it->side); /* or the other one would wait for ever for one that failed early */
    return NULL;
}

static void run_both(side_fn *first, side_fn *second)
{
    run_t runs[] = { { first, &sides[0] }, { second, &sides[1] } };
    pthread_t threads[COUNT(runs)];

    for (int i = 0; i < COUNT(runs); i++) {
        sides[i].pause = (unsigned)rand() % PAUSE_MAX;
        sides[i].is_waiting = 1;
    }
    for (int i = 0; i < COUNT(runs); i++)
        pthread_create(&threads[i], NULL, run, &runs[i]);
    for (int i = 0; i < COUNT(runs); i++)
        pthread_join(threads[i], NULL);
}

static void forget(void)
{
    for (int i = 0; i < COUNT(sides); i++)
        apr_pool_clear(sides[i].scratch);
}

static void check_pair(int pair)
{
    int late = 0, left = 0, wrong = 0;

    for (int round = 0; round < pairs[pair].rounds; round++) {
        restore();
        if (pairs[pair].first == renew)
            add_other();
        if (pairs[pair].second == reset_password)
            make_link();
        if (pairs[pair].first == complete)
            open_step();
        run_both(pairs[pair].first, pairs[pair].second);
        left += sessions();
        if (pairs[pair].left && !is_there(&sides[1].session))
            left = pairs[pair].rounds * 2;
        late += sides[0].result == pairs[pair].otherwise;
        if (sides[1].result != LUCI_OK ||
            (sides[0].result != LUCI_OK && sides[0].result != pairs[pair].otherwise)) {
            wrong++;
            tap_diag("%s (%s), %s (%s)", luci_result_name(sides[0].result), luci_db_error(sides[0].db),
                     luci_result_name(sides[1].result), luci_db_error(sides[1].db));
        }
        forget();
    }
    tap_is_int(left, pairs[pair].left * pairs[pair].rounds, "%s: no session is left that was to end",
               pairs[pair].name);
    tap_is_int(wrong, 0, "  both sides of the race get a true answer");
    tap_diag("%d of %d came too late", late, pairs[pair].rounds);
}

/* The hash that one of them has just replaced is not the one that the other has checked. */
static void check_outdated(void)
{
    int wrong = 0;

    with->settings.hash.memory_kib *= 2;
    for (int round = 0; round < ROUNDS; round++) {
        restore();
        run_both(sign_in, sign_in);
        for (int i = 0; i < COUNT(sides); i++)
            wrong += sides[i].result != LUCI_OK;
        wrong += sessions() != 3;
        forget();
    }
    tap_is_int(wrong, 0, "two sign-ins at once that replace an outdated hash: both come in");
}

/* One of two that replace the same session wins. The other one finds that its session has ended. */
static void check_one_of(side_fn *first, side_fn *second, const char *what)
{
    int wrong = 0;

    for (int round = 0; round < CHANGES; round++) {
        int winner;

        restore();
        run_both(first, second);
        winner = sides[1].result == LUCI_OK;
        wrong += sides[winner].result != LUCI_OK || sides[!winner].result != LUCI_EXPIRED ||
                 sessions() != 1 || !is_there(&sides[winner].session);
        forget();
    }
    tap_is_int(wrong, 0, "%s: one of the two is made, and its session is left", what);
}

/* A session that was confirmed first has another id, which a sign-out with the old one does not know. */
static void check_confirmation_beside_sign_out(void)
{
    int wrong = 0;

    for (int round = 0; round < CHANGES; round++) {
        int is_confirmed;

        restore();
        run_both(confirm, sign_out);
        is_confirmed = sides[0].result == LUCI_OK;
        wrong += sides[0].result != (is_confirmed ? LUCI_OK : LUCI_EXPIRED) ||
                 sides[1].result != (is_confirmed ? LUCI_NOT_FOUND : LUCI_OK) || sessions() != is_confirmed ||
                 is_there(&changing);
        forget();
    }
    tap_is_int(wrong, 0, "a confirmation beside a sign-out: the old id is dead, and one of the two is made");
}

static void check_two_resets(void)
{
    int wrong = 0;

    for (int round = 0; round < CHANGES; round++) {
        int winner;

        restore();
        make_link();
        run_both(reset_password, reset_password);
        winner = sides[1].result == LUCI_OK;
        wrong +=
            sides[winner].result != LUCI_OK || sides[!winner].result != LUCI_NOT_FOUND || sessions() != 0;
        forget();
    }
    tap_is_int(wrong, 0, "S1.51: of two uses of a link at once one sets the password");
}

/* Both codes are right, and both may be spent. */
static void check_two_completions(void)
{
    int wrong = 0;

    for (int round = 0; round < ROUNDS; round++) {
        int winner;

        restore();
        open_step();
        run_both(complete, complete);
        winner = sides[1].result == LUCI_OK;
        if (sides[winner].result != LUCI_OK || sides[!winner].result != LUCI_EXPIRED || sessions() != 2 ||
            !is_there(&sides[winner].session)) {
            wrong++;
            tap_diag("%s, %s, %d sessions", luci_result_name(sides[0].result),
                     luci_result_name(sides[1].result), sessions());
        }
        forget();
    }
    tap_is_int(wrong, 0,
               "S1.41: no step works twice: of two completions at once, with two codes, one has a session");
}

/* ---- Names ---- */

static int rows(const char *sql)
{
    return (int)support_auth_number(with, sql);
}

#define HASH_IS(state, name)                                                                                 \
    rows("SELECT count(*) FROM user_key WHERE hashed_password IS " state " AND id = 'username:" name "'")

static void check_sign_in_beside_rename(void)
{
    int wrong = 0, late = 0;

    for (int round = 0; round < ROUNDS; round++) {
        restore();
        run_both(sign_in, rename_alice);
        late += sides[0].result == LUCI_DENIED;
        wrong += sides[1].result != LUCI_OK ||
                 (sides[0].result != LUCI_OK && sides[0].result != LUCI_DENIED) ||
                 sessions() != 1 + (sides[0].result == LUCI_OK) || HASH_IS("NOT NULL", "robin") != 1 ||
                 HASH_IS("NULL", "alice") != 1 || rows("SELECT count(*) FROM user_key") != 2;
        forget();
    }
    tap_is_int(wrong, 0, "a sign-in beside a change of the name: the password is that of the new name alone");
    tap_diag("%d of %d came too late", late, ROUNDS);
}

/* An outdated hash is replaced without the user's lock. */
static void check_outdated_beside_rename(void)
{
    int wrong = 0;

    with->settings.hash.memory_kib *= 2;
    for (int round = 0; round < ROUNDS; round++) {
        restore();
        run_both(sign_in, rename_alice);
        wrong +=
            sides[1].result != LUCI_OK || HASH_IS("NOT NULL", "robin") != 1 || HASH_IS("NULL", "alice") != 1;
        forget();
    }
    with->settings.hash.memory_kib /= 2;
    tap_is_int(wrong, 0,
               "a sign-in that replaces an outdated hash beside a change of the name stores it nowhere else");
}

static void add_bob(void)
{
    luci_admin_user_t wanted = { .username = "bob2", .stored_hash = hashes[0], .now = NOW };
    luci_admin_deleted_t deleted;
    apr_pool_t *scratch = sides[1].scratch;
    const char *bobs;

    if (luci_admin_find(db(), "bob2", &bob, scratch) == LUCI_OK)
        be_ok(luci_admin_delete(db(), &bob, &deleted, scratch), "deleting bob");
    be_ok(luci_admin_add(db(), &wanted, &bobs, scratch), "adding bob");
    be_ok(luci_user_get(db(), bobs, &bob, scratch), "reading bob");
    be_ok(luci_session_new(&of_bob, &bob, &with->settings, NOW, scratch), "a session of bob");
    be_ok(luci_session_insert(db(), &of_bob, &with->settings, &(luci_client_t){ NULL, NULL }, scratch),
          "storing it");
}

static void check_two_renames(void)
{
    luci_admin_deleted_t deleted;
    int wrong = 0;

    for (int round = 0; round < ROUNDS; round++) {
        int winner;

        restore();
        add_bob();
        run_both(rename_alice, rename_bob);
        winner = sides[1].result == LUCI_OK;
        if (sides[winner].result != LUCI_OK || sides[!winner].result != LUCI_CONFLICT) {
            wrong++;
            tap_diag("%s (%s), %s (%s)", luci_result_name(sides[0].result), luci_db_error(sides[0].db),
                     luci_result_name(sides[1].result), luci_db_error(sides[1].db));
        }
        wrong += HASH_IS("NOT NULL", "robin") != 1 || rows("SELECT count(*) FROM user_key") != 3 ||
                 (winner ? HASH_IS("NOT NULL", "alice") : HASH_IS("NOT NULL", "bob2")) != 1 ||
                 rows("SELECT count(*) FROM auth_user WHERE username IN ('Robin', 'robin')") != 1;
        be_ok(luci_admin_delete(db(), &bob, &deleted, sides[1].scratch), "deleting bob");
        forget();
    }
    tap_is_int(wrong, 0, "of two changes to the same name one is made, and the other user keeps everything");
}

/* ---- Deleting the own account beside other changes of it ---- */

static void check_deletion_beside(side_fn *change, luci_result_t too_late, luci_result_t not_deleted,
                                  const char *what)
{
    int wrong = 0, deleted = 0;

    for (int round = 0; round < CHANGES; round++) {
        int is_deleted;

        restore();
        run_both(change, delete_own);
        is_deleted = sides[1].result == LUCI_OK;
        deleted += is_deleted;
        wrong += !is_deleted && (sides[1].result != not_deleted || sides[0].result != LUCI_OK);
        wrong += sides[0].result != LUCI_OK && sides[0].result != too_late;
        wrong += sessions() != !is_deleted || rows("SELECT count(*) FROM auth_user") != !is_deleted;
        wrong += is_deleted && rows("SELECT count(*) FROM user_key") != 0;
        forget();
    }
    tap_is_int(wrong, 0, "%s beside deleting the own account: all of it is left, or nothing", what);
    tap_diag("%d of %d were deleted", deleted, CHANGES);
}

/* The connections look again which columns there are. */
static void have_factors(apr_pool_t *pool)
{
    apr_array_header_t *secrets = apr_array_make(pool, 1, sizeof(const char *));

    APR_ARRAY_PUSH(secrets, const char *) = "a secret of at least 32 characters";
    be_ok(luci_seal_keys_make(secrets, &with->settings.seal_keys, pool), "the keys");
    with->settings.second_factor = LUCI_SECOND_FACTOR_OPTIONAL;
    for (int i = 0; i < COUNT(sides); i++)
        luci_db_close(sides[i].db);
    support_our_tables(with->target.params, &with->settings);
}

static void make_sides(void)
{
    for (int i = 0; i < COUNT(sides); i++) {
        apr_allocator_t *allocator;
        apr_pool_t *own;

        if (apr_allocator_create(&allocator) != APR_SUCCESS ||
            apr_pool_create_ex(&own, NULL, NULL, allocator) != APR_SUCCESS)
            support_give_up("memory", "none");
        apr_allocator_owner_set(allocator, own);
        apr_pool_create(&sides[i].scratch, own);
        sides[i].db = luci_db_create(&with->target, own);
        sides[i].auth = with->auth;
        sides[i].auth.source = (luci_db_source_t){ lend, take_back, &sides[i] };
        sides[i].auth.hasher = (luci_hasher_t){ check_and_wait, NULL, &sides[i] };
        sides[i].auth.events = (luci_event_sink_t){ NULL, NULL, NULL };
    }
}

int main(void)
{
    apr_pool_t *pool = support_start();

    with = support_auth("races.db", 1);
    be_ok(luci_credential_hash(
              &with->auth, &(luci_credential_t){ .kind = &luci_credential_password, .presented = PASSWORD },
              &hashes[0], pool),
          "hashing");
    be_ok(luci_credential_hash(&with->auth,
                               &(luci_credential_t){ .kind = &luci_credential_password, .presented = WRONG },
                               &hashes[1], pool),
          "hashing");
    make_sides();
    pthread_barrier_init(&start, NULL, COUNT(sides));
    be_ok(luci_token_create_table(db(), pool), "the table of links");
    for (int pair = 0; pair < COUNT(pairs); pair++) {
        if (pairs[pair].first != complete)
            check_pair(pair);
    }
    check_one_of(change_password, change_password, "two changes of the password");
    check_one_of(confirm, change_password, "a confirmation beside a change of the password");
    check_one_of(confirm, confirm, "two confirmations");
    check_confirmation_beside_sign_out();
    check_two_resets();
    check_sign_in_beside_rename();
    check_outdated_beside_rename();
    check_two_renames();
    check_deletion_beside(change_password, LUCI_EXPIRED, LUCI_EXPIRED, "a change of the password");
    check_deletion_beside(confirm, LUCI_EXPIRED, LUCI_EXPIRED, "a confirmation");
    check_deletion_beside(rename_alice, LUCI_EXPIRED, LUCI_INVALID, "a change of the name");
    check_outdated();
    have_factors(pool);
    for (int pair = 0; pair < COUNT(pairs); pair++) {
        if (pairs[pair].first == complete)
            check_pair(pair);
    }
    check_two_completions();
    for (int i = 0; i < COUNT(sides); i++)
        luci_db_close(sides[i].db);
    return tap_done();
}
