/* SPDX-License-Identifier: Apache-2.0 */
/* Both libraries compute the same bytes; LuciaArgon2 chooses between them, and libargon2 computes what
 * libsodium cannot. Which one computes is counted by standing in front of both. */
#include "core/password/password_argon2_int.h"
#include "core/password/password_hash.h"
#include "password/password_vectors.h"
#include "lib/support.h"
#include "lib/tap.h"

#include <apr_general.h>
#include <dlfcn.h>
#include <pthread.h>
#include <sodium.h>
#include <string.h>

#define THREADS 8
#define RANDOM_ROUNDS 300
#define UNITS_MAX 255 /* UTF-16 units of a password */

/* ---- The counters ---- */

static int by_libargon2, by_sodium;    /* computed since the last reset */
static int starts;                     /* successful calls of sodium_init */
static int no_start, no_hash, no_avx2; /* 1: libsodium fails there, or the processor lacks it */

int argon2_ctx(argon2_context *context, argon2_type type)
{
    int (*real)(argon2_context *, argon2_type);

    *(void **)&real = dlsym(RTLD_NEXT, "argon2_ctx");
    __sync_fetch_and_add(&by_libargon2, 1);
    return real(context, type);
}

int sodium_init(void)
{
    int (*real)(void);

    *(void **)&real = dlsym(RTLD_NEXT, "sodium_init");
    if (no_start)
        return -1;
    __sync_fetch_and_add(&starts, 1);
    return real();
}

/* 0 before sodium_init, as the real one. */
int sodium_runtime_has_avx2(void)
{
    return __atomic_load_n(&starts, __ATOMIC_RELAXED) > 0 && !no_avx2;
}

int crypto_pwhash(unsigned char *const out, unsigned long long outlen, const char *const passwd,
                  unsigned long long passwdlen, const unsigned char *const salt, unsigned long long opslimit,
                  size_t memlimit, int alg)
{
    int (*real)(unsigned char *, unsigned long long, const char *, unsigned long long, const unsigned char *,
                unsigned long long, size_t, int);

    *(void **)&real = dlsym(RTLD_NEXT, "crypto_pwhash");
    __sync_fetch_and_add(&by_sodium, 1);
    return no_hash ? -1 : real(out, outlen, passwd, passwdlen, salt, opslimit, memlimit, alg);
}

static void are_counts(int sodium, int libargon2, const char *what)
{
    tap_ok(by_sodium == sodium && by_libargon2 == libargon2, "%s: %d by libsodium, %d by libargon2", what,
           sodium, libargon2);
    by_sodium = by_libargon2 = 0;
}

/* ---- Both, for many inputs ---- */

static char longest_ascii[UNITS_MAX + 1], longest_2[2 * UNITS_MAX + 1], longest_3[3 * UNITS_MAX + 1],
    longest_4[2 * UNITS_MAX + 1];

static const char *const passwords[] = {
    "",        "x",       "      ", "a:b$c", "\U0001F600 \U0001F468\u200D\U0001F469 pass", longest_ascii,
    longest_2, longest_3, longest_4
};
static const unsigned char salts[][16] = { "\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0",
                                           "saltsaltsaltsal",
                                           { 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15 },
                                           { [0] = 255, [15] = 255 } };
static const size_t tag_lengths[] = { 16, 20, 31, 32, 33, 63, 64 };

static void repeat(char *out, const char *character, int times)
{
    while (times-- > 0)
        for (const char *byte = character; *byte; byte++)
            *out++ = *byte;
}

static void make_longest(void)
{
    repeat(longest_ascii, "p", UNITS_MAX);
    repeat(longest_2, "\u00E9", UNITS_MAX);
    repeat(longest_3, "\u20AC", UNITS_MAX);
    repeat(longest_4, "\U0001F600", UNITS_MAX / 2); /* two units each */
    strcat(longest_4, "p");
}

/* 1 when both compute the same, and write no byte more than the tag. */
static int same(const luci_argon2_hash_t *hash, const char *password)
{
    unsigned char tag[2][LUCI_ARGON2_TAG_MAX + 1];

    memset(tag, 0xee, sizeof tag);
    return luci_argon2_tag(hash, LUCI_ARGON2_LIBARGON2, password, tag[0]) == LUCI_OK &&
           luci_argon2_tag(hash, LUCI_ARGON2_LIBSODIUM, password, tag[1]) == LUCI_OK &&
           memcmp(tag[0], tag[1], sizeof tag[0]) == 0 && tag[1][hash->tag_length] == 0xee;
}

