/* SPDX-License-Identifier: Apache-2.0 */
/* Which idle handle of a pool is lent or ended, whether the pool may open a further connection, and whether
 * the server lacks connections, all at times that are played. */
#include "core/guard/growth.h"
#include "core/guard/idle_list.h"
#include "core/guard/shortage.h"
#include "core/guard/times.h"
#include "lib/tap.h"

#include <apr_general.h>
#include <stdlib.h>

#define NOW ((apr_time_t)1700000000000000)
#define SECOND ((apr_time_t)1000000)
#define HOUR (3600 * SECOND)
#define IDLE (30 * SECOND)

static apr_pool_t *pool;
static char handle[4];

static luci_idle_list_t new_list(void)
{
    luci_idle_list_t list;

    luci_idle_init(&list, 4, pool);
    return list;
}

static void check_lending(void)
{
    luci_idle_list_t list = new_list();

    tap_ok(!luci_idle_take_connected(&list) && !luci_idle_take_closed(&list), "an empty list lends nothing");
    luci_idle_put(&list, &handle[0], 1, NOW);
    luci_idle_put(&list, &handle[1], 1, NOW + 1);
    luci_idle_put(&list, &handle[2], 0, NOW + 2);
    luci_idle_put(&list, &handle[3], 0, NOW + 3);
    tap_ok(luci_idle_take_connected(&list) == &handle[1],
           "a connected handle is lent before one that is not, the one used last first");
    tap_ok(luci_idle_take_connected(&list) == &handle[0], "the other connected handle is lent next");
    tap_ok(!luci_idle_take_connected(&list), "a handle that is not connected does not count as connected");
    tap_ok(luci_idle_take_closed(&list) && luci_idle_take_closed(&list) && !luci_idle_take_closed(&list),
           "both handles that are not connected are lent, once each");
    tap_is_int(list.count, 0, "the list is empty then");
}

static void check_ending(void)
{
    luci_idle_list_t list = new_list();

    for (int i = 0; i < 3; i++)
        luci_idle_put(&list, &handle[i], 1, NOW + i * SECOND);
    luci_idle_put(&list, &handle[3], 0, NOW - HOUR);
    tap_ok(!luci_idle_take_due(&list, 1, IDLE, NOW + IDLE - 1), "no handle ends before its time");
    tap_ok(luci_idle_take_due(&list, 1, IDLE, NOW + IDLE) == &handle[0],
           "the one idle the longest ends first");
    tap_ok(!luci_idle_take_due(&list, 1, IDLE, NOW + IDLE), "the next one ends when it was idle as long");
    tap_ok(luci_idle_take_due(&list, 1, IDLE, NOW + HOUR) == &handle[1], "the next handle ends then");
    tap_ok(!luci_idle_take_due(&list, 1, IDLE, NOW + HOUR), "one is kept, however long it is idle");
    tap_ok(luci_idle_take_due(&list, 0, IDLE, NOW + HOUR) == &handle[2], "none is kept where none may be");
    tap_ok(!luci_idle_take_due(&list, 0, 0, NOW + HOUR), "a handle that is not connected does not end");
    luci_idle_put(&list, &handle[0], 1, NOW + HOUR);
    tap_ok(!luci_idle_take_due(&list, 0, IDLE, NOW), "a clock that is set back ends no handle at once");
    tap_ok(luci_idle_take_due(&list, 0, IDLE, NOW + IDLE) == &handle[0],
           "a clock that is set back keeps no handle any longer");
}

static void check_growth(void)
{
    luci_growth_t growth = { 0 };

    tap_ok(luci_growth_may(&growth, NOW) && luci_growth_may(&growth, NOW), "a pool grows as it needs");
    luci_growth_refused(&growth, LUCI_GROWTH_PAUSE, NOW);
    tap_ok(!luci_growth_may(&growth, NOW + LUCI_GROWTH_PAUSE - 1),
           "after a refusal it does not grow for a pause");
    tap_is_int(luci_growth_wait(&growth, NOW + LUCI_GROWTH_PAUSE - 1), 1,
               "what is left of the pause is told");
    tap_ok(luci_growth_may(&growth, NOW + LUCI_GROWTH_PAUSE), "after the pause the pool tries again");
    tap_ok(!luci_growth_may(&growth, NOW + LUCI_GROWTH_PAUSE), "one attempt is made at a time");
    luci_growth_opened(&growth);
    tap_ok(luci_growth_may(&growth, NOW + LUCI_GROWTH_PAUSE), "after a success it grows as it needs");
    luci_growth_refused(&growth, LUCI_GROWTH_PAUSE, NOW);
    tap_ok(luci_growth_may(&growth, NOW - HOUR), "a clock that is set back does not prolong the pause");
}

static void check_shortage(void)
{
    luci_shortage_t *shortage = luci_shortage_create(pool);

    if (!shortage) {
        tap_fail("a shortage is created in shared memory");
        return;
    }
    tap_ok(!luci_shortage_is_on(shortage, NOW), "at first there is no shortage");
    luci_shortage_note(shortage, 0, NOW);
    tap_ok(luci_shortage_is_on(shortage, NOW + LUCI_SHORTAGE_LASTS - 1),
           "a refusal is a shortage for a while");
    tap_ok(!luci_shortage_is_urgent(shortage, NOW), "it is not urgent where a child has other connections");
    tap_ok(!luci_shortage_is_on(shortage, NOW + LUCI_SHORTAGE_LASTS), "it is over after that");
    tap_ok(!luci_shortage_is_on(shortage, NOW - HOUR), "it is over when the clock was set back");
    luci_shortage_note(shortage, 1, NOW);
    tap_ok(luci_shortage_is_urgent(shortage, NOW + LUCI_SHORTAGE_URGENT - 1),
           "it is urgent for a while when a child has no connection");
    tap_ok(!luci_shortage_is_urgent(shortage, NOW + LUCI_SHORTAGE_URGENT),
           "it is not urgent any more after that");
}

int main(void)
{
    if (apr_initialize() != APR_SUCCESS || apr_pool_create(&pool, NULL) != APR_SUCCESS)
        return EXIT_FAILURE;
    check_lending();
    check_ending();
    check_growth();
    check_shortage();
    apr_terminate();
    return tap_done();
}
