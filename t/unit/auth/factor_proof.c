/* SPDX-License-Identifier: Apache-2.0 */
/* Codes of an app and recovery codes: which are accepted, once each, on two connections at the same moment as
 * well; what wrong ones do; and what remains when LuciaSecret was changed or lost. t/engines/engines_unit.t
 * runs this on PostgreSQL and MariaDB. Specification: S1.62, S1.63 and S1.64. */
#include "core/auth/factor_proof.h"

#include "core/db/schema.h"
#include "core/db/totp_table.h"
#include "core/recovery/recovery.h"
#include "core/totp/totp_seed.h"
#include "lib/support_auth.h"
#include "lib/tap.h"

#include <apr_strings.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define SEEDS "SELECT seed FROM auth_user_totp WHERE user_id = '%s'"
#define FAILURES "SELECT failures FROM auth_user_totp"
#define CODES "SELECT count(*) FROM auth_user_recovery_code"
#define ROUNDS 100
#define PAUSE_MAX 1000U /* microseconds by which one of the two is later, by chance */
#define OLD_SECRET "the first secret, which is long enough"
#define NEW_SECRET "another secret, which is as long as it"

static const unsigned char *const seed = (const unsigned char *)"12345678901234567890";

static support_auth_t *with;
static apr_pool_t *pool;
static const char *alice, *bob;
static luci_recovery_codes_t codes;
static luci_factor_proof_t last;

static void set_secrets(const char *first, const char *second)
{
    apr_array_header_t *secrets = apr_array_make(pool, 2, sizeof(const char *));

    APR_ARRAY_PUSH(secrets, const char *) = first;
    if (second)
        APR_ARRAY_PUSH(secrets, const char *) = second;
    if (luci_seal_keys_make(secrets, &with->settings.seal_keys, pool) != LUCI_OK)
        support_give_up("the keys", "they could not be made");
}

/* The code of the step that is away from the one at NOW. */
static const char *code_at(int away)
{
    char *code = apr_palloc(pool, LUCI_TOTP_DIGITS + 1);

    if (luci_totp_code(seed, luci_totp_step(NOW) + away, code) != LUCI_OK)
        support_give_up("a code", "it could not be made");
    return code;
}

static luci_result_t prove_at(const char *user, const char *code, luci_ms_t now)
{
    last = (luci_factor_proof_t){ .user_id = user, .code = code, .now = now };
    return luci_factor_prove(&with->auth, &last, pool);
}

static void is_refused(const char *user, const char *code, luci_ms_t now, luci_reason_t reason,
                       const char *what)
{
    tap_is_result(prove_at(user, code, now), LUCI_DENIED, "%s is refused", what);
    tap_is_str(luci_reason_name(last.reason), luci_reason_name(reason), "why %s is refused", what);
    tap_is_int(last.kind, 0, "%s proves no factor", what);
}

static void is_accepted(const char *user, const char *code, luci_ms_t now, int kind, const char *what)
{
    tap_is_result(prove_at(user, code, now), LUCI_OK, "%s is accepted", what);
    tap_is_str(luci_reason_name(last.reason), "none", "%s fails for no reason", what);
    tap_is_int(last.kind, kind, "the factor of %s", what);
}

/* ---- Storing ---- */

typedef struct {
    const char *user;
    int away; /* of the step whose code was seen */
} enrolling_t;

static luci_result_t store(luci_db_t *db, void *baton, apr_pool_t *scratch)
{
    const enrolling_t *enrolling = baton;
    const luci_totp_owner_t owner = { with->settings.seal_keys, enrolling->user, NOW };
    luci_result_t result = luci_totp_store(db, &owner, seed, luci_totp_step(NOW) + enrolling->away, scratch);

    return result == LUCI_OK ? luci_recovery_replace(db, enrolling->user, &codes, scratch) : result;
}

static luci_result_t enrol(const char *user, int away)
{
    enrolling_t enrolling = { user, away };
    luci_result_t result = luci_recovery_new(&codes);

    return result == LUCI_OK ? luci_db_transaction(with->db, store, &enrolling, pool) : result;
}

static const char *stored_seed(const char *user)
{
    return support_auth_value(with, apr_psprintf(pool, SEEDS, user));
}

static void forget_all(void)
{
    support_run(with->target.params, "DELETE FROM auth_user_totp");
    support_run(with->target.params, "DELETE FROM auth_user_recovery_code");
}

