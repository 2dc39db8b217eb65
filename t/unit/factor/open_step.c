/* SPDX-License-Identifier: Apache-2.0 */
/* The rows of open steps: each is spent once, by its user and in time; all of a user are ended together; and
 * expired ones are deleted. Specification: S1.41, S6.6. */
#include "core/factor/open_step.h"

#include "core/db/schema.h"
#include "core/db/step_table.h"
#include "lib/support_auth.h"
#include "lib/tap.h"

#include <apr_strings.h>

#define STEPS "SELECT count(*) FROM auth_user_step"
#define LATER (NOW + LUCI_MS_MINUTE)

static support_auth_t *with;
static apr_pool_t *pool;
static const char *alice, *bob;

static luci_open_step_t step_of(const char *user, const char *id)
{
    return (luci_open_step_t){ .id = id, .user_id = user, .expires = LATER };
}

static luci_result_t insert_at(const char *user, const char *id, luci_ms_t now)
{
    luci_open_step_t step = step_of(user, id);

    return luci_open_step_insert(with->db, &step, now, pool);
}

static luci_result_t find_at(const char *user, const char *id, luci_ms_t now)
{
    luci_open_step_t step = step_of(user, id);

    return luci_open_step_find(with->db, &step, now, pool);
}

static luci_result_t spend_at(const char *user, const char *id, luci_ms_t now)
{
    luci_open_step_t step = step_of(user, id);

    return luci_open_step_spend(with->db, &step, now, pool);
}

static int steps(void)
{
    return (int)support_auth_number(with, STEPS);
}

static void check_missing(void)
{
    int removed = 1;

    tap_is_result(insert_at(alice, "a1", NOW), LUCI_UNAVAILABLE, "S6.6: without its table no step is opened");
    tap_is_result(find_at(alice, "a1", NOW), LUCI_UNAVAILABLE,
                  "S6.6: without the table of steps it is not known whether one is open");
    tap_is_result(spend_at(alice, "a1", NOW), LUCI_UNAVAILABLE,
                  "S6.6: without the table of steps nothing is completed");
    tap_is_result(luci_open_steps_void(with->db, alice, pool), LUCI_OK,
                  "S6.6: without the table of steps a user has none to end");
    tap_is_result(luci_open_steps_purge(with->db, NOW, &removed, pool), LUCI_OK,
                  "S6.6: without the table of steps there is none to delete");
    tap_is_int(removed, 0, "no step is deleted without their table");
    tap_is_result(luci_schema_create_one(with->db, &luci_table_step, pool), LUCI_OK,
                  "the table of steps is made: %s", luci_db_error(with->db));
}

static void check_one(void)
{
    tap_is_result(insert_at(alice, "a1", NOW), LUCI_OK, "a step of alice is opened: %s",
                  luci_db_error(with->db));
    tap_is_result(insert_at(bob, "b1", NOW), LUCI_OK, "a step of bob is opened");
    tap_is_result(find_at(alice, "a1", LATER - 1), LUCI_OK, "an open step is found until it expires");
    tap_is_result(find_at(alice, "a1", LATER), LUCI_NOT_FOUND, "an expired step is not open");
    tap_is_result(find_at(bob, "a1", NOW), LUCI_NOT_FOUND, "the step of another user is not open");
    tap_is_result(find_at(alice, "A1", NOW), LUCI_NOT_FOUND, "the id of a step is compared by bytes");
    tap_is_result(spend_at(bob, "a1", NOW), LUCI_NOT_FOUND, "another user spends no step");
    tap_is_result(spend_at(alice, "a1", LATER), LUCI_NOT_FOUND, "an expired step is not spent");
    tap_is_result(spend_at(alice, "a1", LATER - 1), LUCI_OK, "an open step is spent");
    tap_is_result(spend_at(alice, "a1", NOW), LUCI_NOT_FOUND, "S1.41: no step is spent twice");
    tap_is_result(find_at(alice, "a1", NOW), LUCI_NOT_FOUND, "a spent step is not open");
    tap_is_result(find_at(bob, "b1", NOW), LUCI_OK, "the step of another user is still open");
}

