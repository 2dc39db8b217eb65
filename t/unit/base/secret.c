/* SPDX-License-Identifier: Apache-2.0 */
/* S9.10 and S9.41. An argument makes fewer ids than 1,000,000, for slow tools such as valgrind. */
#define OPENSSL_SUPPRESS_DEPRECATED /* RAND_set_rand_method: the only way to a random source that fails */
#include "core/base/secret.h"
#include "core/base/settings.h"
#include "lib/tap.h"

#include <apr_general.h>
#include <openssl/rand.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#define ID LUCI_SESSION_ID_LENGTH
#define LETTERS 36
#define SHA256_OF_ABC "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"

static const char alphabet[] = "abcdefghijklmnopqrstuvwxyz0123456789";
static unsigned counts[ID][LETTERS];

/* ---- Ids ---- */

static int compare_ids(const void *a, const void *b)
{
    return memcmp(a, b, ID);
}

static size_t count_duplicates(char *ids, size_t count)
{
    size_t duplicates = 0;

    qsort(ids, count, ID, compare_ids);
    for (size_t i = 1; i < count; i++)
        duplicates += memcmp(ids + (i - 1) * ID, ids + i * ID, ID) == 0;
    return duplicates;
}

/* Pearson's statistic for counts that should all be the same. */
static double chi_squared(const unsigned *observed, size_t cells, double expected)
{
    double sum = 0;

    for (size_t i = 0; i < cells; i++)
        sum += (observed[i] - expected) * (observed[i] - expected) / expected;
    return sum;
}

/* Counts each letter at each place; returns how many were of no such alphabet. */
static size_t count_letters(const char *ids, size_t count)
{
    size_t strangers = 0;

    for (size_t i = 0; i < count * ID; i++) {
        const char *letter = ids[i] ? strchr(alphabet, ids[i]) : NULL;

        if (letter)
            counts[i % ID][letter - alphabet]++;
        else
            strangers++;
    }
    return strangers;
}

static void check_many_ids(size_t count)
{
    char *ids = malloc(count * ID + 1);
    unsigned totals[LETTERS] = { 0 };
    size_t made = 0;
    double chi;

    if (!ids) {
        tap_fail("S9.10: memory for the ids is allocated");
        return;
    }
    while (made < count && luci_secret_random_id(ids + made * ID, ID) == LUCI_OK)
        made++;
    if (!tap_is_int(made, count, "S9.10: %zu ids made", count)) {
        free(ids);
        return;
    }
    tap_is_int(count_letters(ids, count), 0, "S9.10: all of [a-z0-9]");
    for (size_t place = 0; place < ID; place++) {
        for (size_t letter = 0; letter < LETTERS; letter++)
            totals[letter] += counts[place][letter];
    }
    /* Far in the tails: chance alone goes beyond these once in 10^8 runs. */
    chi = chi_squared(totals, LETTERS, (double)count * ID / LETTERS);
    tap_ok(chi > 3 && chi < 105, "S9.10: letters equally often (chi squared %.1f of 35 degrees)", chi);
    chi = chi_squared(counts[0], (size_t)ID * LETTERS, (double)count / LETTERS);
    tap_ok(chi > 1120 && chi < 1720, "S9.10: at every place, too (chi squared %.1f of 1400 degrees)", chi);
    tap_is_int(count_duplicates(ids, count), 0, "S9.10: the ids contain no duplicates");
    free(ids);
}

static void check_id_shapes(void)
{
    char id[201];

    for (size_t length = 0; length <= 200; length += length < 3 ? 1 : 197) {
        memset(id, '#', sizeof id);
        tap_is_result(luci_secret_random_id(id, length), LUCI_OK, "an id of %zu letters", length);
        tap_ok(luci_secret_is_random_id(id, length), "an id of %zu letters has the form of one", length);
        tap_ok(!luci_secret_is_random_id(id, length + 1), "an id of %zu letters is no longer one", length);
        tap_is_int(strlen(id), length, "has %zu", length);
    }
}

/* ---- Bad random sources ---- */

static int calls_until_failure;
static unsigned char next_byte;

static int fail_later(unsigned char *out, int length)
{
    memset(out, 'x', (size_t)length);
    return calls_until_failure-- > 0;
}

static int only_ones(unsigned char *out, int length)
{
    memset(out, 0xFF, (size_t)length);
    return 1;
}

static int count_up(unsigned char *out, int length)
{
    while (length-- > 0)
        *out++ = next_byte++;
    return 1;
}

static void check_no_id(const char *what)
{
    char id[201];

    memset(id, '#', 200);
    id[200] = '\0';
    tap_is_result(luci_secret_random_id(id, 200), LUCI_INTERNAL, "S9.41: %s: internal", what);
    tap_is_str(id, "", "S9.41: %s: no id", what);
    tap_ok(!strpbrk(id + 1, alphabet) && !memchr(id, 'x', sizeof id), "S9.41: %s: and no part of one", what);
}