static void check_store(void)
{
    char hex[2 * LUCI_TOTP_SEED_BYTES + 1];

    is_refused(alice, code_at(0), NOW, LUCI_REASON_WRONG_CODE, "a code of a user without a factor");
    tap_is_result(enrol(alice, -1), LUCI_OK, "a seed is stored: %s", luci_db_error(with->db));
    luci_secret_hex(seed, LUCI_TOTP_SEED_BYTES, hex);
    tap_ok(!strstr(stored_seed(alice), (const char *)seed) && !strstr(stored_seed(alice), hex) &&
               strncmp(stored_seed(alice), "1.", 2) == 0,
           "S1.62: the table has the seed sealed");
    tap_is_result(enrol(alice, 0), LUCI_CONFLICT, "a second seed is not stored");
    tap_is_int(support_auth_number(with, CODES), LUCI_RECOVERY_CODES, "ten recovery codes are stored");
}

/* ---- Codes of the app ---- */

static void check_once(void)
{
    is_refused(alice, code_at(-1), NOW, LUCI_REASON_USED_CODE, "S1.62: the code that set the factor up");
    is_accepted(alice, code_at(0), NOW, LUCI_FACTOR_TOTP, "S1.62: a code of the next step");
    is_refused(alice, code_at(0), NOW, LUCI_REASON_USED_CODE, "S1.62: the same code again");
    is_refused(alice, code_at(-1), NOW, LUCI_REASON_USED_CODE, "S1.62: a code of an earlier step");
    is_accepted(alice, apr_pstrcat(pool, " ", apr_pstrmemdup(pool, code_at(1), 3), " ", code_at(1) + 3, NULL),
                NOW, LUCI_FACTOR_TOTP, "a code of the step after it, typed with spaces");
    is_refused(alice, code_at(2), NOW, LUCI_REASON_WRONG_CODE, "S1.62: a code of the step after that");
    is_refused(bob, code_at(2), NOW + LUCI_TOTP_STEP, LUCI_REASON_WRONG_CODE, "a code of another user");
    is_refused(alice, NULL, NOW, LUCI_REASON_WRONG_CODE, "no code");
    is_refused(alice, "", NOW, LUCI_REASON_WRONG_CODE, "an empty code");
    is_refused(alice, "let me in", NOW, LUCI_REASON_WRONG_CODE, "a text that is no code");
}

/* A clock that is set back makes no used code right again, and one that was ahead locks for as long. */
static void check_clock(void)
{
    is_accepted(alice, code_at(120), NOW + 120 * LUCI_TOTP_STEP, LUCI_FACTOR_TOTP,
                "a code while the clock is an hour ahead");
    is_refused(alice, code_at(3), NOW + 3 * LUCI_TOTP_STEP, LUCI_REASON_USED_CODE,
               "S1.62: a code after the clock was set back");
    is_refused(alice, code_at(120), NOW + 120 * LUCI_TOTP_STEP, LUCI_REASON_USED_CODE,
               "S1.62: the code of before, when the clock is ahead again");
    is_accepted(alice, code_at(121), NOW + 121 * LUCI_TOTP_STEP, LUCI_FACTOR_TOTP,
                "a code when the time has come again");
    is_accepted(alice, code_at(10512000), NOW + 10512000 * LUCI_TOTP_STEP, LUCI_FACTOR_TOTP,
                "a code ten years later");
}

/* ---- Wrong codes ---- */

static void check_wrong(void)
{
    const char *wrong = strcmp(code_at(0), "000000") ? "000000" : "000001";
    int refused = 0;

    forget_all();
    tap_is_result(enrol(alice, -1), LUCI_OK, "alice has a factor");
    for (int i = 1; i < LUCI_TOTP_FAILURES_MAX; i++)
        refused += prove_at(alice, wrong, NOW) == LUCI_DENIED;
    tap_is_int(refused, LUCI_TOTP_FAILURES_MAX - 1, "99 wrong codes are refused");
    tap_is_int(support_auth_number(with, FAILURES), 99, "S1.63: wrong codes are counted");
    tap_is_str(with->logged, "", "99 wrong codes lock nothing");
    is_accepted(alice, code_at(0), NOW, LUCI_FACTOR_TOTP, "S1.63: a right code after 99 wrong ones");
    tap_is_int(support_auth_number(with, FAILURES), 0, "S1.63: a right code sets the number back");
    is_refused(alice, code_at(0), NOW, LUCI_REASON_USED_CODE, "a used code");
    is_refused(alice, "WRONG", NOW, LUCI_REASON_WRONG_CODE, "a text of another shape");
    tap_is_int(support_auth_number(with, FAILURES), 0, "S1.63: only codes that could be guesses count");
    for (int i = 0; i < LUCI_TOTP_FAILURES_MAX; i++)
        refused += prove_at(alice, wrong, NOW) == LUCI_DENIED;
    tap_is_str(with->logged, apr_psprintf(pool, "factor_locked: %s 100 ok\n", alice),
               "S1.63: the log says that the factor is locked, once");
    is_refused(alice, code_at(1), NOW, LUCI_REASON_TOO_MANY_FAILURES,
               "S1.63: a right code after 100 wrong ones");
    is_refused(alice, wrong, NOW, LUCI_REASON_TOO_MANY_FAILURES, "S1.63: a wrong code after 100 wrong ones");
    tap_is_int(support_auth_number(with, FAILURES), 100, "the number does not grow any more");
    is_accepted(alice, codes.text[3], NOW, LUCI_FACTOR_RECOVERY, "S1.63: a recovery code of a locked factor");
    is_accepted(alice, code_at(1), NOW, LUCI_FACTOR_TOTP, "S1.63: a right code after a recovery code");
}

