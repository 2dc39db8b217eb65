/* SPDX-License-Identifier: Apache-2.0 */
/* Sessions: the rules of time, as truth tables at their first and last milliseconds. Specification: S9.14 and
 * S9.40; S2. */
#include "core/session/session.h"
#include "lib/support.h"
#include "lib/tap.h"

#include <string.h>

#define DAY LUCI_MS_DAY
#define YEAR (365 * DAY)
#define IN_2038 ((luci_ms_t)2147483648000) /* the first second that 32 bits can't hold */

static apr_pool_t *pool;
static luci_settings_t settings;

static const char *state_name(luci_session_state_t state)
{
    return state == LUCI_SESSION_ACTIVE ? "active" : state == LUCI_SESSION_IDLE ? "idle" : "dead";
}

/* ---- Pure: when is a session what ---- */

static const struct {
    const char *what;
    luci_ms_t max_lifetime;
    luci_ms_t now; /* counted from the session's creation */
    luci_session_state_t want;
} states[] = {
    { "just made", 0, 0, LUCI_SESSION_ACTIVE },
    { "the last active ms", 0, DAY - 1, LUCI_SESSION_ACTIVE },
    { "active_expires itself", 0, DAY, LUCI_SESSION_IDLE },
    { "one ms later", 0, DAY + 1, LUCI_SESSION_IDLE },
    { "one ms before idle_expires", 0, 15 * DAY - 1, LUCI_SESSION_IDLE },
    { "idle_expires itself", 0, 15 * DAY, LUCI_SESSION_IDLE },
    { "S9.14: one ms after idle_expires", 0, 15 * DAY + 1, LUCI_SESSION_EXPIRED },
    { "S9.14: one second after", 0, 15 * DAY + 1000, LUCI_SESSION_EXPIRED },
    { "S9.40: the clock an hour back", 0, -LUCI_MS_HOUR, LUCI_SESSION_ACTIVE },
    { "S9.40: the clock at zero", 0, -NOW, LUCI_SESSION_ACTIVE },
    { "S9.40: the clock ten years on", 0, 10 * YEAR, LUCI_SESSION_EXPIRED },
    { "S9.40: after 2038", 0, IN_2038 - NOW, LUCI_SESSION_EXPIRED },
    { "a lifetime longer than all that", 30 * DAY, 15 * DAY, LUCI_SESSION_IDLE },
    { "a lifetime of two days: the last ms", 2 * DAY, 2 * DAY - 1, LUCI_SESSION_IDLE },
    { "a lifetime of two days: over", 2 * DAY, 2 * DAY, LUCI_SESSION_EXPIRED },
    { "S9.14: a lifetime that ends in the active period: the last ms", LUCI_MS_HOUR, LUCI_MS_HOUR - 1,
      LUCI_SESSION_ACTIVE },
    { "S9.14: a lifetime that ends in the active period: over", LUCI_MS_HOUR, LUCI_MS_HOUR,
      LUCI_SESSION_EXPIRED },
    { "a lifetime, made five minutes ahead", LUCI_MS_HOUR, -5 * LUCI_MS_MINUTE, LUCI_SESSION_ACTIVE },
    { "a lifetime, made further ahead", LUCI_MS_HOUR, -5 * LUCI_MS_MINUTE - 1, LUCI_SESSION_EXPIRED },
    { "a lifetime, made a year ahead", LUCI_MS_HOUR, -YEAR, LUCI_SESSION_EXPIRED },
    { "a lifetime, ten years on", 20 * YEAR, 10 * YEAR, LUCI_SESSION_EXPIRED },
};

static void check_states(luci_ms_t created)
{
    const luci_session_t session = { .created_at = created,
                                     .active_expires = created + DAY,
                                     .idle_expires = created + 15 * DAY };

    for (int i = 0; i < COUNT(states); i++) {
        luci_settings_t with = settings;

        with.max_lifetime = states[i].max_lifetime;
        tap_is_str(state_name(luci_session_state(&session, &with, created + states[i].now)),
                   state_name(states[i].want), "the session's state: %s", states[i].what);
    }
}

