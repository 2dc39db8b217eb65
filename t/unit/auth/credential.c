/* SPDX-License-Identifier: Apache-2.0 */
/* The turn that a hash waits for: every hash is computed in the hasher's turn and nothing else is, no
 * database handle is out meanwhile, another thread may do it, and a turn that does not come changes nothing.
 */
#include "core/auth/credential.h"
#include "lib/support.h"
#include "lib/support_auth.h"
#include "lib/tap.h"

#include <apr_strings.h>
#include <argon2.h>
#include <dlfcn.h>
#include <pthread.h>
#include <string.h>

static apr_pool_t *pool;
static support_auth_t *with;

/* ---- Hashes are counted in front of libargon2 ---- */

static __thread int in_turn;
static int hashes;  /* computed in a turn */
static int outside; /* computed without one */

int argon2_ctx(argon2_context *context, argon2_type type)
{
    int (*real)(argon2_context *, argon2_type);

    *(void **)&real = dlsym(RTLD_NEXT, "argon2_ctx");
    if (in_turn)
        hashes++;
    else
        outside++;
    return real(context, type);
}

/* ---- A hasher that looks on ---- */

typedef struct {
    luci_hash_work_fn *work;
    void *work_baton;
    luci_result_t result;
    int turns;
    int refuses;  /* turns do not come */
    int full;     /* and that is known beforehand */
    int aside;    /* in a thread of its own */
    int borrowed; /* handles that were borrowed while it ran, or were out when it began */
    int empty;    /* turns in which nothing was hashed */
} hasher_t;

static hasher_t hasher;

static void *take_turn(void *baton)
{
    hasher_t *of = baton;
    int borrows = with->borrows, before = hashes;

    in_turn = 1;
    of->result = of->work(of->work_baton);
    in_turn = 0;
    of->borrowed += with->out + with->borrows - borrows;
    of->empty += hashes == before;
    return NULL;
}

static luci_result_t run(void *baton, luci_hash_work_fn *work, void *work_baton)
{
    hasher_t *of = baton;
    pthread_t thread;

    of->turns++;
    of->borrowed += with->out;
    if (of->refuses)
        return LUCI_BUSY;
    of->work = work;
    of->work_baton = work_baton;
    if (!of->aside)
        take_turn(of);
    else if (pthread_create(&thread, NULL, take_turn, of) != 0 || pthread_join(thread, NULL) != 0)
        support_give_up("the hasher", "no thread");
    return of->result;
}

static int is_full(void *baton)
{
    return ((hasher_t *)baton)->full;
}

static void start(const char *name)
{
    with = support_auth(name, 1);
    memset(&hasher, 0, sizeof hasher);
    with->auth.hasher = (luci_hasher_t){ .run = run, .is_full = is_full, .baton = &hasher };
}

static void is_turn(luci_result_t got, luci_result_t want, int turns, int computed, const char *what)
{
    tap_is_result(got, want, "%s", what);
    tap_is_int(hasher.turns, turns, "  turns: %d", turns);
    tap_is_int(hashes, computed, "  hashes: %d", computed);
    hasher.turns = hashes = 0;
}

static luci_result_t check(const char *username, const char *password)
{
    luci_user_t user = { 0 };

    return support_check(with, username, password, &user);
}

static void store_hash(const char *hash)
{
    support_run(with->target.params,
                hash ? apr_psprintf(pool, "UPDATE user_key SET hashed_password = '%s'", hash)
                     : "UPDATE user_key SET hashed_password = NULL");
}

static void disable(int disabled)
{
    support_run(with->target.params,
                apr_psprintf(pool, "UPDATE auth_user SET disabled = %s", disabled ? "1" : "NULL"));
}

/* ---- Each hash in a turn, and a turn for nothing else ---- */