/* ---- Recovery codes ---- */

static const char *spelled(const char *code)
{
    char *text = apr_pstrdup(pool, code);

    for (char *c = text; *c; c++)
        *c = *c == '-' ? ' ' : *c >= 'A' && *c <= 'Z' ? (char)(*c - 'A' + 'a') : *c;
    return text;
}

static void check_recovery(void)
{
    luci_recovery_codes_t old;
    char *near;

    forget_all();
    tap_is_result(enrol(alice, 0), LUCI_OK, "alice has a factor");
    old = codes;
    for (int i = 0; i < LUCI_RECOVERY_CODES; i++)
        tap_ok(strlen(codes.text[i]) == 29 && codes.text[i][4] == '-', "recovery code %d is in groups", i);
    is_refused(bob, codes.text[0], NOW, LUCI_REASON_WRONG_CODE, "S1.64: a recovery code of another user");
    is_accepted(alice, codes.text[0], NOW, LUCI_FACTOR_RECOVERY, "a recovery code");
    is_refused(alice, codes.text[0], NOW, LUCI_REASON_WRONG_CODE, "S1.64: the same recovery code again");
    is_accepted(alice, spelled(codes.text[9]), NOW, LUCI_FACTOR_RECOVERY,
                "S1.64: a recovery code in lower case with spaces");
    near = apr_pstrdup(pool, codes.text[1]);
    near[28] = near[28] == 'A' ? 'B' : 'A';
    is_refused(alice, near, NOW, LUCI_REASON_WRONG_CODE, "a recovery code with another last character");
    tap_is_int(support_auth_number(with, CODES), LUCI_RECOVERY_CODES - 2, "eight codes are left");
    tap_is_int(support_auth_number(with, FAILURES), 0, "a wrong recovery code is no wrong code of the app");
    tap_is_int(support_auth_number(
                   with, apr_psprintf(pool, CODES " WHERE id LIKE '%%%.4s%%'", spelled(codes.text[2]))),
               0, "S1.64: the table has no recovery code");
    tap_is_result(luci_recovery_new(&codes), LUCI_OK, "new recovery codes are made");
    tap_is_result(luci_recovery_replace(with->db, alice, &codes, pool), LUCI_OK, "they replace the old ones");
    is_refused(alice, old.text[2], NOW, LUCI_REASON_WRONG_CODE, "S1.64: an old recovery code");
    is_accepted(alice, codes.text[2], NOW, LUCI_FACTOR_RECOVERY, "S1.64: a new recovery code");
}

/* ---- LuciaSecret ---- */

static void check_secrets(void)
{
    const char *before;

    forget_all();
    tap_is_result(enrol(alice, -1), LUCI_OK, "alice has a factor");
    before = stored_seed(alice);
    set_secrets(NEW_SECRET, OLD_SECRET);
    is_accepted(alice, code_at(0), NOW, LUCI_FACTOR_TOTP, "S1.62: a code after a new secret");
    tap_ok(strcmp(before, stored_seed(alice)) != 0, "S1.62: the seed is sealed again with the new secret");
    set_secrets(NEW_SECRET, NULL);
    is_accepted(alice, code_at(1), NOW, LUCI_FACTOR_TOTP, "S1.62: a code without the old secret");
    set_secrets(OLD_SECRET, NULL);
    with->logged[0] = '\0';
    tap_is_result(prove_at(alice, code_at(2), NOW + LUCI_TOTP_STEP), LUCI_INTERNAL,
                  "S1.62: a code after the secret was lost cannot be checked");
    tap_is_str(with->logged, apr_psprintf(pool, "seed_unreadable: %s 100 ok\n", alice),
               "S1.62: the log says that the secret is missing");
    is_accepted(alice, codes.text[5], NOW, LUCI_FACTOR_RECOVERY,
                "S1.62: a recovery code after the secret was lost");
    tap_is_int(support_auth_number(with, FAILURES), 0, "a code that cannot be checked is not a wrong one");
    support_run(
        with->target.params,
        apr_psprintf(pool, "UPDATE auth_user_totp SET user_id = '%s' WHERE user_id = '%s'", bob, alice));
    set_secrets(NEW_SECRET, NULL);
    tap_is_result(prove_at(bob, code_at(2), NOW + LUCI_TOTP_STEP), LUCI_INTERNAL,
                  "S1.62: the seed of another user does not open");
    set_secrets(OLD_SECRET, NULL);
}

