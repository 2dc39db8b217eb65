/* SPDX-License-Identifier: Apache-2.0 */
#define OPENSSL_SUPPRESS_DEPRECATED /* RAND_set_rand_method: the only way to a random source that fails */
#include "core/base/secret.h"
#include "core/seal/seal.h"
#include "lib/tap.h"

#include <apr_general.h>
#include <apr_strings.h>
#include <openssl/rand.h>
#include <string.h>

#define NOW ((luci_ms_t)1700000000000)
#define SECRET "a secret of at least 32 characters"
#define NEWER "a newer secret, of 32 characters at least"
#define SEED "12345678901234567890"
#define STEP_TEXT "text \xc3\xa4"

/* Of SECRET, computed with another implementation (Python's hmac, and AESGCM of its package cryptography). */
#define KEY_ID "sPso7ZVb"
#define SEALED "1.sPso7ZVb.AAECAwQFBgcICQoLsI_fvPirCVa_HWUpXG3D7eBHSesyMVv5H_Tea1kAp4HeEvnj"
#define SIGNED "1.sPso7ZVb.AAABi8_uj8B0ZXh0IMOk.fEN5XgOea-NaYSexi1DNrewh-ZNZdNM1EbIvWb9vMFg"
#define SIGNED_EXPIRES ((luci_ms_t)1700000600000)

static const luci_seal_keys_t *keys_of(const char *first, const char *second, apr_pool_t *pool)
{
    apr_array_header_t *secrets = apr_array_make(pool, 2, sizeof(const char *));
    const luci_seal_keys_t *keys = NULL;

    APR_ARRAY_PUSH(secrets, const char *) = first;
    if (second)
        APR_ARRAY_PUSH(secrets, const char *) = second;
    tap_is_result(luci_seal_keys_make(secrets, &keys, pool), LUCI_OK, "keys of %d secrets are made",
                  secrets->nelts);
    return keys;
}

static luci_seal_t seal_of(const luci_seal_keys_t *keys, const char *use)
{
    return (luci_seal_t){ .keys = keys, .use = use, .owner = "alice" };
}

/* ---- Keys ---- */

static void check_keys(apr_pool_t *pool)
{
    const luci_seal_keys_t *keys = keys_of(NEWER, SECRET, pool);
    unsigned char key[LUCI_SEAL_KEY_BYTES], other[LUCI_SEAL_KEY_BYTES];
    static const unsigned char zeros[LUCI_SEAL_KEY_BYTES];
    char hex[2 * LUCI_SEAL_KEY_BYTES + 1];

    tap_is_int(luci_seal_keys_count(keys), 2, "two secrets are counted");
    tap_is_str(luci_seal_keys_id(keys, 1), KEY_ID, "the key id of a secret does not depend on its place");
    tap_ok(strcmp(luci_seal_keys_id(keys, 0), KEY_ID) != 0, "two secrets have two key ids");
    tap_is_result(luci_seal_keys_derive(keys, KEY_ID, "seal totp seed", key), LUCI_OK, "a key is derived");
    luci_secret_hex(key, sizeof key, hex);
    tap_is_str(hex, "adcf54b5ad631a7c7b52cae4ab397d33a35f7131277b20f23b2e24142ea6de6a",
               "the key of a secret and a purpose is HKDF's");
    tap_ok(luci_seal_keys_derive(keys, KEY_ID, "sign totp seed", other) == LUCI_OK &&
               memcmp(key, other, sizeof key) != 0,
           "another purpose has another key");
    tap_ok(luci_seal_keys_derive(keys, luci_seal_keys_id(keys, 0), "seal totp seed", other) == LUCI_OK &&
               memcmp(key, other, sizeof key) != 0,
           "another secret has another key");
    tap_is_result(luci_seal_keys_derive(keys, "sPso7ZVc", "seal totp seed", other), LUCI_NOT_FOUND,
                  "a key id that no secret has is not found");
    tap_is_mem(other, zeros, sizeof zeros, "a key that is not found is zeros");
}

/* ---- Sealing ---- */

static luci_result_t open_as(const luci_seal_t *seal, const char *sealed, apr_pool_t *pool)
{
    unsigned char *plain = NULL;
    size_t length;

    return luci_seal_open(seal, sealed, &plain, &length, pool);
}

