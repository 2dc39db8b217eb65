/* SPDX-License-Identifier: Apache-2.0 */
/* Specification: S9.1, S9.2, S9.6, S9.7. The vectors, with where they are from, are in password_vectors.h.
 * Any argument leaves out what cannot run under valgrind: limits of memory. */
#include "core/password/password_hash.h"
#include "password/password_vectors.h"
#include "lib/tap.h"

#include <apr_general.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#ifndef __has_feature
#define __has_feature(feature) 0
#endif
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__) || __has_feature(address_sanitizer)
#define MEMORY_CAN_BE_LIMITED 0
#else
#define MEMORY_CAN_BE_LIMITED 1
#endif

#define COUNT(array) (sizeof(array) / sizeof(array)[0])

static const luci_hash_cost_t tiny = { LUCI_HASH_ARGON2ID, 8, 1, 1 };
static const luci_hash_cost_t usual = { LUCI_HASH_ARGON2ID, LUCI_ARGON2_MEMORY_KIB_DEFAULT,
                                        LUCI_ARGON2_PASSES_DEFAULT, LUCI_ARGON2_LANES_DEFAULT };
static const luci_hash_cost_t lucia = { LUCI_HASH_LUCIA_SCRYPT, 0, 0, 0 };

static void check_vectors(void)
{
    for (size_t i = 0; i < COUNT(vectors); i++) {
        const vector_t *vector = &vectors[i];

        tap_is_result(luci_password_verify(vector->stored, LUCI_ARGON2_LIBARGON2, vector->password), LUCI_OK,
                      "the password fits %s", vector->stored);
        tap_is_result(luci_password_verify(vector->stored, LUCI_ARGON2_LIBARGON2, "another password"),
                      LUCI_DENIED, "  not with another password");
        tap_is_result(luci_password_verify(vector->stored, LUCI_ARGON2_LIBARGON2, ""), LUCI_DENIED,
                      "  an empty password does not fit the hash");
    }
}

/* A right password for a hash with one character changed, each in turn: never OK, and never a crash. */
static void check_changed_characters(const char *stored, const char *password)
{
    char changed[256];
    size_t length = strlen(stored), accepted = 0;

    for (size_t i = 0; i < length; i++) {
        memcpy(changed, stored, length + 1);
        changed[i] = changed[i] == 'B' ? 'C' : 'B';
        accepted += luci_password_verify(changed, LUCI_ARGON2_LIBARGON2, password) == LUCI_OK;
        memmove(changed + i, stored + i + 1, length - i);
        accepted += luci_password_verify(changed, LUCI_ARGON2_LIBARGON2, password) == LUCI_OK;
        memcpy(changed, stored, i);
        changed[i] = '\0';
        accepted += luci_password_verify(changed, LUCI_ARGON2_LIBARGON2, password) == LUCI_OK;
    }
    tap_is_int(accepted, 0, "no change of one character, nor any cut, is accepted in %s", stored);
}

static double milliseconds_since(clock_t start)
{
    return (double)(clock() - start) * 1000 / CLOCKS_PER_SEC;
}

static void check_hostile(void)
{
    clock_t start = clock();

    for (size_t i = 0; i < COUNT(hostile); i++)
        tap_is_result(luci_password_verify(hostile[i], LUCI_ARGON2_LIBARGON2, hostile[i]), LUCI_INVALID,
                      "S9.7: hostile hash is invalid: %.150s", hostile[i]);
    tap_is_result(luci_password_verify(NULL, LUCI_ARGON2_LIBARGON2, ""), LUCI_INVALID,
                  "S9.7: NULL is no hash");
    tap_ok(milliseconds_since(start) < 50, "S9.7: all of them within 50 ms");
    for (size_t i = 0; i < COUNT(useless); i++)
        tap_is_result(luci_password_verify(useless[i], LUCI_ARGON2_LIBARGON2, "password"), LUCI_DENIED,
                      "S9.7: useless hash denies: %s", useless[i]);
}

/* ---- Passwords that nearly match ---- */