/* The lengths of the three lists have no common factor: 252 rounds are every combination. */
static void check_same(void)
{
    static const struct {
        argon2_type type;
        apr_uint32_t memory_kib, passes;
        int rounds;
    } costs[] = { { Argon2_id, 8, 1, 252 },   { Argon2_id, 9, 2, 252 },    { Argon2_id, 15, 3, 252 },
                  { Argon2_id, 67, 10, 252 }, { Argon2_id, 1023, 1, 63 },  { Argon2_id, 4099, 4, 9 },
                  { Argon2_id, 19456, 2, 9 }, { Argon2_id, 262144, 1, 1 }, { Argon2_i, 8, 3, 252 },
                  { Argon2_i, 11, 10, 252 },  { Argon2_i, 1023, 4, 63 },   { Argon2_i, 19456, 3, 9 } };

    for (int c = 0; c < COUNT(costs); c++) {
        luci_argon2_hash_t hash = { .type = costs[c].type, .version = ARGON2_VERSION_13, .lanes = 1 };
        int equal = 0;

        hash.memory_kib = costs[c].memory_kib;
        hash.passes = costs[c].passes;
        hash.salt_length = sizeof salts[0];
        for (int i = 0; i < costs[c].rounds; i++) {
            memcpy(hash.salt, salts[i % COUNT(salts)], sizeof salts[0]);
            hash.tag_length = tag_lengths[i % COUNT(tag_lengths)];
            equal += same(&hash, passwords[i % COUNT(passwords)]);
        }
        tap_is_int(equal, costs[c].rounds, "the same bytes: argon2%s m=%u t=%u, %d inputs",
                   hash.type == Argon2_id ? "id" : "i", hash.memory_kib, hash.passes, costs[c].rounds);
        are_counts(costs[c].rounds, costs[c].rounds, "  each tag is computed by its library");
    }
}

/* ---- What libsodium can't ---- */

static void check_left_to_libargon2(void)
{
    static const struct {
        luci_argon2_hash_t hash;
        const char *what;
    } cases[] = {
        { { Argon2_id, ARGON2_VERSION_10, 64, 3, 1, "salt", 16, "", 32 }, "version 16" },
        { { Argon2_id, ARGON2_VERSION_13, 64, 3, 2, "salt", 16, "", 32 }, "two lanes" },
        { { Argon2_id, ARGON2_VERSION_13, 64, 1, 8, "salt", 16, "", 32 }, "eight lanes" },
        { { Argon2_id, ARGON2_VERSION_13, 64, 3, 1, "salt", 8, "", 32 }, "a salt of 8 bytes" },
        { { Argon2_id, ARGON2_VERSION_13, 64, 3, 1, "salt", 15, "", 32 }, "a salt of 15" },
        { { Argon2_id, ARGON2_VERSION_13, 64, 3, 1, "salt", 17, "", 32 }, "a salt of 17" },
        { { Argon2_id, ARGON2_VERSION_13, 64, 3, 1, "salt", 64, "", 32 }, "a salt of 64" },
        { { Argon2_id, ARGON2_VERSION_13, 64, 3, 1, "salt", 16, "", 15 }, "a tag of 15" },
        { { Argon2_i, ARGON2_VERSION_13, 64, 1, 1, "salt", 16, "", 32 }, "argon2i in one pass" },
        { { Argon2_i, ARGON2_VERSION_13, 64, 2, 1, "salt", 16, "", 32 }, "argon2i in two" },
        { { Argon2_i, ARGON2_VERSION_10, 64, 3, 1, "salt", 16, "", 32 }, "argon2i of version 16" },
    };
    const luci_argon2_hash_t too_little = { Argon2_id, ARGON2_VERSION_13, 7, 1, 1, "salt", 16, "", 32 };
    unsigned char tag[LUCI_ARGON2_TAG_MAX];

    for (int i = 0; i < COUNT(cases); i++) {
        tap_ok(same(&cases[i].hash, HORSE), "%s: the same bytes", cases[i].what);
        are_counts(0, 2, "  libargon2 computes the two tags");
    }
    tap_is_result(luci_argon2_tag(&too_little, LUCI_ARGON2_LIBSODIUM, HORSE, tag), LUCI_INTERNAL,
                  "7 KiB: refused");
    are_counts(0, 1, "  libargon2 refuses 7 KiB");
}

/* ---- With all that stands above ---- */