static void check_bad_sources(void)
{
    static const unsigned char zeros[16];
    RAND_METHOD failing = { .bytes = fail_later, .pseudorand = fail_later };
    RAND_METHOD stuck = { .bytes = only_ones, .pseudorand = only_ones };
    const RAND_METHOD *real = RAND_get_rand_method();
    unsigned char bytes[16];

    RAND_set_rand_method(&failing);
    calls_until_failure = 0;
    check_no_id("the source fails at once");
    calls_until_failure = 2;
    check_no_id("the source fails half-way");
    calls_until_failure = 0;
    tap_is_result(luci_secret_random(bytes, sizeof bytes), LUCI_INTERNAL,
                  "S9.41: luci_secret_random fails with the source");
    tap_is_mem(bytes, zeros, sizeof zeros, "S9.41: a failed read leaves zeros");
    RAND_set_rand_method(&stuck);
    check_no_id("the source is stuck");
    RAND_set_rand_method(real);
}

/* Every byte once: 252 of them make each letter seven times, the last four are thrown away. */
static void check_rejection(void)
{
    RAND_METHOD counting = { .bytes = count_up, .pseudorand = count_up };
    const RAND_METHOD *real = RAND_get_rand_method();
    char id[254], want[254] = "";

    for (int i = 0; i < 7; i++)
        strcat(want, alphabet);
    strcat(want, "a");
    next_byte = 0;
    RAND_set_rand_method(&counting);
    tap_is_result(luci_secret_random_id(id, 253), LUCI_OK, "an id from all bytes in turn");
    RAND_set_rand_method(real);
    tap_is_str(id, want, "bytes from 252 on are rejected");
}

/* ---- Fork and threads ---- */

static void check_fork(void)
{
    char ours[ID + 1] = "", theirs[ID + 1] = "", hash[LUCI_SHA256_HEX + 1] = "";
    int ends[2], status = -1;
    pid_t child;

    if (pipe(ends) != 0 || (child = fork()) < 0) {
        tap_fail("S9.41: the process can fork");
        return;
    }
    if (child == 0) {
        int done = luci_secret_random_id(theirs, ID) == LUCI_OK && write(ends[1], theirs, ID) == ID &&
                   luci_secret_sha256_hex("abc", 3, hash) == LUCI_OK && strcmp(hash, SHA256_OF_ABC) == 0;

        _exit(done ? 0 : 1);
    }
    tap_is_result(luci_secret_random_id(ours, ID), LUCI_OK, "S9.41: an id after fork");
    tap_is_int(read(ends[0], theirs, ID), ID, "S9.41: the child process draws an id");
    tap_ok(strcmp(ours, theirs) != 0, "S9.41: ids of parent and child process differ");
    waitpid(child, &status, 0);
    tap_is_int(status, 0, "the child knows SHA-256");
    close(ends[0]);
    close(ends[1]);
}

static void *hash_a_lot(void *wrong)
{
    char hash[LUCI_SHA256_HEX + 1];

    for (int i = 0; i < 2000; i++) {
        if (luci_secret_sha256_hex("abc", 3, hash) != LUCI_OK || strcmp(hash, SHA256_OF_ABC) != 0)
            ++*(int *)wrong;
    }
    return NULL;
}

static void check_threads(void)
{
    pthread_t threads[8];
    int wrong[8] = { 0 }, sum = 0;

    for (int i = 0; i < 8; i++) {
        if (pthread_create(&threads[i], NULL, hash_a_lot, &wrong[i]) != 0) {
            tap_fail("cannot start a thread");
            return;
        }
    }
    for (int i = 0; i < 8; i++) {
        pthread_join(threads[i], NULL);
        sum += wrong[i];
    }
    tap_is_int(sum, 0, "8 threads, 16,000 hashes");
}

/* ---- SHA-256 and the small ones ---- */

static void check_sha256(const char *data, size_t length, const char *want, const char *what)
{
    char hex[LUCI_SHA256_HEX + 1], hex_again[LUCI_SHA256_HEX + 1];
    unsigned char hash[LUCI_SHA256_BYTES];

    tap_is_result(luci_secret_sha256_hex(data, length, hex), LUCI_OK, "SHA-256 of %s", what);
    tap_is_str(hex, want, "the SHA-256 in hexadecimal is right");
    tap_is_result(luci_secret_sha256(data, length, hash), LUCI_OK, "the SHA-256 as bytes is computed");
    luci_secret_hex(hash, sizeof hash, hex_again);
    tap_is_str(hex_again, want, "the SHA-256 as bytes equals the hexadecimal one");
}