static void check_near_misses(apr_pool_t *pool)
{
    static const int places[] = { 1, 8, 73, 129, 255 };
    char password[256], other[256], *stored;

    memset(password, 'p', 255);
    password[255] = '\0';
    tap_is_result(luci_password_hash(&tiny, LUCI_ARGON2_LIBARGON2, password, &stored, pool), LUCI_OK,
                  "a password of 255");
    tap_is_result(luci_password_verify(stored, LUCI_ARGON2_LIBARGON2, password), LUCI_OK,
                  "a password of 255 matches its hash");
    for (size_t i = 0; i < COUNT(places); i++) {
        strcpy(other, password);
        other[places[i] - 1] = 'P';
        tap_is_result(luci_password_verify(stored, LUCI_ARGON2_LIBARGON2, other), LUCI_DENIED,
                      "S9.2: another at character %d", places[i]);
        other[places[i] - 1] = '\0';
        tap_is_result(luci_password_verify(stored, LUCI_ARGON2_LIBARGON2, other), LUCI_DENIED,
                      "S9.2: cut off before it");
    }
    tap_is_result(luci_password_hash(&tiny, LUCI_ARGON2_LIBARGON2, "Password", &stored, pool), LUCI_OK,
                  "another password is hashed");
    tap_is_result(luci_password_verify(stored, LUCI_ARGON2_LIBARGON2, "password"), LUCI_DENIED,
                  "S9.2: the case counts");
    tap_is_result(luci_password_verify(stored, LUCI_ARGON2_LIBARGON2, "Password "), LUCI_DENIED,
                  "S9.2: a space counts");
}

static void check_round_trips(apr_pool_t *pool)
{
    static const luci_hash_cost_t costs[] = {
        { LUCI_HASH_ARGON2ID, 8, 1, 1 },     { LUCI_HASH_ARGON2ID, 64, 1, 8 },
        { LUCI_HASH_ARGON2ID, 1000, 10, 3 }, { LUCI_HASH_ARGON2ID, 262144, 1, 1 },
        { LUCI_HASH_ARGON2ID, 19456, 2, 1 }, { LUCI_HASH_LUCIA_SCRYPT, 0, 0, 0 }
    };
    static const char *const passwords[] = { "hunter22", "", "      ",
                                             "\U0001F600 \U0001F468\u200D\U0001F469 ", "a:b$c" };
    char *stored;

    for (size_t i = 0; i < COUNT(costs); i++) {
        const char *password = passwords[i % COUNT(passwords)];

        stored = NULL;
        tap_is_result(luci_password_hash(&costs[i], LUCI_ARGON2_LIBARGON2, password, &stored, pool), LUCI_OK,
                      "hashed at cost %zu", i);
        tap_is_result(luci_password_verify(stored, LUCI_ARGON2_LIBARGON2, password), LUCI_OK,
                      "S9.1: verified: %s", stored);
        tap_is_result(luci_password_verify(stored, LUCI_ARGON2_LIBARGON2, "hunter23"), LUCI_DENIED,
                      "another password does not fit the hash");
        tap_is_int(luci_password_outdated(stored, &costs[i]), 0, "a new hash is up to date");
    }
    tap_is_result(luci_password_hash(&usual, LUCI_ARGON2_LIBARGON2, "x", &stored, pool), LUCI_OK,
                  "a usual one");
    tap_ok(strncmp(stored, "$argon2id$v=19$m=19456,t=2,p=1$", 31) == 0 && strlen(stored) == 31 + 22 + 1 + 43,
           "S9.6: has the usual cost and lengths");
    tap_is_result(luci_password_hash(&lucia, LUCI_ARGON2_LIBARGON2, "x", &stored, pool), LUCI_OK,
                  "one of Lucia's");
    tap_ok(strncmp(stored, "s2:", 3) == 0 && strlen(stored) == 3 + 16 + 1 + 128, "has Lucia's lengths");
}

static void check_bad_costs(apr_pool_t *pool)
{
    static const luci_hash_cost_t costs[] = {
        { LUCI_HASH_ARGON2ID, 7, 1, 1 },        { LUCI_HASH_ARGON2ID, 15, 1, 2 },
        { LUCI_HASH_ARGON2ID, 262145, 1, 1 },   { LUCI_HASH_ARGON2ID, 19456, 0, 1 },
        { LUCI_HASH_ARGON2ID, 8, 11, 1 },       { LUCI_HASH_ARGON2ID, 19456, 1, 0 },
        { LUCI_HASH_ARGON2ID, 19456, 1, 9 },    { LUCI_HASH_ARGON2ID, 0, 0, 0 },
        { LUCI_HASH_ARGON2ID, 8, 1, 1U << 31 }, { LUCI_HASH_ARGON2ID, 8, 1, 1U << 29 }
    };
    char *stored;

    for (size_t i = 0; i < COUNT(costs); i++) {
        tap_is_result(luci_password_hash(&costs[i], LUCI_ARGON2_LIBARGON2, "x", &stored, pool), LUCI_INVALID,
                      "no hash at bad cost %zu", i);
        tap_is_result(luci_password_verify_dummy(&costs[i], LUCI_ARGON2_LIBARGON2, "x"), LUCI_INVALID,
                      "no dummy hash at a bad cost");
    }
}