static void check_passwords(apr_pool_t *pool)
{
    static const luci_hash_cost_t usual = { LUCI_HASH_ARGON2ID, LUCI_ARGON2_MEMORY_KIB_DEFAULT,
                                            LUCI_ARGON2_PASSES_DEFAULT, LUCI_ARGON2_LANES_DEFAULT };
    char *stored = NULL;

    tap_is_result(luci_password_hash(&usual, LUCI_ARGON2_LIBSODIUM, HORSE, &stored, pool), LUCI_OK,
                  "a new hash");
    are_counts(1, 0, "  libsodium computes the new hash");
    tap_is_result(luci_password_verify(stored, LUCI_ARGON2_LIBSODIUM, HORSE), LUCI_OK,
                  "a new hash is verified by libsodium");
    tap_is_result(luci_password_verify(stored, LUCI_ARGON2_LIBSODIUM, "hunter22"), LUCI_DENIED,
                  "another password is denied by libsodium");
    tap_is_result(luci_password_verify_dummy(&usual, LUCI_ARGON2_LIBSODIUM, HORSE), LUCI_DENIED,
                  "a dummy hash of libsodium is denied");
    are_counts(3, 0, "  libsodium computes three hashes");
    for (int i = 0; i < COUNT(vectors); i++) {
        if (strncmp(vectors[i].stored, "$argon2", 7) != 0)
            continue;
        tap_is_result(luci_password_verify(vectors[i].stored, LUCI_ARGON2_LIBSODIUM, vectors[i].password),
                      LUCI_OK, "a stored hash verifies: %s", vectors[i].stored);
        tap_is_result(luci_password_verify(vectors[i].stored, LUCI_ARGON2_LIBSODIUM, "another password"),
                      LUCI_DENIED, "  not with another password");
    }
    tap_ok(by_sodium > 0 && by_libargon2 > 0, "some by libsodium, some by libargon2");

    no_hash = 1;
    tap_is_result(luci_password_verify(stored, LUCI_ARGON2_LIBSODIUM, HORSE), LUCI_INTERNAL,
                  "libsodium can't compute: no verdict");
    no_hash = 0;
    by_sodium = by_libargon2 = 0;
    no_start = 1;
    tap_is_result(luci_password_verify(stored, LUCI_ARGON2_LIBSODIUM, HORSE), LUCI_INTERNAL,
                  "libsodium that can't start gives no verdict");
    are_counts(0, 0, "  a library that can't start computes nothing");
    no_start = 0;
    tap_is_result(luci_password_verify(stored, LUCI_ARGON2_LIBSODIUM, HORSE), LUCI_OK,
                  "libsodium that starts again verifies");
    are_counts(1, 0, "  the library that starts again computes the hash");
}

/* ---- The choice ---- */

static void computes(luci_argon2_library_t library, int sodium, int libargon2, const char *what)
{
    static const luci_hash_cost_t cheap = { LUCI_HASH_ARGON2ID, 64, 2, 1 };
    static const luci_hash_cost_t two_lanes = { LUCI_HASH_ARGON2ID, 64, 2, 2 };

    tap_is_result(luci_password_verify_dummy(&cheap, library, HORSE), LUCI_DENIED, "%s: a hash", what);
    are_counts(sodium, libargon2, "  one library computes it");
    tap_is_result(luci_password_verify_dummy(&two_lanes, library, HORSE), LUCI_DENIED, "%s: two lanes", what);
    are_counts(0, 1, "  libargon2 computes two lanes, whatever is chosen");
}

/* A library that fails is an error, and never a cheaper hash or another verdict. auto does not depend on
 * libsodium, because libargon2 computes the same hash. */
static void check_choice(apr_pool_t *pool)
{
    static const luci_hash_cost_t cheap = { LUCI_HASH_ARGON2ID, 64, 2, 1 };
    char *stored = NULL;

    computes(LUCI_ARGON2_LIBARGON2, 0, 1, "libargon2");
    computes(LUCI_ARGON2_LIBSODIUM, 1, 0, "libsodium");
    computes(LUCI_ARGON2_AUTO, 1, 0, "auto with AVX2");
    no_avx2 = 1;
    computes(LUCI_ARGON2_AUTO, 0, 1, "auto without AVX2");
    computes(LUCI_ARGON2_LIBSODIUM, 1, 0, "libsodium without AVX2");
    no_avx2 = 0;
    no_start = 1;
    computes(LUCI_ARGON2_AUTO, 0, 1, "auto without a libsodium that starts");
    computes(LUCI_ARGON2_LIBARGON2, 0, 1, "libargon2 without a libsodium that starts");
    tap_is_result(luci_password_hash(&cheap, LUCI_ARGON2_LIBSODIUM, HORSE, &stored, pool), LUCI_INTERNAL,
                  "no new hash by a libsodium that can't start");
    tap_is_result(luci_password_verify_dummy(&cheap, LUCI_ARGON2_LIBSODIUM, HORSE), LUCI_INTERNAL,
                  "no dummy hash by a libsodium that can't start");
    tap_ok(!stored, "nothing is stored");
    are_counts(0, 0, "  libargon2 does not stand in for a libsodium that was asked for");
    no_start = 0;
}

