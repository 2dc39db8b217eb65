/* SPDX-License-Identifier: Apache-2.0 */
#include "ctl/commands/commands.h"

#include "core/config/directive_types.h"
#include "core/config/directives.h"
#include "core/password/password_hash.h"
#include "ctl/cli/say.h"
#include "ctl/commands/hash_time.h"

#include <apr_strings.h>
#include <unistd.h>

#define SLOTS_MAX 256    /* as LuciaHashSlots */
#define MEMORY_SHARE 4   /* by default, all hashes together may use 1/4 of the machine's memory */
#define MEMORY_STEP 1024 /* KiB: proposals are whole MiB */
#define TRIES 4          /* measurements to find a cost below the target */
#define NEAR(target) ((target)*9 / 10)

/* The options, and the proposal. */
typedef struct {
    luci_invocation_t *call;
    apr_int64_t target; /* microseconds */
    apr_int64_t memory_kib;
    apr_int64_t slots;
    apr_uint32_t max_kib; /* of one hash */
    luci_argon2_library_t library;
    luci_hash_cost_t cost;
    apr_int64_t microseconds; /* of a hash while all slots are busy */
    apr_int64_t alone;        /* of a hash while no other runs, in microseconds */
} bench_t;

/* The minimum that is ever proposed, from OWASP's Password Storage Cheat Sheet for Argon2id. */
static const luci_hash_cost_t least = { LUCI_HASH_ARGON2ID, LUCI_ARGON2_MEMORY_KIB_DEFAULT,
                                        LUCI_ARGON2_PASSES_DEFAULT, LUCI_ARGON2_LANES_DEFAULT };

/* ---- Options ---- */

static luci_exit_t take_target(bench_t *bench)
{
    static const luci_limits_t limits = { .min = 10, .max = 10 * LUCI_MS_SECOND };
    const char *written = luci_command_value(bench->call, "target"), *problem;
    luci_time_value_t ms = 50;

    if (written) {
        apr_array_header_t *words = apr_array_make(bench->call->pool, 1, sizeof(const char *));

        APR_ARRAY_PUSH(words, const char *) = written;
        problem = luci_type_time.parse(words, &limits, &ms, bench->call->pool);
        if (problem)
            return luci_command_misuse(
                bench->call,
                apr_psprintf(bench->call->pool, "--target: \"%s\" is not allowed: %s", written, problem));
    }
    bench->target = ms * 1000;
    return LUCI_EXIT_DONE;
}

/* The same words as LuciaArgon2, with the same default. */
static luci_exit_t take_library(bench_t *bench)
{
    apr_pool_t *pool = bench->call->pool;
    luci_server_config_t *config = luci_directives_defaults(&luci_scope_server, pool);
    const char *written = luci_command_value(bench->call, "argon2"), *problem = NULL;

    if (written)
        problem = luci_directives_set(luci_directives_find("LuciaArgon2"), written, config, pool);
    if (problem)
        return luci_command_misuse(bench->call, apr_psprintf(pool, "--argon2: %s", problem));
    bench->library = config->settings.argon2;
    return LUCI_EXIT_DONE;
}

static luci_exit_t take_options(bench_t *bench)
{
    apr_int64_t memory_mib = luci_hash_time_memory_kib() / 1024 / MEMORY_SHARE;
    luci_exit_t status = take_target(bench);

    bench->slots = sysconf(_SC_NPROCESSORS_ONLN);
    if (status == LUCI_EXIT_DONE)
        status = take_library(bench);
    if (status == LUCI_EXIT_DONE)
        status = luci_command_number(bench->call, "memory", 1, APR_INT32_MAX, &memory_mib);
    if (status == LUCI_EXIT_DONE)
        status = luci_command_number(bench->call, "slots", 1, SLOTS_MAX, &bench->slots);
    bench->memory_kib = memory_mib * 1024;
    return status;
}

/* Divides the memory among the slots, and takes fewer slots if it is not enough for all. */
static luci_exit_t share_memory(bench_t *bench)
{
    apr_int64_t possible = bench->memory_kib / least.memory_kib;

    if (possible < 1)
        return luci_say_error(LUCI_EXIT_REFUSED, "a hash needs at least %u KiB; --memory %d is less",
                              least.memory_kib, (int)(bench->memory_kib / 1024));
    if (possible < bench->slots)
        bench->slots = possible;
    bench->max_kib = (apr_uint32_t)(bench->memory_kib / bench->slots);
    if (bench->max_kib > LUCI_ARGON2_MEMORY_KIB_MAX)
        bench->max_kib = LUCI_ARGON2_MEMORY_KIB_MAX;
    return LUCI_EXIT_DONE;
}

/* ---- Searching: memory grows before passes, because it makes attacks more expensive ---- */

static luci_result_t measure(bench_t *bench)
{
    return luci_hash_time(&bench->cost, bench->library, (int)bench->slots, &bench->microseconds,
                          bench->call->pool);
}

static apr_uint32_t bounded(apr_int64_t value, apr_uint32_t low, apr_uint32_t high)
{
    return value < low ? low : value > high ? high : (apr_uint32_t)value;
}

/* Sets the passes so that a hash with the same memory takes the target's time. */
static void scale_passes(bench_t *bench)
{
    bench->cost.passes = bounded(bench->cost.passes * bench->target / bench->microseconds, least.passes,
                                 LUCI_ARGON2_PASSES_MAX);
}