static const struct {
    luci_ms_t max_lifetime;
    luci_ms_t age;    /* of the session when it's extended */
    luci_ms_t active; /* counted from then */
    luci_ms_t idle;
} extensions[] = {
    { 0, 0, DAY, 15 * DAY },
    { 0, 10 * YEAR, DAY, 15 * DAY },
    { 30 * DAY, 0, DAY, 15 * DAY },
    { 30 * DAY, 20 * DAY, DAY, 10 * DAY },
    { 30 * DAY, 29 * DAY + DAY / 2, DAY / 2, DAY / 2 },
    { 30 * DAY, 30 * DAY - 1, 1, 1 },
    { LUCI_MS_HOUR, 0, LUCI_MS_HOUR, LUCI_MS_HOUR },
    { 15 * DAY, 0, DAY, 15 * DAY },
    { 15 * DAY, 1, DAY, 15 * DAY - 1 },
};

static void check_extensions(luci_ms_t now)
{
    for (int i = 0; i < COUNT(extensions); i++) {
        luci_session_t session = { .created_at = now - extensions[i].age, .state = LUCI_SESSION_IDLE };
        luci_settings_t with = settings;

        with.max_lifetime = extensions[i].max_lifetime;
        luci_session_extend(&session, &with, now);
        tap_is_int(session.active_expires - now, extensions[i].active, "extension %d: active for", i);
        tap_is_int(session.idle_expires - now, extensions[i].idle,
                   "  the extended session is usable for its idle period");
        tap_ok(session.fresh && session.state == LUCI_SESSION_ACTIVE &&
                   session.created_at == now - extensions[i].age,
               "  active and fresh, as old as before");
        tap_is_int(luci_session_state(&session, &with, now), LUCI_SESSION_ACTIVE,
                   "  the extended session is active at once");
    }
}

static luci_user_t alice = { .id = "alice0000000000", .username = "Alice" };

static void check_new(void)
{
    luci_session_t a, b;

    tap_is_result(luci_session_new(&a, &alice, &settings, NOW, pool), LUCI_OK, "a new session");
    tap_is_result(luci_session_new(&b, &alice, &settings, NOW, pool), LUCI_OK, "a second session is made");
    tap_is_int(strlen(a.token.id), LUCI_SESSION_ID_LENGTH, "its id has 40 characters");
    tap_is_int(strspn(a.token.id, "abcdefghijklmnopqrstuvwxyz0123456789"), LUCI_SESSION_ID_LENGTH,
               "  of the alphabet");
    tap_ok(strcmp(a.token.id, b.token.id) != 0, "  each new session has another id");
    tap_is_int(a.active_expires, NOW + DAY, "active for a day");
    tap_is_int(a.idle_expires, NOW + 15 * DAY, "usable for fifteen");
    tap_is_int(a.created_at, NOW, "a new session has its creation time");
    tap_ok(a.fresh && a.state == LUCI_SESSION_ACTIVE, "fresh and active");
    tap_is_str(a.user.username, "Alice", "a new session has its user");
}

/* Whatever the moments are, nothing overflows and what is dead stays dead. */
static void check_dead_stays_dead(void)
{
    luci_session_t session;
    int risen = 0;

    if (luci_session_new(&session, &alice, &settings, NOW, pool) != LUCI_OK)
        tap_fail("a session can be made");
    for (luci_ms_t now = session.idle_expires + 1; now < IN_2038 * 3; now += 97 * DAY + 12345)
        risen += luci_session_state(&session, &settings, now) != LUCI_SESSION_EXPIRED;
    tap_is_int(risen, 0, "S9.40: a dead session stays dead for a century");
    luci_session_extend(&session, &settings, IN_2038 - 1);
    tap_is_int(session.active_expires, IN_2038 - 1 + DAY, "S9.40: a renewal that crosses 2038");
    tap_is_int(session.idle_expires, IN_2038 - 1 + 15 * DAY, "  does not overflow");
}

int main(void)
{
    pool = support_start();
    settings = support_settings();
    check_states(NOW);
    check_states(IN_2038 - DAY / 2);
    check_extensions(NOW);
    check_extensions(IN_2038 - DAY / 2);
    check_new();
    check_dead_stays_dead();
    return tap_done();
}