static void check_round_trips(const luci_seal_t *seal, apr_pool_t *pool)
{
    static const size_t lengths[] = { 0, 1, 15, 16, 17, 20, 255, LUCI_SEAL_PLAIN_MAX };
    unsigned char plain[LUCI_SEAL_PLAIN_MAX + 1], *opened;
    const char *sealed, *again;
    size_t got;

    for (size_t i = 0; i < sizeof plain; i++)
        plain[i] = (unsigned char)(i * 7);
    for (size_t i = 0; i < sizeof lengths / sizeof *lengths; i++) {
        tap_is_result(luci_seal_close(seal, plain, lengths[i], &sealed, pool), LUCI_OK, "%d bytes are sealed",
                      (int)lengths[i]);
        tap_ok(luci_seal_open(seal, sealed, &opened, &got, pool) == LUCI_OK && got == lengths[i] &&
                   memcmp(opened, plain, got) == 0 && opened[got] == '\0',
               "%d sealed bytes are opened, with a NUL behind them", (int)lengths[i]);
        tap_ok(luci_seal_close(seal, plain, lengths[i], &again, pool) == LUCI_OK &&
                   strcmp(sealed, again) != 0,
               "%d bytes have another sealed text each time", (int)lengths[i]);
    }
    tap_is_result(luci_seal_close(seal, plain, LUCI_SEAL_PLAIN_MAX + 1, &sealed, pool), LUCI_INVALID,
                  "more bytes than LUCI_SEAL_PLAIN_MAX are refused");
}

/* How many texts pass that differ from a text in one character, are cut off, or are longer. */
static int passing_changes(const luci_seal_t *seal, const char *text,
                           luci_result_t (*read)(const luci_seal_t *, const char *, apr_pool_t *),
                           apr_pool_t *pool)
{
    static const char characters[] =
        "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_.+/=% \n\xe4";
    size_t length = strlen(text);
    int passing = 0;

    for (size_t i = 0; i < length; i++) {
        char *changed = apr_pstrdup(pool, text);

        for (const char *c = characters; *c; c++) {
            if (*c == text[i])
                continue;
            changed[i] = *c;
            passing += read(seal, changed, pool) != LUCI_DENIED;
        }
        changed = apr_pstrmemdup(pool, text, i);
        passing += read(seal, changed, pool) != LUCI_DENIED;
        changed = apr_pstrcat(pool, apr_pstrmemdup(pool, text, i), text + i + 1, NULL);
        passing += read(seal, changed, pool) != LUCI_DENIED && strcmp(changed, text) != 0;
    }
    for (const char *c = characters; *c; c++)
        passing += read(seal, apr_psprintf(pool, "%s%c", text, *c), pool) != LUCI_DENIED;
    return passing;
}

static void check_sealed(apr_pool_t *pool)
{
    const luci_seal_keys_t *keys = keys_of(SECRET, NULL, pool);
    luci_seal_t seal = seal_of(keys, "totp seed"), other;
    unsigned char *plain;
    const char *sealed, *owner_less;
    size_t length;

    tap_ok(luci_seal_open(&seal, SEALED, &plain, &length, pool) == LUCI_OK && length == strlen(SEED) &&
               memcmp(plain, SEED, length) == 0,
           "a text that another implementation sealed is opened");
    tap_is_int(passing_changes(&seal, SEALED, open_as, pool), 0, "a sealed text with any change is denied");
    other = seal;
    other.owner = "bobby";
    tap_is_result(open_as(&other, SEALED, pool), LUCI_DENIED, "the sealed text of another owner is denied");
    other.owner = "";
    tap_is_result(open_as(&other, SEALED, pool), LUCI_DENIED, "a sealed text without its owner is denied");
    other = seal_of(keys, "totp seed 2");
    tap_is_result(open_as(&other, SEALED, pool), LUCI_DENIED,
                  "a text that was sealed for another use is denied");
    other = seal_of(keys_of(NEWER, NULL, pool), "totp seed");
    tap_is_result(open_as(&other, SEALED, pool), LUCI_DENIED,
                  "a text that was sealed with another secret is denied");
    tap_is_result(open_as(&seal, apr_pstrcat(pool, "2", &SEALED[1], NULL), pool), LUCI_DENIED,
                  "a sealed text of another version is denied");
    tap_is_result(open_as(&seal, "", pool), LUCI_DENIED, "an empty sealed text is denied");
    memset(plain = apr_pcalloc(pool, 100001), 'A', 100000);
    memcpy(plain, SEALED, strlen(KEY_ID) + 3);
    tap_is_result(open_as(&seal, (const char *)plain, pool), LUCI_DENIED,
                  "a very long sealed text is denied");
    other = seal;
    other.owner = "";
    tap_ok(luci_seal_close(&other, (const unsigned char *)SEED, strlen(SEED), &owner_less, pool) == LUCI_OK &&
               open_as(&other, owner_less, pool) == LUCI_OK &&
               open_as(&seal, owner_less, pool) == LUCI_DENIED,
           "a text without an owner is sealed, and does not open for one");
    tap_is_result(luci_seal_close(&seal, (const unsigned char *)SEED, strlen(SEED), &sealed, pool), LUCI_OK,
                  "a seed is sealed");
    tap_ok(!strstr(sealed, "MTIzNDU2Nzg5MDEyMzQ1Njc4OTA") && strncmp(sealed, SEALED, 11) == 0,
           "a sealed seed names its key, and does not contain the seed");
    check_round_trips(&seal, pool);
}

