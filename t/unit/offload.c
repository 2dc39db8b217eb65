/* SPDX-License-Identifier: Apache-2.0 */
/* What may take too long is waited for a bounded time, undone when nobody waits for it any more, and never
 * begun in more threads than allowed. */
#include "core/guard/offload.h"
#include "tap.h"

#include <apr_general.h>
#include <poll.h>
#include <unistd.h>

#define LONG (60 * LUCI_MS_SECOND)

/* A piece of work: it's done once a byte comes through the pipe, and says so through the other one. */
typedef struct {
    int go[2];
    int end[2];
    const char *done; /* what it left behind */
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
}

static volatile apr_uint32_t threads;

static luci_offload_t new_piece(piece_t **piece)
{
    luci_offload_t aside = { .work = wait_for_go, .undo = say_undone, .threads = &threads };

    apr_pool_create_unmanaged(&aside.pool);
    *piece = aside.baton = apr_pcalloc(aside.pool, sizeof **piece);
    if (pipe((*piece)->go) != 0 || pipe((*piece)->end) != 0)
        tap_fail("no pipes");
    return aside;
}

static void let_go(int end)
{
    tap_is_int(write(end, "x", 1), 1, "it comes to its end");
}

static void check_done(void)
{
    piece_t *piece;
    luci_offload_t aside = new_piece(&piece);

    let_go(piece->go[1]);
    tap_is_result(luci_offload_run(&aside, LONG), LUCI_OK, "what is done in time");
    tap_is_str(piece->done, "done", "  is there");
    apr_pool_destroy(aside.pool);
}

static void check_abandoned(void)
{
    piece_t *piece;
    luci_offload_t aside = new_piece(&piece);
    int go = piece->go[1], end = piece->end[0];
    char how = 0;

    tap_is_result(luci_offload_run(&aside, 20), LUCI_BUSY, "what takes too long is abandoned");
    let_go(go);
    tap_is_int(read(end, &how, 1), 1, "  and is undone");
    tap_is_int(how, 'd', "  after it was done");
}

static void check_max(void)
{
    int go[LUCI_OFFLOAD_MAX], end[LUCI_OFFLOAD_MAX], abandoned = 0, undone = 0;
    luci_offload_t aside;
    piece_t *piece;
    char how;

    for (int i = 0; i < LUCI_OFFLOAD_MAX; i++) {
        aside = new_piece(&piece);
        go[i] = piece->go[1];
        end[i] = piece->end[0];
        abandoned += luci_offload_run(&aside, 1) == LUCI_BUSY;
    }
    tap_is_int(abandoned, LUCI_OFFLOAD_MAX, "as many as are allowed hang");
    aside = new_piece(&piece);
    tap_is_result(luci_offload_run(&aside, LONG), LUCI_INTERNAL, "  one more is not begun");
    apr_pool_destroy(aside.pool);
    for (int i = 0; i < LUCI_OFFLOAD_MAX; i++)
        undone += write(go[i], "x", 1) == 1 && read(end[i], &how, 1) == 1;
    tap_is_int(undone, LUCI_OFFLOAD_MAX, "  all come to their end");
    check_done();
}

int main(void)
{
    apr_initialize();
    check_done();
    check_abandoned();
    check_max();
    return tap_done();
}