static int compare_strings(const void *a, const void *b)
{
    return strcmp(*(char *const *)a, *(char *const *)b);
}

static void check_salts(apr_pool_t *pool)
{
    static char *stored[10000];
    size_t made = 0, twice = 0;

    while (made < COUNT(stored) &&
           luci_password_hash(&tiny, LUCI_ARGON2_LIBARGON2, "the same", &stored[made], pool) == LUCI_OK) {
        stored[made] += strlen("$argon2id$v=19$m=8,t=1,p=1$");
        stored[made++][22] = '\0';
    }
    tap_is_int(made, COUNT(stored), "S9.6: 10,000 hashes of one password");
    qsort(stored, made, sizeof stored[0], compare_strings);
    for (size_t i = 1; i < made; i++)
        twice += strcmp(stored[i - 1], stored[i]) == 0;
    tap_is_int(twice, 0, "S9.6: no salt twice");
}

static void check_outdated(void)
{
    static const struct {
        const char *stored;
        int argon2; /* outdated where the usual Argon2 is wanted */
        int scrypt; /* and where Lucia's scrypt is */
        const char *why;
    } cases[] = {
        { ARGON2("id$v=19$m=19456,t=2,p=1", SALT_16, TAG_32), 0, 1, "the usual" },
        { ARGON2("i$v=19$m=19456,t=2,p=1", SALT_16, TAG_32), 1, 1, "another type" },
        { ARGON2("id$v=16$m=19456,t=2,p=1", SALT_16, TAG_32), 1, 1, "another version" },
        { ARGON2("id$m=19456,t=2,p=1", SALT_16, TAG_32), 1, 1, "no version" },
        { ARGON2("id$v=19$m=19455,t=2,p=1", SALT_16, TAG_32), 1, 1, "less memory" },
        { ARGON2("id$v=19$m=65536,t=2,p=1", SALT_16, TAG_32), 1, 1, "more memory" },
        { ARGON2("id$v=19$m=19456,t=1,p=1", SALT_16, TAG_32), 1, 1, "fewer passes" },
        { ARGON2("id$v=19$m=19456,t=3,p=1", SALT_16, TAG_32), 1, 1, "more passes" },
        { ARGON2("id$v=19$m=19456,t=2,p=2", SALT_16, TAG_32), 1, 1, "more lanes" },
        { ARGON2("id$v=19$m=19456,t=2,p=1", "c29tZXNhbHQ", TAG_32), 1, 1, "a shorter salt" },
        { ARGON2("id$v=19$m=19456,t=2,p=1", SALT_16, SALT_16), 1, 1, "a shorter tag" },
        { "$argon2id$", 1, 1, "broken" },
        { "s2:0123456789abcdef:" HEX_64, 1, 0, "Lucia's" },
        { "s2:0123456789abcde:" HEX_64, 1, 1, "a shorter salt of Lucia's" },
        { "0123456789abcdef:" HEX_64, 1, 1, "Lucia's older form" },
        { "s2:0123456789abcdef:", 1, 1, "broken" },
        { "$2y$10$9t7fWVz7Xxn8nj5W.XmZHu8s9rAccTykbtd4OGrRgA2KH/tJF4PcW", 1, 1, "bcrypt" },
        { "{SHA}q/eq1kOINtvlJqojGr3i0O73TUI=", 1, 1, "SHA-1" },
        { "", 1, 1, "nothing" },
        { NULL, 1, 1, "NULL" },
    };

    for (size_t i = 0; i < COUNT(cases); i++) {
        tap_is_int(luci_password_outdated(cases[i].stored, &usual), cases[i].argon2,
                   "S9.6: %s, Argon2 wanted", cases[i].why);
        tap_is_int(luci_password_outdated(cases[i].stored, &lucia), cases[i].scrypt,
                   "S9.6: %s, scrypt wanted", cases[i].why);
    }
}

/* ---- Time of this processor, and memory ---- */

/* The shortest of some rounds, so that other programs disturb little. Negative when there was a wrong result.
 */