static void check_void(void)
{
    luci_db_target_t other_target = with->target;
    luci_db_t *other;

    tap_is_result(insert_at(alice, "a2", NOW), LUCI_OK, "alice opens a second step");
    tap_is_result(insert_at(alice, "a3", NOW), LUCI_OK, "alice opens a third step");
    with->settings.second_factor = LUCI_SECOND_FACTOR_OFF;
    tap_is_result(luci_open_steps_void(with->db, alice, pool), LUCI_OK,
                  "a site without LuciaSecondFactor has no steps to end");
    tap_is_int(steps(), 3, "S1.40: a site without LuciaSecondFactor does not touch steps");
    other_target.finds_steps = 1;
    other = luci_db_create(&other_target, pool);
    tap_is_result(luci_open_steps_void(other, alice, pool), LUCI_OK,
                  "a program beside a site with LuciaSecondFactor ends the steps of a user");
    luci_db_close(other);
    with->settings.second_factor = LUCI_SECOND_FACTOR_OPTIONAL;
    tap_is_int(steps(), 1, "the steps of a user are ended together, and no others");
    tap_is_result(find_at(bob, "b1", NOW), LUCI_OK, "the step of another user is open after that");
    tap_is_result(insert_at(alice, "a4", NOW), LUCI_OK, "alice opens a further step");
    tap_is_result(luci_open_steps_void(with->db, alice, pool), LUCI_OK, "the steps of a user are ended");
    tap_is_int(steps(), 1, "a site with LuciaSecondFactor ends the steps of a user");
}

static void check_expired(void)
{
    int removed = 0, rounds = 0, all = 0;

    tap_is_result(insert_at(alice, "a5", NOW), LUCI_OK, "alice opens a step that expires");
    tap_is_result(insert_at(alice, "a6", LATER), LUCI_OK, "alice opens a step when the other has expired");
    tap_is_result(find_at(alice, "a5", NOW), LUCI_NOT_FOUND,
                  "a new step deletes those of the user that have expired");
    for (int i = 0; i < 2 * LUCI_STEP_BATCH; i++) {
        if (insert_at(alice, apr_psprintf(pool, "many%d", i), NOW) != LUCI_OK)
            support_give_up("a step", luci_db_error(with->db));
    }
    all = steps();
    tap_is_result(luci_open_steps_purge(with->db, LATER - 1, &removed, pool), LUCI_OK,
                  "steps are purged before they expire: %s", luci_db_error(with->db));
    tap_is_int(removed, 0, "no open step is purged");
    do {
        if (luci_open_steps_purge(with->db, LATER, &removed, pool) != LUCI_OK)
            support_give_up("a purge", luci_db_error(with->db));
        all -= removed;
        rounds++;
    } while (removed >= LUCI_STEP_BATCH);
    tap_is_int(steps(), 0, "all expired steps are purged");
    tap_is_int(all, 0, "a purge counts what it deletes");
    tap_is_int(rounds, 3, "a purge deletes in batches");
}

/* The steps that came last are those that people are about to complete. */
static void check_limit(void)
{
    luci_open_step_t step = step_of(alice, "first");

    step.expires = LATER - 1;
    tap_is_result(luci_open_step_insert(with->db, &step, NOW, pool), LUCI_OK, "alice opens a first step");
    tap_is_result(insert_at(bob, "b3", NOW), LUCI_OK, "bob opens a step beside many of alice");
    for (int i = 0; i < LUCI_OPEN_STEPS_MAX; i++) {
        if (insert_at(alice, apr_psprintf(pool, "more%d", i), NOW) != LUCI_OK)
            support_give_up("a step", luci_db_error(with->db));
    }
    tap_is_int(steps(), LUCI_OPEN_STEPS_MAX + 1, "a user has no more open steps than LUCI_OPEN_STEPS_MAX");
    tap_is_result(find_at(alice, "first", NOW), LUCI_NOT_FOUND, "the oldest step makes room");
    tap_is_result(find_at(alice, apr_psprintf(pool, "more%d", LUCI_OPEN_STEPS_MAX - 1), NOW), LUCI_OK,
                  "the newest step is open");
    tap_is_result(find_at(bob, "b3", NOW), LUCI_OK, "the steps of alice do not end that of bob");
    support_run(with->target.params, "DELETE FROM auth_user_step");
}

static void check_deletion(void)
{
    tap_is_result(insert_at(bob, "b2", NOW), LUCI_OK, "bob opens a step before he is deleted");
    support_run(with->target.params,
                support_is_file() ? "PRAGMA foreign_keys = ON; DELETE FROM user_session; DELETE FROM "
                                    "user_key; DELETE FROM auth_user"
                                  : "DELETE FROM user_session; DELETE FROM user_key; DELETE FROM auth_user");
    tap_is_int(steps(), 0, "S6.6: any program that deletes a user deletes the open steps");
}

int main(void)
{
    pool = support_start();
    with = support_auth("open_step.db", 1);
    with->settings.second_factor = LUCI_SECOND_FACTOR_OPTIONAL;
    tap_is_result(support_sign_up(with, "alice", PASSWORD), LUCI_OK, "alice signs up");
    alice = apr_pstrdup(pool, support_session.user.id);
    tap_is_result(support_sign_up(with, "bobby", PASSWORD), LUCI_OK, "bob signs up");
    bob = apr_pstrdup(pool, support_session.user.id);
    check_missing();
    check_one();
    check_void();
    check_expired();
    check_limit();
    check_deletion();
    support_auth_close(with);
    return tap_done();
}