static void check_turns(int aside)
{
    start(aside ? "aside.db" : "turns.db");
    hasher.aside = aside;
    is_turn(support_sign_up(with, "alice", PASSWORD), LUCI_OK, 1, 1, "a sign-up takes one turn");
    is_turn(support_sign_up(with, "alice", PASSWORD), LUCI_CONFLICT, 0, 0, "a name that is taken");
    is_turn(support_sign_up(with, "bobby", "short"), LUCI_INVALID, 0, 0, "a password that is too short");
    is_turn(support_sign_in(with, "alice", PASSWORD), LUCI_OK, 1, 1, "a sign-in takes one turn");
    is_turn(support_sign_in(with, "alice", WRONG), LUCI_DENIED, 1, 1, "a wrong password");
    is_turn(support_sign_in(with, "nobody", PASSWORD), LUCI_DENIED, 1, 1, "an unknown user");
    is_turn(support_sign_in(with, "", PASSWORD), LUCI_INVALID, 0, 0,
            "a sign-in without a name takes no turn");
    is_turn(check("alice", PASSWORD), LUCI_OK, 1, 1, "HTTP Basic takes one turn");
    is_turn(check("nobody", PASSWORD), LUCI_NOT_FOUND, 1, 1, "HTTP Basic, an unknown user");
    disable(1);
    is_turn(support_sign_in(with, "alice", PASSWORD), LUCI_DENIED, 1, 1, "a disabled user");
    disable(0);
    with->settings.hash.passes = 2;
    is_turn(support_sign_in(with, "alice", PASSWORD), LUCI_OK, 1, 2,
            "an outdated hash is replaced in the same turn");
    is_turn(support_sign_in(with, "alice", PASSWORD), LUCI_OK, 1, 1, "an outdated hash is replaced once");
    store_hash("{SHA}x");
    is_turn(support_sign_in(with, "alice", PASSWORD), LUCI_DENIED, 1, 1,
            "a hash that takes no time, and one beside it");
    store_hash("$argon2id$v=19$m=4194304,t=1,p=1$c29tZXNhbHQ$c29tZXRhZ3NvbWV0YWc");
    is_turn(support_sign_in(with, "alice", PASSWORD), LUCI_DENIED, 1, 1, "S9.7: one that is too costly");
    store_hash(NULL);
    is_turn(support_sign_in(with, "alice", PASSWORD), LUCI_DENIED, 1, 1,
            "a sign-in to a key without a hash takes one turn");
    tap_is_int(hasher.borrowed, 0, "no handle is out or borrowed in a turn");
    tap_is_int(hasher.empty, 0, "no turn without a hash");
    support_auth_close(with);
}

/* ---- Turns that do not come ---- */

static const char *everything(void)
{
    static const char *const tables[] = { "auth_user", "user_key", "user_session" };
    const char *all = "";

    for (int i = 0; i < COUNT(tables); i++)
        all = apr_pstrcat(pool, all, tables[i], ":",
                          support_auth_value(with, apr_psprintf(pool, "SELECT count(*) FROM %s", tables[i])),
                          " ", NULL);
    return apr_pstrcat(
        pool, all, support_auth_value(with, "SELECT hashed_password FROM user_key"), " ",
        support_auth_value(with, "SELECT group_concat(id || active_expires) FROM user_session"), NULL);
}

static void check_busy(void)
{
    luci_auth_request_t request = { .username = "alice", .password = PASSWORD, .now = NOW };
    luci_session_t session;
    luci_field_t field;
    const char *before;
    int borrows;

    start("busy.db");
    is_turn(support_sign_up(with, "alice", PASSWORD), LUCI_OK, 1, 1, "a sign-up makes a user to wait");
    request.old_session = support_token(apr_pstrdup(pool, support_session.token.id));
    with->settings.hash.passes = 2; /* alice's is outdated now */
    before = everything();
    hasher.refuses = 1;
    is_turn(support_sign_up(with, "bobby", PASSWORD), LUCI_BUSY, 1, 0, "no turn: a sign-up");
    is_turn(support_sign_in(with, "alice", PASSWORD), LUCI_BUSY, 1, 0, "no turn: a sign-in");
    is_turn(support_sign_in(with, "alice", WRONG), LUCI_BUSY, 1, 0, "no turn: a wrong password");
    is_turn(support_sign_in(with, "nobody", WRONG), LUCI_BUSY, 1, 0, "no turn: an unknown user");
    is_turn(luci_auth_sign_in(&with->auth, &request, &session, &field, pool), LUCI_BUSY, 1, 0,
            "no turn: a sign-in with a session");
    is_turn(check("alice", PASSWORD), LUCI_BUSY, 1, 0, "no turn: HTTP Basic");
    is_turn(check("nobody", PASSWORD), LUCI_BUSY, 1, 0, "no turn: HTTP Basic, an unknown user");
    hasher.full = 1;
    borrows = with->borrows;
    is_turn(support_sign_in(with, "alice", PASSWORD), LUCI_BUSY, 0, 0, "no turn to be had: a sign-in");
    is_turn(check("nobody", PASSWORD), LUCI_BUSY, 0, 0, "no turn to be had: HTTP Basic");
    tap_is_int(with->borrows, borrows, "a sign-in without a turn does not ask the database");
    hasher.full = 0;
    tap_is_str(everything(), before, "users, keys, hashes and sessions are as they were");
    tap_is_str(with->logged, "", "nothing is logged");
    hasher.refuses = 0;
    is_turn(luci_auth_sign_in(&with->auth, &request, &session, &field, pool), LUCI_OK, 1, 2,
            "the next sign-in works");
    is_turn(support_sign_up(with, "bobby", PASSWORD), LUCI_OK, 1, 1, "a sign-up after a missing turn works");
    support_auth_close(with);
}

int main(void)
{
    pool = support_start();
    check_turns(0);
    check_turns(1);
    check_busy();
    tap_is_int(outside, 0, "nothing was hashed outside a turn");
    return tap_done();
}
