/* SPDX-License-Identifier: Apache-2.0 */
/* S9.34: processes that are killed in the middle of sign-ups and sign-ins leave neither a user
 * without a key nor a damaged file, and lose nothing that was acknowledged; and of many who want one name at
 * once, one gets it. An argument makes it shorter, for slow tools such as valgrind. */
#include "core/auth/auth.h"
#include "lib/support.h"
#include "lib/support_auth.h"
#include "lib/tap.h"

#include <apr_strings.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define MAX_MILLISECONDS 30 /* until a child is killed */
#define MAX_WHEN_SLOW 1000
#define WITHOUT_KEY                                                                                          \
    "SELECT count(*) FROM auth_user u WHERE NOT EXISTS (SELECT 1 FROM user_key k WHERE k.user_id = u.id)"
#define WITHOUT_USER                                                                                         \
    "SELECT count(*) FROM user_key k WHERE NOT EXISTS (SELECT 1 FROM auth_user u WHERE u.id = k.user_id)"

/* What a child says of each session that it was told is stored; short enough to be written in one piece. */
typedef struct {
    char session[LUCI_SESSION_ID_LENGTH + 1];
    char ended[LUCI_SESSION_ID_LENGTH + 1]; /* the one it replaced */
} acknowledged_t;

#define COUNTS                                                                                               \
    "SELECT (SELECT count(*) FROM auth_user) || ' ' || (SELECT count(*) FROM user_key) || ' ' || "           \
    "(SELECT count(*) FROM user_session)"

static apr_pool_t *pool;
static acknowledged_t *known;
static int known_count;

static void tell(int out, const char *ended)
{
    acknowledged_t told = { "", "" };

    apr_cpystrn(told.session, support_session.token.id, sizeof told.session);
    apr_cpystrn(told.ended, ended ? ended : "", sizeof told.ended);
    if (write(out, &told, sizeof told) != (ssize_t)sizeof told)
        _exit(1);
}

/* Signs users up, and each in again in the place of the session just made, until it's killed. */
static void work_until_killed(support_auth_t *with, int round, int out)
{
    for (int i = 0;; i++) {
        luci_auth_request_t request = { .username = apr_psprintf(pool, "user-%d-%d", round, i),
                                        .password = PASSWORD,
                                        .now = NOW };
        luci_session_t again;
        luci_field_t field;

        if (support_sign_up(with, request.username, PASSWORD) != LUCI_OK)
            _exit(2);
        tell(out, NULL);
        request.old_session = &support_session.token;
        if (luci_auth_sign_in(&with->auth, &request, &again, &field, pool) != LUCI_OK)
            _exit(3);
        {
            const char *ended = support_session.token.id;

            support_session = again;
            tell(out, ended);
        }
    }
}

/* Returns 1 when the child was killed as it should be. */
static int one_kill(support_auth_t *with, int round, int milliseconds)
{
    acknowledged_t told;
    int pipe_ends[2], ended;
    pid_t child;

    if (pipe(pipe_ends) != 0)
        support_give_up("pipe", "no more");
    fflush(stdout);
    child = fork();
    if (child == 0)
        work_until_killed(with, round, pipe_ends[1]);
    close(pipe_ends[1]);
    usleep((useconds_t)(random() % (milliseconds * 1000L)));
    kill(child, SIGKILL);
    ended = support_await(child);
    while (read(pipe_ends[0], &told, sizeof told) == (ssize_t)sizeof told)
        known[known_count++] = told;
    close(pipe_ends[0]);
    return ended == 128 + SIGKILL;
}

static void check_sessions(support_auth_t *with)
{
    int lost = 0, risen = 0;

    for (int i = 0; i < known_count; i++) {
        int replaced = i + 1 < known_count && strcmp(known[i + 1].ended, known[i].session) == 0;
        luci_session_claim_t claim = { .token = support_token(known[i].session), .now = NOW };
        luci_session_t session;
        luci_result_t written, result = luci_auth_validate(&with->auth, &claim, &session, &written, pool);

        risen += replaced && result != LUCI_NOT_FOUND;
        /* The last one that a child told of may have been replaced before it could tell. */
        lost += !replaced && result != LUCI_OK && *known[i].ended;
    }
    tap_is_int(lost, 0, "S9.34: no acknowledged session of %d is lost", known_count);
    tap_is_int(risen, 0, "S9.34: no session that was replaced is still there");
}

/* ---- The same name from four sides at once ---- */

