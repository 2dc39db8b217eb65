/* SPDX-License-Identifier: Apache-2.0 */
/* Taking over sessions, statement by statement: how many there are, and what others do in between. A row gets
 * its hash once, and nobody is signed out. t/engines/engines_unit.t runs this on PostgreSQL and MariaDB. */
#include "lib/support_takeover.h"
#include "lib/tap.h"

#include <apr_dbd.h>
#include <apr_strings.h>
#include <dlfcn.h>
#include <string.h>
#include <unistd.h>

static apr_pool_t *pool;

/* ---- Statements are counted, and something can happen before one of them ---- */

static int selects, writes, begins, interrupt_at;
static int in_transaction; /* where others would have to wait, and nothing can happen */
static void (*interruption)(void);

static void before_statement(int *counter)
{
    void (*now)(void) = interruption;

    (*counter)++;
    if (!in_transaction && interrupt_at > 0 && --interrupt_at == 0) {
        interruption = NULL;
        now();
    }
}

int apr_dbd_pselect(const apr_dbd_driver_t *driver, apr_pool_t *from, apr_dbd_t *handle,
                    apr_dbd_results_t **results, apr_dbd_prepared_t *statement, int random, int count,
                    const char **arguments)
{
    int (*real)(const apr_dbd_driver_t *, apr_pool_t *, apr_dbd_t *, apr_dbd_results_t **,
                apr_dbd_prepared_t *, int, int, const char **);

    *(void **)&real = dlsym(RTLD_NEXT, "apr_dbd_pselect");
    before_statement(&selects);
    return real(driver, from, handle, results, statement, random, count, arguments);
}

int apr_dbd_pquery(const apr_dbd_driver_t *driver, apr_pool_t *from, apr_dbd_t *handle, int *changed,
                   apr_dbd_prepared_t *statement, int count, const char **arguments)
{
    int (*real)(const apr_dbd_driver_t *, apr_pool_t *, apr_dbd_t *, int *, apr_dbd_prepared_t *, int,
                const char **);

    *(void **)&real = dlsym(RTLD_NEXT, "apr_dbd_pquery");
    before_statement(&writes);
    return real(driver, from, handle, changed, statement, count, arguments);
}

int apr_dbd_query(const apr_dbd_driver_t *driver, apr_dbd_t *handle, int *changed, const char *text)
{
    int (*real)(const apr_dbd_driver_t *, apr_dbd_t *, int *, const char *);
    int opens = strncmp(text, "BEGIN", 5) == 0 || strncmp(text, "START", 5) == 0;

    *(void **)&real = dlsym(RTLD_NEXT, "apr_dbd_query");
    if (opens)
        before_statement(&begins);
    in_transaction = opens;
    return real(driver, handle, changed, text);
}

/* ---- One at a time ---- */

static void check_statements(int ours)
{
    start("statements", ours, NOW + DAY);
    writes = begins = 0;
    tap_is_result(show(UNKNOWN, NOW, 1), LUCI_NOT_FOUND, "%s tables: an unknown id",
                  ours ? "our" : "Lucia's");
    tap_is_int(writes, 0, "  an unknown id writes nothing");
    tap_is_result(show(BARE, NOW, 1), LUCI_OK, "a bare session");
    tap_is_int(writes, 1, "  is taken over with one statement");
    tap_is_int(begins, 1, "  in a transaction");
    writes = selects = begins = 0;
    tap_is_result(show(BARE, NOW + 1, 1), LUCI_OK, "the migrated session is valid again");
    tap_is_int(writes, 0, "  nothing is written");
    tap_is_int(selects, 1, "  a migrated session is found with one look");
    tap_is_int(begins, 0, "  without a transaction");
    stop();
}

/* ---- Several at once ---- */

static luci_db_t *another;

static void take_over_elsewhere(void)
{
    luci_session_claim_t claim = { .token = support_token(BARE), .now = NOW };
    luci_session_t session;

    tap_is_result(luci_session_get(another, &claim, &lucia->settings, &session, pool), LUCI_OK,
                  "  another process finds it");
    if (session.is_unhashed)
        tap_is_result(luci_session_hash_stored_id(another, &session, &lucia->settings, pool), LUCI_OK,
                      "  the other process migrates the session");
}