/* ---- Two at the same moment ---- */

typedef struct {
    luci_auth_t auth;
    luci_db_t *db;
    apr_pool_t *scratch;
    const char *code;
    unsigned pause;
    luci_result_t result;
} side_t;

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

static void *prove_one(void *baton)
{
    side_t *side = baton;
    luci_factor_proof_t proof = { .user_id = alice, .code = side->code, .now = NOW };

    pthread_barrier_wait(&start);
    usleep(side->pause);
    side->result = luci_factor_prove(&side->auth, &proof, side->scratch);
    return NULL;
}

/* Both type the same code; returns how many are accepted. *failed: other results than a refusal. */
static int race(const char *code, int *failed)
{
    pthread_t threads[2];
    int accepted = 0;

    for (int i = 0; i < 2; i++) {
        apr_pool_clear(sides[i].scratch);
        sides[i].code = code;
        sides[i].pause = i ? (unsigned)rand() % PAUSE_MAX : PAUSE_MAX / 2;
        pthread_create(&threads[i], NULL, prove_one, &sides[i]);
    }
    for (int i = 0; i < 2; i++) {
        pthread_join(threads[i], NULL);
        accepted += sides[i].result == LUCI_OK;
        *failed += sides[i].result != LUCI_OK && sides[i].result != LUCI_DENIED;
    }
    return accepted;
}

static void check_races(void)
{
    int once = 0, failed = 0, once_recovered = 0;

    pthread_barrier_init(&start, NULL, 2);
    for (int i = 0; i < 2; i++) {
        apr_pool_create(&sides[i].scratch, pool);
        sides[i].db = luci_db_create(&with->target, pool);
        sides[i].auth = with->auth;
        sides[i].auth.source = (luci_db_source_t){ lend, take_back, &sides[i] };
    }
    for (int i = 0; i < ROUNDS; i++) {
        forget_all();
        if (enrol(alice, -1) != LUCI_OK)
            support_give_up("a round", "no factor could be stored");
        once += race(code_at(0), &failed) == 1;
        once_recovered += race(codes.text[i % LUCI_RECOVERY_CODES], &failed) == 1;
    }
    tap_is_int(failed, 0, "no request of a pair fails");
    tap_is_int(once, ROUNDS, "S1.62: of two requests with one code, one is accepted");
    tap_is_int(once_recovered, ROUNDS, "S1.64: of two requests with one recovery code, one is accepted");
    for (int i = 0; i < 2; i++)
        luci_db_close(sides[i].db);
    pthread_barrier_destroy(&start);
}

/* ---- Without a table, without a handle ---- */

static void check_unavailable(void)
{
    with->refuse_at = 1;
    with->with = LUCI_BUSY;
    tap_is_result(prove_at(alice, code_at(0), NOW), LUCI_BUSY, "without a handle no code is checked");
    tap_is_str(luci_reason_name(last.reason), "busy", "the reason without a handle");
    with->refuse_at = 0;
    support_run(with->target.params, "DROP TABLE auth_user_totp");
    tap_is_result(prove_at(alice, code_at(0), NOW), LUCI_UNAVAILABLE, "without the table no code is checked");
    tap_is_str(luci_reason_name(last.reason), "unavailable", "the reason without the table");
}

int main(void)
{
    pool = support_start();
    with = support_auth("factor_proof.db", 1);
    with->settings.second_factor = LUCI_SECOND_FACTOR_OPTIONAL;
    support_our_tables(with->target.params, &with->settings);
    set_secrets(OLD_SECRET, NULL);
    tap_is_result(support_sign_up(with, "alice", PASSWORD), LUCI_OK, "alice signs up");
    alice = apr_pstrdup(pool, support_session.user.id);
    tap_is_result(support_sign_up(with, "bobby", PASSWORD), LUCI_OK, "bob signs up");
    bob = apr_pstrdup(pool, support_session.user.id);
    check_store();
    check_once();
    check_clock();
    check_wrong();
    check_recovery();
    check_secrets();
    check_races();
    check_unavailable();
    support_auth_close(with);
    return tap_done();
}
