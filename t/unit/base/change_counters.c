/* SPDX-License-Identifier: Apache-2.0 */
/* Change counters: which copies a change ends, and watches of several counters. Specification: S9.13. */
#include "core/base/change_counters.h"

#include "lib/tap.h"

#include <string.h>

static luci_change_counters_t counters;
static unsigned char keys[LUCI_WATCHED_MAX + 2][LUCI_SHA256_BYTES];

static luci_change_watch_t watch_of(int count)
{
    luci_change_watch_t watch = { 0 };

    for (int i = 0; i < count; i++)
        luci_change_watch_add(&watch, keys[i], luci_change_counter(&counters, keys[i]));
    return watch;
}

static void check_counters(void)
{
    apr_uint32_t before = luci_change_counter(&counters, keys[0]), all = luci_change_counters_all(&counters);

    luci_change_counter_move(&counters, keys[1]);
    tap_ok(luci_change_counter(&counters, keys[0]) == before,
           "a change does not move the counter of another key");
    tap_ok(luci_change_counters_all(&counters) != all, "a change of any key moves the number of all changes");
    luci_change_counter_move(&counters, keys[0]);
    tap_ok(luci_change_counter(&counters, keys[0]) != before, "a change moves the counter of its key");
    luci_change_counter_move(NULL, keys[0]);
    tap_ok(luci_change_counter(NULL, keys[0]) == 0 && luci_change_counters_all(NULL) == 0,
           "without counters all numbers are 0");
}

static void check_watches(void)
{
    luci_change_watch_t watch = watch_of(LUCI_WATCHED_MAX), late = { 0 };

    tap_ok(luci_change_watch_is_unchanged(&watch, &counters), "a watch is unchanged before a change");
    luci_change_counter_move(&counters, keys[LUCI_WATCHED_MAX]);
    tap_ok(luci_change_watch_is_unchanged(&watch, &counters),
           "a change of another key leaves a watch unchanged");
    for (int i = 0; i < LUCI_WATCHED_MAX; i++) {
        watch = watch_of(LUCI_WATCHED_MAX);
        luci_change_counter_move(&counters, keys[i]);
        tap_ok(!luci_change_watch_is_unchanged(&watch, &counters), "a watch notices a change of key %d", i);
    }
    luci_change_watch_add(&late, keys[0], luci_change_counter(&counters, keys[0]) - 1);
    tap_ok(!luci_change_watch_is_unchanged(&late, &counters),
           "a watch with the value of before a change is not unchanged");
    watch = watch_of(LUCI_WATCHED_MAX + 1);
    tap_ok(!luci_change_watch_is_unchanged(&watch, &counters),
           "a watch of too many counters is never unchanged");
    watch = watch_of(0);
    tap_ok(luci_change_watch_is_unchanged(&watch, &counters), "a watch of no counter is unchanged");
}

int main(void)
{
    for (size_t i = 0; i < sizeof keys / sizeof *keys; i++)
        keys[i][LUCI_SHA256_BYTES - 1] = (unsigned char)(i + 1);
    check_counters();
    check_watches();
    return tap_done();
}
