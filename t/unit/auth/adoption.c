/* SPDX-License-Identifier: Apache-2.0 */
/* People whom another module has identified: which account is theirs, and what a new one is like. S9.100,
 * S9.103, S9.105. */
#include "core/auth/adoption.h"

#include "lib/support_auth.h"
#include "lib/tap.h"

#include <apr_strings.h>
#include <string.h>

#define USERS "SELECT count(*) FROM auth_user"
#define SESSIONS "SELECT count(*) FROM user_session"
#define KEYS_OF(name)                                                                                        \
    "SELECT count(*) FROM user_key k JOIN auth_user u ON u.id = k.user_id WHERE u.username = '" name "'"

static support_auth_t *with;
static apr_pool_t *pool;

static luci_adoption_t person(const char *id, const char *username)
{
    luci_adoption_t adoption = { .request = { .username = username, .now = NOW },
                                 .provider = "corp",
                                 .may_sign_up = 1 };

    if (luci_adoption_key_id("corp", id, &adoption.key_id, pool) != LUCI_OK)
        support_give_up("a key id", id);
    return adoption;
}

static luci_result_t adopt(luci_adoption_t *adoption, luci_session_t *session)
{
    luci_field_t field;

    with->events[0] = '\0';
    return luci_adopt(&with->auth, adoption, session, &field, pool);
}

/* ---- Ids ---- */

static luci_result_t key_id(const char *id)
{
    const char *made;

    return luci_adoption_key_id("corp", id, &made, pool);
}

static void check_ids(void)
{
    char *longest = apr_pcalloc(pool, LUCI_ADOPTION_ID_BYTES_MAX + 2);

    memset(longest, 'a', LUCI_ADOPTION_ID_BYTES_MAX);
    tap_is_result(key_id(longest), LUCI_OK, "S9.101: an id of 200 bytes is one");
    longest[LUCI_ADOPTION_ID_BYTES_MAX] = 'a';
    tap_is_result(key_id(longest), LUCI_INVALID, "S9.101: an id of 201 bytes is none");
    tap_is_result(key_id("a:b"), LUCI_OK, "S9.101: an id may have a colon");
    tap_is_result(key_id(""), LUCI_INVALID, "S9.101: an empty id is none");
    tap_is_result(key_id(" a"), LUCI_INVALID, "S9.101: an id begins with no blank");
    tap_is_result(key_id("a "), LUCI_INVALID, "S9.101: an id ends with no blank");
    tap_is_result(key_id("a\nb"), LUCI_INVALID, "S9.101: an id has no line break");
    tap_is_result(key_id("a\xff"), LUCI_INVALID, "S9.101: an id is UTF-8");
}

/* ---- Accounts ---- */

static void check_first(void)
{
    luci_adoption_t alice = person("1", "Alice"), again = person("1", "other");
    luci_session_t first, second;

    tap_is_result(adopt(&alice, &first), LUCI_OK, "S9.100: the first sign-in makes an account");
    tap_ok(alice.is_new, "S9.100: the account of a first sign-in is new");
    tap_ok(strncmp(with->events, "sign_up none Alice", 18) == 0, "S9.106: the first sign-in is a sign-up: %s",
           with->events);
    tap_is_int(support_auth_number(with, KEYS_OF("Alice")), 2, "S9.100: a new account has two keys");
    tap_is_int(first.factors, 1, "S9.103: the session of a new account has one factor");
    tap_is_result(adopt(&again, &second), LUCI_OK, "S9.100: the second sign-in finds the account");
    tap_is_str(second.user.username, "Alice", "S9.100: an offered name changes no account");
    tap_ok(!again.is_new, "S9.100: the account of a second sign-in is not new");
    tap_ok(strncmp(with->events, "sign_in none Alice", 18) == 0,
           "S9.106: the second sign-in is a sign-in: %s", with->events);
    tap_is_int(support_auth_number(with, SESSIONS), 2, "S9.100: each sign-in makes a session");
}

static void check_refused(void)
{
    luci_adoption_t other = person("2", "alice"), stranger = person("3", "robert"),
                    upper = person("A", "first"), lower = person("a", "second");
    luci_session_t session;
    luci_field_t field;

    tap_is_result(luci_adopt(&with->auth, &other, &session, &field, pool), LUCI_CONFLICT,
                  "S9.100: a name leads to no account that exists");
    tap_is_int(field, LUCI_FIELD_NONE, "a taken name is no wrong attribute");
    tap_ok(!other.is_merged, "a taken name is no taken identity");
    stranger.may_sign_up = 0;
    tap_is_result(adopt(&stranger, &session), LUCI_NOT_FOUND, "S9.100: a stranger may get no account");
    tap_ok(strncmp(with->events, "sign_up closed", 14) == 0, "S9.106: a refused stranger is an event: %s",
           with->events);
    stranger = person("3", "x");
    tap_is_result(luci_adopt(&with->auth, &stranger, &session, &field, pool), LUCI_INVALID,
                  "S9.104: a new account needs a fit name");
    tap_is_int(field, LUCI_FIELD_USERNAME, "S9.104: it is the name that does not fit");
    tap_is_int(support_auth_number(with, USERS), 1, "refused sign-ins make no account");
    tap_is_result(adopt(&upper, &session), LUCI_OK, "the person A gets an account");
    tap_is_result(adopt(&lower, &session), LUCI_OK, "S9.105: the person a gets another one");
    tap_is_str(session.user.username, "second", "S9.105: ids that differ in case are two people");
}

static void check_disabled(void)
{
    luci_adoption_t alice = person("1", "Alice");
    luci_session_t session;

    support_run(with->target.params, "UPDATE auth_user SET disabled = 1 WHERE username = 'Alice'");
    tap_is_result(adopt(&alice, &session), LUCI_DENIED, "S9.103: a disabled user does not sign in");
    tap_ok(alice.is_disabled && !alice.request.is_waiting, "S9.103: a disabled user is told apart");
    tap_ok(strncmp(with->events, "sign_in disabled Alice", 22) == 0, "S9.106: the reason is in the event: %s",
           with->events);
    support_run(with->target.params, "UPDATE auth_user SET disabled = 2 WHERE username = 'Alice'");
    alice = person("1", "Alice");
    tap_is_result(adopt(&alice, &session), LUCI_DENIED, "S9.103: a user who waits does not sign in");
    tap_ok(alice.request.is_waiting && !alice.is_disabled, "S9.103: a user who waits is told apart");
    support_run(with->target.params, "UPDATE auth_user SET disabled = 0 WHERE username = 'Alice'");
}

static void check_waiting(void)
{
    luci_adoption_t dora = person("dora", "dora1");
    luci_session_t session;
    int sessions = (int)support_auth_number(with, SESSIONS);

    dora.request.needs_approval = 1;
    tap_is_result(adopt(&dora, &session), LUCI_OK, "S9.100: a new account may have to be approved");
    tap_ok(dora.request.is_waiting, "S9.100: the new user waits");
    tap_is_int(support_auth_number(with, SESSIONS), sessions, "S9.100: a user who waits gets no session");
}

int main(void)
{
    pool = support_start();
    with = support_auth("adoption.db", 1);
    check_ids();
    check_first();
    check_refused();
    check_disabled();
    check_waiting();
    support_auth_close(with);
    return tap_done();
}
