/* SPDX-License-Identifier: Apache-2.0 */
/* Sessions at hand that are ended meanwhile, in every order, and stores that fail. Specification: S9.13 and
 * S9.39.
 */
#include "lib/support_cache.h"
#include "lib/tap.h"

#include <apr_strings.h>
#include <string.h>

static apr_pool_t *pool;

/* ---- Ends ---- */

static void check_ends(void)
{
    const char *first;

    begin(pool, "ends.db");
    is_miss(NOW, LUCI_OK, "a session before its sign-out");
    sign_out();
    is_miss(NOW, LUCI_NOT_FOUND, "S9.13: a session after its sign-out");
    tap_ok(store.ended_for >= TTL, "barred for the TTL at least");
    tap_is_int(support_cache_records(), 0, "a sign-out leaves no record");

    tap_is_result(support_sign_in(with, "alice", PASSWORD), LUCI_OK, "alice signs in again");
    id = first = support_session.token.id;
    is_miss(NOW, LUCI_OK, "a session before the next sign-in");
    {
        luci_auth_request_t request = {
            .username = "alice", .password = PASSWORD, .old_session = support_token(first), .now = NOW
        };

        tap_is_result(luci_auth_sign_in(&with->auth, &request, &support_session, &support_field, pool),
                      LUCI_OK, "signed in again");
    }
    is_miss(NOW, LUCI_NOT_FOUND, "S9.13: the session that came with it is dead");
    id = support_session.token.id;
    is_miss(NOW, LUCI_OK, "the new one lives");
    is_hit(NOW, "the new session in the cache");

    with->refuse_at = 1;
    with->with = LUCI_UNAVAILABLE;
    tap_is_result(support_sign_out(with, id), LUCI_UNAVAILABLE, "a sign-out that fails");
    is_hit(NOW, "the session whose sign-out failed");
    finish();
}

/* ---- Races: sign-out between each two steps of somebody who looks ---- */

static void see_it_dead(void)
{
    tap_is_result(validate(), LUCI_NOT_FOUND, "S9.13:   after the sign-out's answer it is dead");
}

static void sign_out_and_look(void)
{
    sign_out();
    see_it_dead();
}

/* Signed out before the record comes, looked at before who brings it looks again. */
static void sign_out_then_look_later(void)
{
    sign_out();
    store.after_store = see_it_dead;
}

static void look_too(void)
{
    tap_is_result(validate(), LUCI_OK, "  another one looks at the same time");
}

static void look_too_and_go_on(void)
{
    look_too();
    store.after_store = sign_out_and_look;
}

static void look_too_and_sign_out(void)
{
    look_too();
    sign_out_and_look();
}

static void look_too_interrupted(void)
{
    store.after_store = sign_out_and_look;
    tap_is_result(validate(), LUCI_NOT_FOUND, "  another one is signed out while keeping");
}

static const struct {
    const char *what;
    step_fn *before_retrieve, *before_store, *after_store;
    luci_result_t want; /* of who began to look before the sign-out: either would be right */
} races[] = {
    { "before the look", sign_out_and_look, NULL, NULL, LUCI_NOT_FOUND },
    { "between reading and keeping", NULL, sign_out_and_look, NULL, LUCI_OK },
    { "between reading and keeping, looked at afterwards", NULL, sign_out_then_look_later, NULL, LUCI_OK },
    { "between keeping and the second look", NULL, NULL, sign_out_and_look, LUCI_NOT_FOUND },
    { "two look at once", NULL, look_too_and_go_on, NULL, LUCI_NOT_FOUND },
    { "two look at once, one is through", NULL, look_too_and_sign_out, NULL, LUCI_OK },
    { "two look at once, both are keeping", NULL, look_too_interrupted, NULL, LUCI_OK },
};

/* Begins with change counters that tell all ends, or with none, as for a store that machines share. */
static void begin_counted(const char *name, int is_counted)
{
    static luci_change_counters_t counters;

    begin(pool, name);
    cache.local.counters = is_counted ? &counters : NULL;
    cache.is_counted = is_counted;
}

static void check_races(int is_counted)
{
    for (int i = 0; i < COUNT(races); i++) {
        begin_counted(apr_psprintf(pool, "race%d-%d.db", is_counted, i), is_counted);
        tap_diag("%s%s", races[i].what, is_counted ? ", counted" : "");
        store.before_retrieve = races[i].before_retrieve;
        store.before_store = races[i].before_store;
        store.after_store = races[i].after_store;
        tap_is_result(validate(), races[i].want, "a lookup during the race has its answer");
        tap_ok(!store.before_retrieve && !store.before_store && !store.after_store, "every step was taken");
        tap_is_int(support_cache_records(), 0, "S9.13: no record is left in the cache");
        is_miss(NOW, LUCI_NOT_FOUND, "S9.13: the session after the race");
        finish();
    }
}

static void remove_row(void)
{
    run_sql("DELETE FROM user_session");
}