typedef struct {
    support_auth_t *with;
    luci_db_t *db;
    int won;
    int lost;
} rival_t;

static luci_result_t lend_own(void *baton, luci_db_t **db)
{
    *db = ((rival_t *)baton)->db;
    return LUCI_OK;
}

static void take_back(void *baton, luci_db_t *db)
{
    (void)baton;
    (void)db;
}

static void *sign_up_in_turn(void *baton)
{
    rival_t *rival = baton;
    luci_auth_t auth = { .settings = &rival->with->settings, .source = { lend_own, take_back, rival } };
    apr_allocator_t *allocator;
    apr_pool_t *own;

    apr_allocator_create(&allocator);
    apr_pool_create_ex(&own, NULL, NULL, allocator);
    apr_allocator_owner_set(allocator, own);
    rival->db = luci_db_create(&rival->with->target, own);
    for (int i = 0; i < 50; i++) {
        luci_auth_request_t request = { .username = apr_psprintf(own, "rival-%d", i),
                                        .password = PASSWORD,
                                        .now = NOW };
        luci_session_t made;
        luci_field_t field;
        luci_result_t result;

        do
            result = luci_auth_sign_up(&auth, &request, &made, &field, own);
        while (result == LUCI_BUSY);
        rival->won += result == LUCI_OK;
        rival->lost += result == LUCI_CONFLICT;
    }
    apr_pool_destroy(own);
    return NULL;
}

static void check_rivals(void)
{
    support_auth_t *with = support_auth("rivals.db", 1);
    rival_t rivals[4] = {
        { with, NULL, 0, 0 }, { with, NULL, 0, 0 }, { with, NULL, 0, 0 }, { with, NULL, 0, 0 }
    };
    pthread_t threads[4];
    int won = 0, lost = 0;

    for (int i = 0; i < COUNT(rivals); i++)
        pthread_create(&threads[i], NULL, sign_up_in_turn, &rivals[i]);
    for (int i = 0; i < COUNT(rivals); i++) {
        pthread_join(threads[i], NULL);
        won += rivals[i].won;
        lost += rivals[i].lost;
    }
    tap_is_int(won, 50, "S9.34: of four that sign up with the same names, one wins each");
    tap_is_int(lost, 150, "S9.34: the other sign-ups get CONFLICT");
    tap_is_str(support_auth_value(with, COUNTS), "50 50 50",
               "S9.34: users, keys and sessions are equally many");
}

int main(int argc, char **argv)
{
    int kills = argc > 1 ? 5 : 200, round = 0, killed = 0, unsound = 0, half = 0;
    support_auth_t *with;

    (void)argv;
    pool = support_start();
    with = support_auth("crash.db", 1);
    known = apr_palloc(pool, sizeof *known * 1000 * (size_t)kills);
    srandom((unsigned)support_clock());
    /* A busy disk acknowledges little in that time: then some more get longer. */
    for (; round < kills || (known_count <= kills / 4 && round < 2 * kills); round++) {
        killed += one_kill(with, round, argc > 1 || round >= kills ? MAX_WHEN_SLOW : MAX_MILLISECONDS);
        half += support_auth_number(with, WITHOUT_KEY) != 0 || support_auth_number(with, WITHOUT_USER) != 0;
        if (round % 10 == 0)
            unsound += strcmp(support_auth_value(with, "PRAGMA integrity_check"), "ok") != 0;
    }
    tap_is_int(killed, round, "S9.34: %d processes are killed during sign-ups", round);
    tap_is_int(half, 0, "S9.34: never is there a user without a key, or a key without a user");
    tap_is_int(unsound, 0, "S9.34: the file is sound");
    tap_is_str(support_auth_value(with, "PRAGMA integrity_check"), "ok", "S9.34: to the end");
    tap_is_int(support_auth_number(with, "SELECT count(*) FROM pragma_foreign_key_check"), 0,
               "S9.34: all references hold");
    tap_is_str(
        support_auth_value(
            with,
            "SELECT ((SELECT count(*) FROM auth_user) - (SELECT count(DISTINCT user_id) FROM user_session)) "
            "|| ' ' || (SELECT count(*) - count(DISTINCT user_id) FROM user_session)"),
        "0 0", "S9.34: everybody has one session, the first or the one in its place");
    check_sessions(with);
    tap_ok(known_count > kills / 4, "enough was acknowledged to say so");
    support_auth_close(with);
    check_rivals();
    return tap_done();
}
