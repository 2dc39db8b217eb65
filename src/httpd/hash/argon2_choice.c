/* SPDX-License-Identifier: Apache-2.0 */
#include "httpd/hash/argon2_choice.h"

#include "core/password/arena.h"
#include "core/password/password_hash.h"
#include "httpd/base/config.h"

#include <http_config.h>
#include <http_log.h>

#include <time.h>

APLOG_USE_MODULE(luciauth);

#define KEY "mod_luciauth-argon2-choices"
#define COSTS_MAX 8   /* different costs whose choice is kept; further ones are measured at each restart */
#define ROUNDS 3      /* of each library, one after the other; the fastest of each counts */
#define ENOUGH 500000 /* microseconds after which no further round starts */
#define NEVER APR_INT64_MAX
#define PASSWORD "correct horse battery"

/* libsodium must be a tenth faster, because its memory is neither the slots' own nor wiped. */
#define SODIUM_SHARE 9
#define ARGON2_SHARE 10

typedef struct {
    luci_hash_cost_t cost;
    luci_argon2_library_t library;
} choice_t;

typedef struct {
    choice_t of[COSTS_MAX];
    int count;
} retained_t;

/* In microseconds; NEVER: the library does not compute this hash. */
typedef struct {
    apr_int64_t libargon2;
    apr_int64_t libsodium;
} measured_t;

/* ---- Measuring ---- */

/* Unlike the time that passes, that of the processor does not depend on what else the machine does. */
static apr_int64_t processor_time(void)
{
    struct timespec time = { 0 };

    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time);
    return (apr_int64_t)time.tv_sec * APR_USEC_PER_SEC + time.tv_nsec / 1000;
}

static void measure_once(const luci_hash_cost_t *cost, luci_argon2_library_t library, apr_int64_t *fastest)
{
    apr_int64_t start = processor_time(), took;

    /* DENIED means that the hash was computed. */
    if (luci_password_verify_dummy(cost, library, PASSWORD) != LUCI_DENIED)
        return;
    took = processor_time() - start;
    if (took < *fastest)
        *fastest = took;
}

/* In an arena such as the slots have. */
static measured_t measure(const luci_hash_cost_t *cost)
{
    size_t bytes = luci_arena_rounded((size_t)cost->memory_kib << 10);
    luci_arena_t arena = { luci_arena_map(bytes, 1, 0), bytes, NULL };
    measured_t measured = { NEVER, NEVER };
    apr_int64_t start = processor_time();

    if (!arena.memory)
        return measured;
    (void)luci_arena_warm(&arena);
    luci_arena_lend(&arena);
    for (int round = 0; round < ROUNDS && processor_time() - start < ENOUGH; round++) {
        measure_once(cost, LUCI_ARGON2_LIBARGON2, &measured.libargon2);
        measure_once(cost, LUCI_ARGON2_LIBSODIUM, &measured.libsodium);
    }
    luci_arena_lend(NULL);
    luci_arena_unmap(arena.memory, bytes, 1);
    return measured;
}

/* ---- Choosing ---- */

static int is_sodium_faster(const measured_t *measured)
{
    return measured->libsodium != NEVER &&
           (measured->libargon2 == NEVER ||
            measured->libsodium * ARGON2_SHARE <= measured->libargon2 * SODIUM_SHARE);
}

static luci_argon2_library_t choose(const luci_hash_cost_t *cost, server_rec *server)
{
    measured_t measured = measure(cost);
    int is_sodium = is_sodium_faster(&measured);

    if (measured.libargon2 == NEVER || measured.libsodium == NEVER)
        ap_log_error(APLOG_MARK, APLOG_WARNING, 0, server,
                     "LUCI0411: LuciaArgon2 auto: a hash of m=%u t=%u could not be measured with both "
                     "libraries; %s computes it; check the memory limit of this machine and the installation "
                     "of libsodium",
                     cost->memory_kib, cost->passes, is_sodium ? "libsodium" : "libargon2");
    else
        ap_log_error(APLOG_MARK, APLOG_NOTICE, 0, server,
                     "LUCI0410: LuciaArgon2 auto: %s computes m=%u t=%u; of the processor's time libargon2 "
                     "takes %" APR_INT64_T_FMT " us, libsodium %" APR_INT64_T_FMT " us",
                     is_sodium ? "libsodium" : "libargon2", cost->memory_kib, cost->passes,
                     measured.libargon2, measured.libsodium);
    return is_sodium ? LUCI_ARGON2_LIBSODIUM : LUCI_ARGON2_LIBARGON2;
}

static int is_same(const luci_hash_cost_t *a, const luci_hash_cost_t *b)
{
    return a->memory_kib == b->memory_kib && a->passes == b->passes && a->lanes == b->lanes;
}

static luci_argon2_library_t choice_of(const luci_hash_cost_t *cost, server_rec *server)
{
    retained_t *retained = ap_retained_data_get(KEY);
    choice_t choice = { .cost = *cost };

    if (!retained)
        retained = ap_retained_data_create(KEY, sizeof *retained);
    for (int i = 0; i < retained->count; i++) {
        if (is_same(&retained->of[i].cost, cost))
            return retained->of[i].library;
    }
    choice.library = choose(cost, server);
    if (retained->count < COSTS_MAX)
        retained->of[retained->count++] = choice;
    return choice.library;
}

void luci_argon2_choice_make(server_rec *main_server)
{
    static const luci_hash_cost_t usual = { LUCI_HASH_ARGON2ID, LUCI_ARGON2_MEMORY_KIB_DEFAULT,
                                            LUCI_ARGON2_PASSES_DEFAULT, LUCI_ARGON2_LANES_DEFAULT };

    for (server_rec *server = main_server; server; server = server->next) {
        luci_settings_t *settings = &luci_config_server(server)->settings;
        const luci_hash_cost_t *cost = settings->hash.kind == LUCI_HASH_ARGON2ID ? &settings->hash : &usual;

        if (!luci_config_server(server)->database.driver || settings->argon2 != LUCI_ARGON2_AUTO)
            continue;
        settings->argon2 = cost->lanes > 1 ? LUCI_ARGON2_LIBARGON2 : choice_of(cost, server);
    }
}