/* Sets the memory so that a hash with the same passes takes the target's time. */
static void scale_memory(bench_t *bench)
{
    apr_int64_t kib = bench->cost.memory_kib * bench->target / bench->microseconds;

    bench->cost.memory_kib = bounded(kib - kib % MEMORY_STEP, least.memory_kib, bench->max_kib);
}

static luci_result_t search(bench_t *bench)
{
    luci_result_t result;

    bench->cost = least;
    result = measure(bench);
    if (result != LUCI_OK || bench->microseconds >= bench->target)
        return result;
    scale_memory(bench);
    result = measure(bench);
    if (result == LUCI_OK && bench->microseconds < NEAR(bench->target)) {
        if (bench->cost.memory_kib >= bench->max_kib - MEMORY_STEP)
            scale_passes(bench);
        else
            scale_memory(bench);
        result = measure(bench);
    }
    for (int i = 0; i < TRIES && result == LUCI_OK && bench->microseconds > bench->target; i++) {
        if (bench->cost.passes > least.passes)
            scale_passes(bench);
        else
            scale_memory(bench);
        result = measure(bench);
    }
    return result;
}

/* ---- The proposal ---- */

static const char *number(apr_int64_t value, apr_pool_t *pool)
{
    return apr_psprintf(pool, "%" APR_INT64_T_FMT, value);
}

static const luci_column_t columns[] = {
    { "memoryKiB", "Memory of a hash (KiB)", LUCI_CELL_NUMBER, NULL },
    { "passes", "Passes", LUCI_CELL_NUMBER, NULL },
    { "lanes", "Lanes", LUCI_CELL_NUMBER, NULL },
    { "slots", "Hashes at once", LUCI_CELL_NUMBER, NULL },
    { "totalMemoryMiB", "Memory of all (MiB)", LUCI_CELL_NUMBER, NULL },
    { "milliseconds", "Time of a hash, all slots busy (ms)", LUCI_CELL_NUMBER, NULL },
    { "millisecondsAlone", "Time of a hash alone (ms)", LUCI_CELL_NUMBER, NULL },
    { "hashesPerSecond", "Hashes a second", LUCI_CELL_NUMBER, NULL },
    { "withinTarget", "Within the target", LUCI_CELL_FLAG, NULL },
    { "directive", "Directive", LUCI_CELL_TEXT, NULL },
    { "slotsDirective", "Directive for slots", LUCI_CELL_TEXT, NULL },
    LUCI_COLUMNS_END,
};

static void show(const bench_t *bench)
{
    apr_pool_t *pool = bench->call->pool;
    const luci_hash_cost_t *cost = &bench->cost;
    const char *cells[] = {
        number(cost->memory_kib, pool),
        number(cost->passes, pool),
        number(cost->lanes, pool),
        number(bench->slots, pool),
        number((cost->memory_kib * bench->slots + 1023) / 1024, pool),
        number((bench->microseconds + 999) / 1000, pool),
        number((bench->alone + 999) / 1000, pool),
        number(bench->slots * 1000000 / bench->microseconds, pool),
        bench->microseconds <= bench->target ? "1" : "0",
        apr_psprintf(pool, "LuciaPasswordHash argon2id m=%u t=%u p=%u", cost->memory_kib, cost->passes,
                     cost->lanes),
        apr_psprintf(pool, "LuciaHashSlots %d", (int)bench->slots),
    };

    luci_output_record(bench->call->output, columns, LUCI_COLUMNS_COUNT(columns), cells);
}

static luci_exit_t run_hash_bench(luci_invocation_t *call)
{
    bench_t bench = { .call = call };
    luci_exit_t status = take_options(&bench);
    luci_result_t result;

    if (status == LUCI_EXIT_DONE)
        status = share_memory(&bench);
    if (status != LUCI_EXIT_DONE)
        return status;
    result = search(&bench);
    if (result == LUCI_OK)
        result = luci_hash_time(&bench.cost, bench.library, 1, &bench.alone, call->pool);
    if (result != LUCI_OK)
        return luci_say_error(LUCI_EXIT_REFUSED, "there is not enough memory for %d hashes of %u KiB at once",
                              (int)bench.slots, bench.cost.memory_kib);
    if (bench.microseconds > bench.target)
        luci_say_note("The target cannot be met: %s.", bench.cost.memory_kib == least.memory_kib
                                                           ? "even the minimum safe cost takes longer"
                                                           : "the times vary too much on this busy machine");
    show(&bench);
    return LUCI_EXIT_DONE;
}

static const luci_option_t options[] = {
    { "target", "TIME", "maximum time of a hash while all slots are busy; default 50ms", 0 },
    { "memory", "MIB", "memory of all hashes together; default a quarter of the machine's", 0 },
    { "slots", "N", "hashes that run at once, as LuciaHashSlots; default the number of cores", 0 },
    { "argon2", "LIBRARY", "auto, libargon2 or libsodium, as LuciaArgon2; default libargon2", 0 },
    { NULL, NULL, NULL, 0 },
};

const luci_command_t luci_command_hash_bench = {
    "hash-bench",
    "",
    "Proposes the cost of password hashes for this machine",
    "It hashes for a few seconds, with one thread for each slot, and prints the\n"
    "LuciaPasswordHash that comes closest to the target without exceeding it. It never\n"
    "proposes less than m=19456 t=2 p=1, the minimum that OWASP recommends, even if that\n"
    "exceeds the target. No database is needed. Run it while the machine has its usual\n"
    "load. Users get a hash with the new cost at their next sign-in.\n",
    options,
    0,
    0,
    run_hash_bench,
    columns,
};