/* ---- Signing ---- */

static luci_result_t verify_as(const luci_seal_t *seal, const char *token, apr_pool_t *pool)
{
    const char *text;

    return luci_seal_verify(seal, token, NOW, &text, pool);
}

static void check_signed(apr_pool_t *pool)
{
    const luci_seal_keys_t *keys = keys_of(SECRET, NULL, pool);
    luci_seal_t seal = seal_of(keys, "step"), other;
    const char *token, *text = NULL;

    tap_ok(luci_seal_sign(&seal, STEP_TEXT, SIGNED_EXPIRES, &token, pool) == LUCI_OK &&
               strcmp(token, SIGNED) == 0,
           "a text is signed as another implementation does");
    tap_ok(luci_seal_verify(&seal, SIGNED, NOW, &text, pool) == LUCI_OK && strcmp(text, STEP_TEXT) == 0,
           "a signed text is verified and returned");
    tap_is_int(passing_changes(&seal, SIGNED, verify_as, pool), 0, "a signed text with any change is denied");
    tap_is_result(luci_seal_verify(&seal, SIGNED, SIGNED_EXPIRES - 1, &text, pool), LUCI_OK,
                  "a signed text is valid until the last millisecond");
    text = NULL;
    tap_is_result(luci_seal_verify(&seal, SIGNED, SIGNED_EXPIRES, &text, pool), LUCI_EXPIRED,
                  "a signed text expires");
    tap_ok(!text, "an expired text is not returned");
    other = seal;
    other.owner = "bobby";
    tap_is_result(verify_as(&other, SIGNED, pool), LUCI_DENIED, "the signed text of another owner is denied");
    other = seal_of(keys, "step 2");
    tap_is_result(verify_as(&other, SIGNED, pool), LUCI_DENIED,
                  "a text that was signed for another use is denied");
    other = seal_of(keys_of(NEWER, NULL, pool), "step");
    tap_is_result(verify_as(&other, SIGNED, pool), LUCI_DENIED,
                  "a text that was signed with another secret is denied");
    tap_is_result(verify_as(&seal, SEALED, pool), LUCI_DENIED, "a sealed text is not a signed one");
    tap_is_result(open_as(&seal, SIGNED, pool), LUCI_DENIED, "a signed text is not a sealed one");
    tap_is_result(verify_as(&seal, "", pool), LUCI_DENIED, "an empty signed text is denied");
    tap_is_result(verify_as(&seal, "1.sPso7ZVb.", pool), LUCI_DENIED, "a head without a text is denied");
    tap_is_result(verify_as(&seal, "1.sPso7ZVb..", pool), LUCI_DENIED,
                  "a text without a signature is denied");
    tap_ok(luci_seal_sign(&seal, "", SIGNED_EXPIRES, &token, pool) == LUCI_OK &&
               luci_seal_verify(&seal, token, NOW, &text, pool) == LUCI_OK && !*text,
           "an empty text can be signed");
    tap_is_result(luci_seal_sign(&seal, STEP_TEXT, -1, &token, pool), LUCI_INVALID,
                  "a time before 1970 is no expiry time");
    text = apr_pcalloc(pool, LUCI_SEAL_PLAIN_MAX + 2);
    memset((char *)text, 'x', LUCI_SEAL_PLAIN_MAX);
    tap_ok(luci_seal_sign(&seal, text, SIGNED_EXPIRES, &token, pool) == LUCI_OK &&
               verify_as(&seal, token, pool) == LUCI_OK,
           "the longest text is signed and verified");
    ((char *)text)[LUCI_SEAL_PLAIN_MAX] = 'x';
    tap_is_result(luci_seal_sign(&seal, text, SIGNED_EXPIRES, &token, pool), LUCI_INVALID,
                  "a text that is too long is not signed");
}