static void sign_out_elsewhere(void)
{
    tap_is_result(luci_session_delete(another, support_token(BARE), &lucia->settings, pool), LUCI_OK,
                  "  another process signs it out");
}

/* Starts with something that happens before the nth statement. */
static void start_interrupted(const char *name, int at, void (*by)(void))
{
    start(apr_psprintf(pool, "%s-%d", name, at), at % 2, NOW - 1);
    another = luci_db_create(&lucia->target, pool);
    if (luci_db_connect(lucia->db) != LUCI_OK || luci_db_connect(another) != LUCI_OK)
        support_give_up(name, "no connection");
    interrupt_at = at;
    interruption = by;
}

static void stop_interrupted(void)
{
    interrupt_at = 0;
    interruption = NULL;
    luci_db_close(another);
    stop();
}

#define STATEMENTS_MAX 6 /* no use case here has more */

static void check_interrupted_looks(void)
{
    int met = 0;

    for (int at = 1; at <= STATEMENTS_MAX; at++) {
        start_interrupted("looked", at, take_over_elsewhere);
        tap_is_result(show(BARE, NOW, 1), LUCI_OK, "taken over before statement %d: who looks is signed in",
                      at);
        met += !interruption;
        is_stored(0, 1, "taken over once");
        tap_is_int(support_auth_number(lucia, "SELECT active_expires FROM user_session"), NOW + DAY,
                   "  the session migrated meanwhile is renewed");
        stop_interrupted();
    }
    tap_is_int(met, 4, "two looks, the hash and the renewal were interrupted");
}

static void check_interrupted_ends(void)
{
    luci_result_t answer;
    int met = 0;

    for (int at = 1; at <= STATEMENTS_MAX; at++) {
        start_interrupted("ended", at, take_over_elsewhere);
        tap_is_result(support_sign_out(lucia, BARE), LUCI_OK,
                      "taken over before statement %d: sign-out still works", at);
        met += !interruption;
        is_stored(0, 0, "a session migrated before its sign-out");
        stop_interrupted();
        start_interrupted("lost", at, sign_out_elsewhere);
        answer = show(BARE, NOW, 1);
        tap_ok(answer == LUCI_OK || answer == LUCI_NOT_FOUND, "  who looked gets an answer");
        if (!interruption)
            is_stored(0, 0, "nothing comes back");
        stop_interrupted();
    }
    tap_is_int(met, 2, "both statements of the sign-out were interrupted");
}

#define CLIENTS 4
#define SESSIONS 60

#define ID(session) apr_psprintf(pool, "%040d", session)

/* A child that shows all ids, once all children may. Its status is 0 when it was let in each time. */
static int show_all(int gate)
{
    char byte;
    int refused = read(gate, &byte, 1) != 0;

    for (int session = 1; session <= SESSIONS; session++)
        refused += show(ID(session), NOW, 1) != LUCI_OK || (found.is_unhashed && written != LUCI_BUSY);
    stop();
    return refused != 0;
}

static void check_at_once(int ours)
{
    int gate[2], refused = 0;
    pid_t clients[CLIENTS];

    start("at-once", ours, NOW + DAY);
    for (int session = 1; session <= SESSIONS; session++)
        leave_session(ID(session), NOW + (session % 2 ? DAY : -1));
    stop();
    if (pipe(gate) != 0)
        support_give_up("pipe", "none");
    for (int i = 0; i < CLIENTS; i++) {
        if ((clients[i] = fork()) == 0) {
            close(gate[1]);
            _exit(show_all(gate[0]));
        }
    }
    close(gate[1]);
    for (int i = 0; i < CLIENTS; i++)
        refused += support_await(clients[i]);
    close(gate[0]);
    tap_is_int(refused, 0, "%d at once show the same %d ids: all are let in", CLIENTS, SESSIONS);
    tap_is_int(support_auth_number(lucia, "SELECT count(*) FROM user_session WHERE length(id) = 64"),
               SESSIONS, "  all are hashed");
    tap_is_int(support_auth_number(lucia, "SELECT count(*) FROM user_session"), SESSIONS + 1,
               "  each session is migrated once");
}

int main(void)
{
    pool = support_start();
    support_takeover(pool);
    for (int ours = 0; ours < 2; ours++) {
        check_statements(ours);
        check_at_once(ours);
    }
    check_interrupted_looks();
    check_interrupted_ends();
    return tap_done();
}
