/* SPDX-License-Identifier: Apache-2.0 */
/* What may take too long is waited for a bounded time, undone when nobody waits for it any more, and never
 * begun in more threads than allowed. */
#include "core/guard/offload.h"
#include "core/guard/times.h"
#include "lib/tap.h"

#include <apr_general.h>
#include <apr_pools.h>
#include <sys/wait.h>
#include <unistd.h>

#define LONG (60 * LUCI_MS_SECOND)

/* A piece of work: it's done once a byte comes through the pipe, and says so through the other one. */
typedef struct {
    int go[2];
    int end[2];
    const char *done; /* what it left behind */
    apr_pool_t *pool; /* where it is */
} piece_t;

static void wait_for_go(void *baton)
{
    piece_t *piece = baton;
    char byte;

    if (read(piece->go[0], &byte, 1) == 1)
        piece->done = "done";
}

static void say_undone(void *baton)
{
    piece_t *piece = baton;

    if (write(piece->end[1], piece->done ? "d" : "n", 1) != 1)
        tap_fail("the pipe is broken");
    apr_pool_destroy(piece->pool);
}

static luci_offload_t *threads;

static luci_offload_call_t new_piece(piece_t **piece)
{
    luci_offload_call_t call = { .work = wait_for_go, .abandon = say_undone };
    apr_pool_t *pool;

    apr_pool_create_unmanaged(&pool);
    *piece = call.baton = apr_pcalloc(pool, sizeof **piece);
    (*piece)->pool = pool;
    if (pipe((*piece)->go) != 0 || pipe((*piece)->end) != 0)
        tap_fail("the pipes are made");
    return call;
}

static void let_go(int end)
{
    tap_is_int(write(end, "x", 1), 1, "the abandoned call is released");
}

static void check_done(void)
{
    piece_t *piece;
    luci_offload_call_t call = new_piece(&piece);

    let_go(piece->go[1]);
    tap_is_result(luci_offload_run(threads, &call, LONG), LUCI_OK, "what is done in time");
    tap_is_str(piece->done, "done", "  the piece done in time is there");
    apr_pool_destroy(piece->pool);
}

static void check_abandoned(void)
{
    piece_t *piece;
    luci_offload_call_t call = new_piece(&piece);
    int go = piece->go[1], end = piece->end[0];
    char how = 0;

    tap_is_result(luci_offload_run(threads, &call, 20), LUCI_BUSY, "what takes too long is abandoned");
    let_go(go);
    tap_is_int(read(end, &how, 1), 1, "  the abandoned piece is undone");
    tap_is_int(how, 'd', "  after it was done");
}

static void check_max(void)
{
    int go[LUCI_OFFLOAD_MAX], end[LUCI_OFFLOAD_MAX], abandoned = 0, undone = 0;
    luci_offload_call_t call;
    piece_t *piece;
    char how;

    for (int i = 0; i < LUCI_OFFLOAD_MAX; i++) {
        call = new_piece(&piece);
        go[i] = piece->go[1];
        end[i] = piece->end[0];
        abandoned += luci_offload_run(threads, &call, 1) == LUCI_BUSY;
    }
    tap_is_int(abandoned, LUCI_OFFLOAD_MAX, "as many calls hang as may be abandoned");
    call = new_piece(&piece);
    tap_is_result(luci_offload_run(threads, &call, LONG), LUCI_INTERNAL, "  one more is not begun");
    apr_pool_destroy(piece->pool);
    for (int i = 0; i < LUCI_OFFLOAD_MAX; i++)
        undone += write(go[i], "x", 1) == 1 && read(end[i], &how, 1) == 1;
    tap_is_int(undone, LUCI_OFFLOAD_MAX, "  all come to their end");
    check_done();
}

/* A fork has none of the threads that the group had. */
static void check_fork(void)
{
    piece_t *piece;
    luci_offload_call_t call = new_piece(&piece);
    pid_t child;
    int status = -1;

    let_go(piece->go[1]);
    child = fork();
    if (child == 0)
        _exit(luci_offload_run(threads, &call, LONG) == LUCI_OK && piece->done ? 0 : 1);
    tap_ok(child > 0 && waitpid(child, &status, 0) == child && status == 0, "a fork starts its own threads");
    apr_pool_destroy(piece->pool);
}

int main(void)
{
    apr_initialize();
    threads = luci_offload_create(LUCI_OFFLOAD_MAX);
    check_done();
    check_abandoned();
    check_max();
    check_fork();
    return tap_done();
}
