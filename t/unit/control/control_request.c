/* SPDX-License-Identifier: Apache-2.0 */
/* What a client of the control socket asks to be cleared, and which counts that is. */
#include "core/control/control_request.h"
#include "lib/tap.h"

#include <apr_general.h>

#define ADDRESS "192.0.2.1" /* an address, and a possible username, too */

static apr_pool_t *pool;

static luci_throttle_count_t count_of(luci_throttle_kind_t kind, const char *name)
{
    luci_throttle_count_t count = { 0 };

    luci_throttle_count_init(&count, kind, name);
    return count;
}

static luci_control_target_t target_of(int words, const char *what, const char *name)
{
    const char *const line[] = { "throttle-clear", what, name };
    luci_control_target_t target;
    const char *problem = luci_control_target_read(line, words, &target, pool);

    tap_is_str(problem, NULL, "throttle-clear %s is read", what);
    return target;
}

static void check_targets(void)
{
    luci_throttle_count_t account = count_of(LUCI_THROTTLE_ACCOUNT, ADDRESS);
    luci_throttle_count_t address = count_of(LUCI_THROTTLE_ADDRESS, ADDRESS);
    luci_throttle_count_t other = count_of(LUCI_THROTTLE_ADDRESS_SUCCESS, "192.0.2.2");
    luci_throttle_count_t factor = count_of(LUCI_THROTTLE_FACTOR, ADDRESS);
    luci_control_target_t target = target_of(3, "account", ADDRESS);

    tap_ok(luci_control_target_has(&target, &account), "an account's count belongs to its account");
    tap_ok(luci_control_target_has(&target, &factor), "the count of a second factor belongs to its account");
    tap_ok(!luci_control_target_has(&target, &address),
           "an address is not cleared with an account of the same name");
    target = target_of(3, "address", "::ffff:" ADDRESS);
    tap_ok(luci_control_target_has(&target, &address), "an address' count belongs to its IPv4-mapped form");
    tap_ok(!luci_control_target_has(&target, &account),
           "an account is not cleared with an address of the same name");
    tap_ok(!luci_control_target_has(&target, &other), "the count of another address is not cleared");
    target = target_of(2, "all", NULL);
    tap_ok(luci_control_target_has(&target, &account) && luci_control_target_has(&target, &other),
           "throttle-clear all has every count");
}

static void check_refusals(void)
{
    const char *const nothing[] = { "throttle-clear" }, *const more[] = { "throttle-clear", "all",
                                                                          "accounts" };
    luci_control_target_t target;

    tap_ok(luci_control_target_read(nothing, 1, &target, pool) != NULL,
           "throttle-clear without a target is refused");
    tap_ok(luci_control_target_read(more, 3, &target, pool) != NULL,
           "throttle-clear all with a name is refused");
}

int main(void)
{
    apr_initialize();
    apr_pool_create(&pool, NULL);
    check_targets();
    check_refusals();
    apr_terminate();
    return tap_done();
}