/* FIPS 180-4's examples, as NIST publishes them. */
static void check_sha256_examples(void)
{
    char *million = malloc(1000000);

    check_sha256("", 0, "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
                 "SHA-256 of nothing");
    check_sha256("abc", 3, SHA256_OF_ABC, "SHA-256 of abc");
    check_sha256("abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq", 56,
                 "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1", "SHA-256 of two blocks");
    if (million) {
        memset(million, 'a', 1000000);
        check_sha256(million, 1000000, "cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0",
                     "a million a's");
    }
    free(million);
}

/* More rounds than a process can have thread keys, so one that's left behind shows. */
static void check_restarts(void)
{
    char hash[LUCI_SHA256_HEX + 1] = "x";
    int failures = 0;

    for (int i = 0; i < 1500; i++) {
        apr_pool_t *pool;

        apr_pool_create(&pool, NULL);
        failures += luci_secret_init(pool) != LUCI_OK || luci_secret_init(pool) != LUCI_OK ||
                    luci_secret_sha256_hex("abc", 3, hash) != LUCI_OK || strcmp(hash, SHA256_OF_ABC) != 0;
        apr_pool_destroy(pool);
    }
    tap_is_int(failures, 0, "1,500 times started and stopped");
    tap_is_result(luci_secret_sha256_hex("abc", 3, hash), LUCI_INTERNAL, "no SHA-256 when stopped");
    tap_is_str(hash, "", "a stopped library leaves the text of the hash empty");
}

static void check_comparing_and_wiping(void)
{
    static const char zeros[6];
    char text[] = "secret";

    tap_ok(luci_secret_equal("abc", "abc", 3), "equal bytes are equal");
    tap_ok(!luci_secret_equal("abc", "abd", 3), "bytes that differ at the end are not equal");
    tap_ok(!luci_secret_equal("xbc", "abc", 3), "bytes that differ at the start are not equal");
    tap_ok(luci_secret_equal("a\0c", "a\0c", 3) && !luci_secret_equal("a\0c", "a\0d", 3), "NUL is a byte");
    tap_ok(luci_secret_equal("a", "b", 0), "nothing equals nothing");
    luci_secret_wipe_string(text);
    tap_is_mem(text, zeros, 6, "a string wiped");
    memcpy(text, "secret", 6);
    luci_secret_wipe(text, 3);
    tap_ok(memcmp(text, "\0\0\0ret", 6) == 0, "wiping stops after the given length");
    luci_secret_wipe(NULL, 5);
    luci_secret_wipe_string(NULL);
    tap_pass("NULL is allowed");
}

/* RFC 4231, test cases 1 and 2: shorter keys are filled up with zeros. */
static void check_hmac(void)
{
    static const struct {
        const char *key, *data, *hex;
    } cases[] = {
        { "\x0b\x0b\x0b\x0b\x0b\x0b\x0b\x0b\x0b\x0b\x0b\x0b\x0b\x0b\x0b\x0b\x0b\x0b\x0b\x0b", "Hi There",
          "b0344c61d8db38535ca8afceaf0bf12b881dc200c9833da726e9376c2e32cff7" },
        { "Jefe", "what do ya want for nothing?",
          "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843" },
    };

    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        unsigned char key[LUCI_SHA256_BYTES] = { 0 }, out[LUCI_SHA256_BYTES];
        char hex[LUCI_SHA256_HEX + 1];

        memcpy(key, cases[i].key, strlen(cases[i].key));
        tap_is_result(luci_secret_hmac(key, cases[i].data, strlen(cases[i].data), out), LUCI_OK,
                      "HMAC of RFC 4231 is computed");
        luci_secret_hex(out, sizeof out, hex);
        tap_is_str(hex, cases[i].hex, "HMAC of RFC 4231, case %d", (int)i + 1);
    }
}

static void check_form(void)
{
    static const char *const others[] = { "", "abc", "abcde", "abcD", "ab-d", "ab d", "abc\n", "abc\xc3" };

    for (int i = 0; i < (int)(sizeof others / sizeof *others); i++)
        tap_ok(!luci_secret_is_random_id(others[i], 4), "text %d is no id of four letters", i);
    tap_ok(!luci_secret_is_random_id(NULL, 4), "no text is no id");
    tap_ok(luci_secret_is_random_id("a0z9", 4), "lower-case letters and digits are an id");
}

int main(int argc, char **argv)
{
    apr_pool_t *pool;

    apr_initialize();
    apr_pool_create(&pool, NULL);
    check_restarts();
    tap_is_result(luci_secret_init(pool), LUCI_OK, "the library of secrets starts");
    check_sha256_examples();
    check_hmac();
    check_comparing_and_wiping();
    check_id_shapes();
    check_form();
    check_rejection();
    check_bad_sources();
    check_fork();
    check_threads();
    check_many_ids(argc > 1 ? (size_t)atol(argv[1]) : 1000000);
    apr_pool_destroy(pool);
    apr_terminate();
    return tap_done();
}
