/* SPDX-License-Identifier: Apache-2.0 */
#include "core/guard/deadline.h"

#include <fcntl.h>
#include <unistd.h>

/* Begins a watch of the deadline's socket. */
static int begin(luci_deadline_t *deadline, luci_ms_t max)
{
    if (!luci_watchdog_begin(&deadline->watch, deadline->socket, max))
        return 0;
    if (deadline->canceller)
        luci_watchdog_cancel_with(&deadline->watch, deadline->canceller);
    return 1;
}

int luci_deadline_limit(luci_deadline_t *deadline, luci_ms_t max)
{
    int was_over = deadline->is_limited && luci_watchdog_end(&deadline->watch);

    deadline->is_limited = max > 0 && begin(deadline, max);
    return was_over;
}

luci_ms_t luci_deadline_left(luci_deadline_t *deadline)
{
    return deadline->is_limited ? luci_watchdog_left(&deadline->watch) : LUCI_DEADLINE_CALL;
}

luci_result_t luci_deadline_follow(luci_deadline_t *deadline, int socket, const char **problem)
{
    deadline->socket = socket < 0 ? -1 : fcntl(socket, F_DUPFD_CLOEXEC, 0);
    if (deadline->socket < 0) {
        *problem = "the duration of its calls cannot be limited: its socket cannot be duplicated";
        return LUCI_UNAVAILABLE;
    }
    if (deadline->is_limited) {
        luci_watchdog_follow(&deadline->watch, deadline->socket);
        return LUCI_OK;
    }
    *problem = "the duration of its calls cannot be limited: no watchdog thread can be started";
    return luci_watchdog_is_running() ? LUCI_OK : LUCI_UNAVAILABLE;
}

void luci_deadline_cancel_with(luci_deadline_t *deadline, luci_canceller_t *canceller)
{
    deadline->canceller = canceller;
    if (deadline->is_limited)
        luci_watchdog_cancel_with(&deadline->watch, canceller);
}

void luci_deadline_leave(luci_deadline_t *deadline)
{
    if (deadline->is_limited) {
        luci_watchdog_follow(&deadline->watch, -1);
        luci_watchdog_cancel_with(&deadline->watch, NULL);
    }
    luci_canceller_release(deadline->canceller);
    deadline->canceller = NULL;
    if (deadline->socket >= 0)
        close(deadline->socket);
    deadline->socket = -1;
}

int luci_deadline_begin_call(luci_deadline_t *deadline)
{
    if (deadline->socket < 0)
        return 1;
    if (!deadline->is_limited && !begin(deadline, LUCI_DEADLINE_CALL))
        return 0;
    if (luci_watchdog_is_over(&deadline->watch))
        return 0;
    luci_watchdog_note_call(&deadline->watch, 1);
    return 1;
}

int luci_deadline_end_call(luci_deadline_t *deadline)
{
    if (deadline->socket < 0)
        return 0;
    luci_watchdog_note_call(&deadline->watch, 0);
    return deadline->is_limited ? luci_watchdog_is_over(&deadline->watch)
                                : luci_watchdog_end(&deadline->watch);
}

int luci_deadline_has_cancelled(luci_deadline_t *deadline)
{
    return luci_watchdog_has_cancelled(&deadline->watch);
}

int luci_deadline_has_cut(luci_deadline_t *deadline)
{
    return luci_watchdog_has_cut(&deadline->watch);
}