/* Numbers from a fixed start, so that a failure can be repeated. */
static apr_uint32_t next_number(apr_uint32_t below)
{
    static apr_uint64_t state = 20261128;

    state = state * 6364136223846793005U + 1442695040888963407U;
    return (apr_uint32_t)(state >> 33) % below;
}

static void fill(unsigned char *bytes, size_t count)
{
    while (count-- > 0)
        *bytes++ = (unsigned char)next_number(256);
}

/* Each parameter that libsodium takes, and some that it does not, in combinations that the lists lack. */
static void check_random(void)
{
    char password[UNITS_MAX + 1];
    int equal = 0;

    for (int i = 0; i < RANDOM_ROUNDS; i++) {
        luci_argon2_hash_t hash = { .type = next_number(4) > 0 ? Argon2_id : Argon2_i,
                                    .version = next_number(8) > 0 ? ARGON2_VERSION_13 : ARGON2_VERSION_10,
                                    .lanes = next_number(8) > 0 ? 1 : 2 };
        size_t length = next_number(UNITS_MAX + 1);

        hash.memory_kib = 16 + next_number(512);
        hash.passes = 1 + next_number(LUCI_ARGON2_PASSES_MAX);
        hash.salt_length = next_number(8) > 0 ? 16 : 8 + next_number(57);
        hash.tag_length = 16 + next_number(49);
        fill(hash.salt, hash.salt_length);
        fill((unsigned char *)password, length);
        password[length] = '\0'; /* a NUL before it ends the password for both */
        equal += same(&hash, password);
    }
    tap_is_int(equal, RANDOM_ROUNDS, "the same bytes for random parameters");
    tap_ok(by_sodium > RANDOM_ROUNDS / 4 && by_sodium + by_libargon2 == 2 * RANDOM_ROUNDS,
           "libsodium computes %d of %d", by_sodium, RANDOM_ROUNDS);
    by_sodium = by_libargon2 = 0;
}

/* ---- Threads ---- */

static const luci_argon2_hash_t plain = { Argon2_id, ARGON2_VERSION_13, 1024, 2, 1, "salt", 16, "", 32 };
static pthread_barrier_t together;

static void *compute(void *tag)
{
    pthread_barrier_wait(&together);
    if (luci_argon2_tag(&plain, LUCI_ARGON2_AUTO, HORSE, tag) != LUCI_OK)
        memset(tag, 0, plain.tag_length);
    return NULL;
}

/* Before anything else has started libsodium. */
static void check_threads(void)
{
    pthread_t thread[THREADS];
    unsigned char tag[THREADS][LUCI_ARGON2_TAG_MAX], wanted[LUCI_ARGON2_TAG_MAX];
    int equal = 0;

    pthread_barrier_init(&together, NULL, THREADS);
    for (int i = 0; i < THREADS; i++)
        if (pthread_create(&thread[i], NULL, compute, tag[i]) != 0)
            support_give_up("pthread_create", "no more threads");
    tap_is_result(luci_argon2_tag(&plain, LUCI_ARGON2_LIBARGON2, HORSE, wanted), LUCI_OK,
                  "libargon2 computes the tag to compare with");
    for (int i = 0; i < THREADS; i++) {
        pthread_join(thread[i], NULL);
        equal += memcmp(tag[i], wanted, plain.tag_length) == 0;
    }
    tap_is_int(equal, THREADS, "threads that all come first compute it");
    are_counts(THREADS, 1, "  each thread computes with a library that starts once");
}

int main(void)
{
    apr_pool_t *pool;

    apr_initialize();
    apr_pool_create(&pool, NULL);
    make_longest();
    check_threads();
    check_same();
    check_left_to_libargon2();
    check_random();
    check_choice(pool);
    check_passwords(pool);
    apr_terminate();
    return tap_done();
}
