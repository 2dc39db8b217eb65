/* SPDX-License-Identifier: Apache-2.0 */
#include "core/guard/deadline.h"

#include <fcntl.h>
#include <unistd.h>

void luci_deadline_limit(luci_deadline_t *deadline, luci_ms_t max)
{
    if (deadline->is_limited)
        (void)luci_watchdog_end(&deadline->watch);
    deadline->is_limited = max > 0 && luci_watchdog_begin(&deadline->watch, deadline->socket, max);
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

void luci_deadline_leave(luci_deadline_t *deadline)
{
    if (deadline->is_limited)
        luci_watchdog_follow(&deadline->watch, -1);
    if (deadline->socket >= 0)
        close(deadline->socket);
    deadline->socket = -1;
}

int luci_deadline_begin_call(luci_deadline_t *deadline)
{
    if (deadline->socket < 0)
        return 1;
    if (deadline->is_limited)
        return !luci_watchdog_is_over(&deadline->watch);
    return luci_watchdog_begin(&deadline->watch, deadline->socket, LUCI_DEADLINE_CALL);
}

int luci_deadline_end_call(luci_deadline_t *deadline)
{
    if (deadline->socket < 0)
        return 0;
    return deadline->is_limited ? luci_watchdog_is_over(&deadline->watch)
                                : luci_watchdog_end(&deadline->watch);
}
