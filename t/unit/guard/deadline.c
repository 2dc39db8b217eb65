/* SPDX-License-Identifier: Apache-2.0 */
/* The time of calls on a socket: each by itself, or several together; and what can't be watched is refused.
 */
#include "core/guard/deadline.h"
#include "lib/tap.h"

#include <sys/socket.h>
#include <unistd.h>

#define SHORT 200 /* ms */

static luci_deadline_t deadline;
static int ends[2];

static void start(void)
{
    const char *problem = NULL;

    deadline = (luci_deadline_t){ .socket = -1 };
    if (socketpair(AF_UNIX, SOCK_STREAM, 0, ends) != 0)
        tap_fail("no pair of sockets");
    tap_is_result(luci_deadline_follow(&deadline, ends[0], &problem), LUCI_OK, "a deadline follows a socket");
    tap_ok(deadline.socket >= 0 && deadline.socket != ends[0], "  is watched as a duplicate");
}

static void stop(void)
{
    luci_deadline_leave(&deadline);
    tap_is_int(deadline.socket, -1, "  the duplicate of the socket is closed");
    close(ends[0]);
    close(ends[1]);
}

/* A call that is answered, or hangs. */
static int call(int is_answered)
{
    char byte = 'x';

    if (!luci_deadline_begin_call(&deadline))
        return -1;
    if (is_answered && write(ends[1], &byte, 1) != 1)
        tap_fail("nothing can be written");
    (void)!read(ends[0], &byte, 1);
    return luci_deadline_end_call(&deadline);
}

static void check_each(void)
{
    start();
    tap_is_int((int)luci_deadline_left(&deadline), (int)LUCI_DEADLINE_CALL, "each call has its own time");
    tap_is_int(call(1), 0, "  one is answered");
    tap_is_int(call(0), 1, "  one is cut off");
    tap_is_int((int)luci_deadline_left(&deadline), (int)LUCI_DEADLINE_CALL, "  the next has as much again");
    stop();
}

static void check_together(void)
{
    const char *problem;

    start();
    luci_deadline_limit(&deadline, SHORT);
    tap_is_int(call(1), 0, "of several calls the first one is answered");
    tap_is_int(call(0), 1, "  the second one is cut off");
    tap_is_int((int)luci_deadline_left(&deadline), 0, "  no time is left");
    tap_is_int(call(1), -1, "  a third call is not begun without time");
    luci_deadline_leave(&deadline);
    tap_is_result(luci_deadline_follow(&deadline, ends[1], &problem), LUCI_OK,
                  "  an expired deadline follows another socket");
    tap_is_int(call(1), -1, "  a call on the other socket has no time left");
    luci_deadline_limit(&deadline, SHORT);
    tap_is_int(luci_deadline_begin_call(&deadline), 1, "  until there is time again");
    tap_is_int(luci_deadline_end_call(&deadline), 0, "  a call is in time once there is time again");
    luci_deadline_limit(&deadline, 0);
    tap_is_int((int)luci_deadline_left(&deadline), (int)LUCI_DEADLINE_CALL, "  for each, in the end");
    stop();
}

static void check_refused(void)
{
    luci_deadline_t none = { .socket = -1 };
    const char *problem = NULL;
    int closed = dup(0);

    close(closed);
    tap_is_result(luci_deadline_follow(&none, -1, &problem), LUCI_UNAVAILABLE, "no socket: refused");
    tap_ok(problem != NULL, "  with a reason");
    tap_is_result(luci_deadline_follow(&none, closed, &problem), LUCI_UNAVAILABLE,
                  "no duplicate of it: refused");
    tap_is_int(none.socket, -1, "  a refused deadline leaves no socket open");
    tap_ok(luci_deadline_begin_call(&none) && !luci_deadline_end_call(&none), "what has none is not watched");
}

int main(void)
{
    check_each();
    check_together();
    check_refused();
    return tap_done();
}