static double time_of_verifying(const char *stored, const luci_hash_cost_t *cost)
{
    double shortest = 1e9;

    for (int i = 0; i < 5; i++) {
        clock_t start = clock();
        luci_result_t result = stored ? luci_password_verify(stored, LUCI_ARGON2_LIBARGON2, "passwort")
                                      : luci_password_verify_dummy(cost, LUCI_ARGON2_LIBARGON2, "passwort");
        double time = milliseconds_since(start);

        if (result != LUCI_DENIED)
            return -1;
        if (time < shortest)
            shortest = time;
    }
    return shortest;
}

static void check_dummy(const luci_hash_cost_t *cost, const char *what, apr_pool_t *pool)
{
    char *stored;
    double real, dummy;

    tap_is_result(luci_password_hash(cost, LUCI_ARGON2_LIBARGON2, "password", &stored, pool), LUCI_OK,
                  "%s: a hash", what);
    real = time_of_verifying(stored, cost);
    dummy = time_of_verifying(NULL, cost);
    tap_ok(real > 0 && dummy > 0, "%s: a wrong password and nobody's hash: denied", what);
    tap_diag("%s: %.1f ms a hash, %.1f ms a dummy", what, real, dummy);
    tap_ok(dummy > real / 2 && dummy < real * 2, "%s: a dummy takes about as long", what);
}

/* Runs a check in a process with little memory left; its result is the exit status. */
static int with_little_memory(luci_result_t (*check)(apr_pool_t *), apr_pool_t *pool)
{
    const struct rlimit little = { 24 << 20, 24 << 20 };
    int status = -1;
    pid_t child = fork();

    if (child == 0) {
        if (setrlimit(RLIMIT_AS, &little) != 0)
            _exit(99);
        _exit((int)check(pool));
    }
    if (child < 0 || waitpid(child, &status, 0) != child || !WIFEXITED(status))
        return -1;
    return WEXITSTATUS(status);
}

static luci_result_t hash_argon2(apr_pool_t *pool)
{
    char *stored;

    return luci_password_hash(&usual, LUCI_ARGON2_LIBARGON2, "password", &stored, pool);
}

static luci_result_t hash_scrypt(apr_pool_t *pool)
{
    char *stored;

    return luci_password_hash(&lucia, LUCI_ARGON2_LIBARGON2, "password", &stored, pool);
}

static luci_result_t verify_argon2(apr_pool_t *pool)
{
    (void)pool;
    return luci_password_verify(ARGON2("id$v=19$m=262144,t=2,p=1", SALT_16, TAG_32), LUCI_ARGON2_LIBARGON2,
                                "password");
}

static luci_result_t verify_scrypt(apr_pool_t *pool)
{
    (void)pool;
    return luci_password_verify("s2:0123456789abcdef:" HEX_64, LUCI_ARGON2_LIBARGON2, "password");
}

static void check_little_memory(apr_pool_t *pool)
{
    tap_is_result(with_little_memory(hash_argon2, pool), LUCI_INTERNAL, "no memory: no Argon2 hash");
    tap_is_result(with_little_memory(hash_scrypt, pool), LUCI_INTERNAL, "no memory: no scrypt hash");
    tap_is_result(with_little_memory(verify_argon2, pool), LUCI_INTERNAL,
                  "no memory: no verdict from Argon2");
    tap_is_result(with_little_memory(verify_scrypt, pool), LUCI_INTERNAL,
                  "no memory: no verdict from scrypt");
}

int main(int argc, char **argv)
{
    apr_pool_t *pool;

    (void)argv;
    apr_initialize();
    apr_pool_create(&pool, NULL);
    if (MEMORY_CAN_BE_LIMITED && argc == 1)
        check_little_memory(pool);
    else
        tap_skip("the tool around this needs more memory than is left");
    check_vectors();
    check_changed_characters(
        "$argon2id$v=19$m=256,t=2,p=1$c29tZXNhbHQ$nf65EOgLrQMR/uIPnA4rEsF5h7TKyQwu9U1bMCHGi/4", "password");
    check_changed_characters("$apr1$abcdefgh$5MT.bUwCwhCf2blpqTwiG/", HORSE);
    check_hostile();
    check_near_misses(pool);
    check_round_trips(pool);
    check_bad_costs(pool);
    check_salts(pool);
    check_outdated();
    check_dummy(&usual, "argon2id m=19456 t=2 p=1", pool);
    check_dummy(&lucia, "lucia-scrypt", pool);
    apr_pool_destroy(pool);
    apr_terminate();
    return tap_done();
}