/* ---- Rotation ---- */

static void check_rotation(apr_pool_t *pool)
{
    const luci_seal_keys_t *before = keys_of(SECRET, NULL, pool), *between = keys_of(NEWER, SECRET, pool),
                           *after = keys_of(NEWER, NULL, pool);
    luci_seal_t old = seal_of(before, "use"), both = seal_of(between, "use"), new = seal_of(after, "use");
    const char *sealed = "", *resealed = "", *token = "", *newer_token = "";

    tap_ok(luci_seal_close(&old, (const unsigned char *)SEED, 20, &sealed, pool) == LUCI_OK &&
               luci_seal_sign(&old, SEED, SIGNED_EXPIRES, &token, pool) == LUCI_OK &&
               luci_seal_close(&both, (const unsigned char *)SEED, 20, &resealed, pool) == LUCI_OK &&
               luci_seal_sign(&both, SEED, SIGNED_EXPIRES, &newer_token, pool) == LUCI_OK,
           "texts are made before and during a rotation");
    tap_is_result(open_as(&both, sealed, pool), LUCI_OK,
                  "the second secret opens what it sealed as the first");
    tap_is_result(verify_as(&both, token, pool), LUCI_OK,
                  "the second secret verifies what it signed as the first");
    tap_is_result(open_as(&new, resealed, pool), LUCI_OK, "a new text is sealed with the first secret");
    tap_is_result(verify_as(&new, newer_token, pool), LUCI_OK, "a new text is signed with the first secret");
    tap_is_result(open_as(&old, resealed, pool), LUCI_DENIED,
                  "a new text is not sealed with the second secret");
    tap_is_result(open_as(&new, sealed, pool), LUCI_DENIED, "a secret that was removed opens nothing");
    tap_is_result(verify_as(&new, token, pool), LUCI_DENIED, "a secret that was removed verifies nothing");
    tap_ok(luci_seal_is_current(before, sealed) && luci_seal_is_current(between, resealed) &&
               luci_seal_is_current(after, newer_token),
           "texts of the first secret are current");
    tap_ok(!luci_seal_is_current(between, sealed) && !luci_seal_is_current(between, token),
           "texts of the second secret are not current");
    tap_ok(!luci_seal_is_current(before, "") && !luci_seal_is_current(before, "1.") &&
               !luci_seal_is_current(before, "1." KEY_ID) && !luci_seal_is_current(before, "2" SEALED),
           "texts of another form are not current");
    tap_ok(luci_seal_is_readable(between, sealed) && luci_seal_is_readable(between, resealed) &&
               luci_seal_is_readable(after, newer_token) && luci_seal_is_readable(between, token),
           "texts of the first and the second secret are readable");
    tap_ok(!luci_seal_is_readable(after, sealed) && !luci_seal_is_readable(before, resealed) &&
               !luci_seal_is_readable(before, "") && !luci_seal_is_readable(before, "1." KEY_ID) &&
               !luci_seal_is_readable(before, "2" SEALED),
           "texts of a secret that was removed, and texts of another form, are not readable");
}

/* ---- Failures ---- */

static int fail(unsigned char *out, int length)
{
    memset(out, 'x', (size_t)length);
    return 0;
}

static void check_no_randomness(apr_pool_t *pool)
{
    RAND_METHOD failing = { .bytes = fail, .pseudorand = fail };
    const RAND_METHOD *real = RAND_get_rand_method();
    luci_seal_t seal = seal_of(keys_of(SECRET, NULL, pool), "use");
    const char *sealed = NULL;

    RAND_set_rand_method(&failing);
    tap_is_result(luci_seal_close(&seal, (const unsigned char *)SEED, 20, &sealed, pool), LUCI_INTERNAL,
                  "nothing is sealed without a random nonce");
    RAND_set_rand_method(real);
    tap_ok(!sealed, "a seal that fails returns no text");
}

int main(void)
{
    apr_pool_t *pool;

    apr_initialize();
    apr_pool_create(&pool, NULL);
    check_keys(pool); /* without luci_secret_init, as when a configuration is read */
    tap_is_result(luci_secret_init(pool), LUCI_OK, "the library of secrets starts");
    check_sealed(pool);
    check_signed(pool);
    check_rotation(pool);
    check_no_randomness(pool);
    apr_pool_destroy(pool);
    apr_terminate();
    return tap_done();
}