/* What the second look is for. */
static void check_lost_ends(int is_counted)
{
    begin_counted(apr_psprintf(pool, "lost-end%d.db", is_counted), is_counted);
    store.forgets_ends = 1;
    store.before_store = sign_out_and_look;
    tap_is_result(validate(), LUCI_NOT_FOUND, "a store that loses ends: the second look sees it");
    tap_is_int(support_cache_records(), 0, "the second look takes the record back");
    finish();

    begin_counted(apr_psprintf(pool, "late-store%d.db", is_counted), is_counted);
    store.store_fails = LUCI_UNAVAILABLE;
    store.before_store = remove_row;
    tap_is_result(validate(), LUCI_NOT_FOUND, "a store without an answer needs a second look");
    tap_is_int(support_cache_records(), 0, "a store without an answer keeps no record");
    finish();

    if (is_counted)
        return;
    begin(pool, "blind.db");
    with->refuse_at = 2;
    with->with = LUCI_BUSY;
    tap_is_result(validate(), LUCI_OK, "no second look to be had: it was there a moment ago");
    tap_is_int(support_cache_records(), 0, "a failed second look keeps no record");
    finish();
}

static void rename_user(void)
{
    run_sql("UPDATE auth_user SET username = 'robin'");
    luci_session_cache_forget(&cache, support_token(id), 1, pool);
}

/* The second look sees that the user is not the one that was kept, in a store that loses ends. */
static void check_renamed_meanwhile(int is_counted)
{
    begin_counted(apr_psprintf(pool, "renamed%d.db", is_counted), is_counted);
    store.forgets_ends = 1;
    store.before_store = rename_user;
    tap_is_result(validate(), LUCI_OK, "a user who is renamed while the session is kept");
    tap_is_int(support_cache_records(), 0, "S1.34: no record with the old name is left in the cache");
    tap_is_result(validate(), LUCI_OK, "the session after the new name");
    tap_is_str(seen.user.username, "robin", "S1.34: the session shows the new name");
    finish();
}

/* Counters save the second look where nothing ended. */
static void check_looks(void)
{
    for (int is_counted = 0; is_counted < 2; is_counted++) {
        begin_counted(apr_psprintf(pool, "looks%d.db", is_counted), is_counted);
        with->refuse_at = 2;
        with->with = LUCI_BUSY;
        tap_is_result(validate(), LUCI_OK, "a session that did not end is valid");
        tap_is_int(support_cache_records(), is_counted,
                   is_counted ? "a session whose counter did not move is kept without a second look"
                              : "a session without a counter is not kept without a second look");
        finish();
    }
}

/* ---- Failures ---- */

static const luci_result_t failures[] = { LUCI_NOT_FOUND, LUCI_BUSY, LUCI_UNAVAILABLE, LUCI_INTERNAL };

static void check_failures(void)
{
    for (int i = 0; i < COUNT(failures); i++) {
        const char *name = luci_result_name(failures[i]);

        begin(pool, apr_psprintf(pool, "failure%d.db", i));
        store.retrieve_fails = failures[i];
        is_miss(NOW, LUCI_OK, apr_psprintf(pool, "S9.39: retrieve: %s", name));
        is_miss(NOW, LUCI_OK, "S9.39: a failing retrieve is a miss each time");
        store.retrieve_fails = LUCI_OK;
        memset(store.places, 0, sizeof store.places);
        store.store_fails = failures[i];
        is_miss(NOW, LUCI_OK, apr_psprintf(pool, "S9.39: store: %s", name));
        store.store_fails = LUCI_OK;
        store.end_fails = failures[i];
        tap_is_result(support_sign_out(with, id), LUCI_OK, "S9.39: end: %s", name);
        is_miss(NOW + TTL, LUCI_NOT_FOUND, "S9.39: dead within the TTL");
        finish();
    }
}

static void check_garbage(void)
{
    place_t *place, good;
    int taken = 0, size;

    begin(pool, "garbage.db");
    is_miss(NOW, LUCI_OK, "a session with a record to damage");
    place = FIRST_PLACE;
    good = *place;
    run_sql("UPDATE auth_user SET username = 'Alice'"); /* tells what the database says from what was kept */
    size = (int)good.length;
    for (int at = 0; at < size; at++) {
        *place = good;
        place->bytes[at] ^= 0x10;
        taken += validate() != LUCI_OK || strcmp(seen.user.username, "Alice") != 0;
    }
    for (int cut = 1; cut < size; cut++) {
        *place = good;
        place->length = (size_t)cut;
        taken += validate() != LUCI_OK || strcmp(seen.user.username, "Alice") != 0;
    }
    tap_is_int(taken, 0, "S9.39: %d garbled and short records are misses", 2 * size - 1);
    place->length = LUCI_RECORD_MAX + 1;
    is_miss(NOW, LUCI_OK, "S9.39: one that is too long");
    *place = good;
    is_hit(NOW, "the undamaged record");
    tap_is_result(support_sign_up(with, "bobby", PASSWORD), LUCI_OK, "another user signs up");
    id = support_session.token.id;
    is_miss(NOW, LUCI_OK, "the other user's session");
    memcpy(store.places[1].bytes, good.bytes, good.length);
    store.places[1].length = good.length;
    is_miss(NOW, LUCI_OK, "S9.39: a record under another's key");
    tap_is_str(seen.user.username, "bobby", "S9.39: makes nobody another one");
    finish();
}

int main(void)
{
    pool = support_start();
    check_ends();
    for (int is_counted = 0; is_counted < 2; is_counted++) {
        check_races(is_counted);
        check_lost_ends(is_counted);
        check_renamed_meanwhile(is_counted);
    }
    check_looks();
    check_failures();
    check_garbage();
    return tap_done();
}
