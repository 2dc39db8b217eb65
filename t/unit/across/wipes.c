/* SPDX-License-Identifier: Apache-2.0 */
/* What held a secret is overwritten: each call of libcrypto's OPENSSL_cleanse lands here, with what is still
 * in the memory. */
#include "core/auth/known_password.h"
#include "core/auth/password_credential.h"
#include "core/auth/password_memory.h"
#include "core/base/secret.h"
#include "core/config/directives.h"
#include "core/mail/message.h"
#include "core/password/password_argon2_int.h"
#include "core/password/password_hash.h"
#include "core/recovery/recovery.h"
#include "core/seal/seal.h"
#include "core/totp/totp.h"
#include "core/web/form.h"
#include "lib/fixtures.h"
#include "lib/tap.h"

#include <apr_general.h>
#include <apr_strings.h>
#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <stdlib.h>
#include <string.h>

#define WIPED_MAX 256
#define BYTES_KEPT 4096

static struct {
    unsigned char bytes[BYTES_KEPT];
    size_t length;
} wiped[WIPED_MAX];
static int count;

/* In the place of libcrypto's. */
void OPENSSL_cleanse(void *memory, size_t length)
{
    if (count < WIPED_MAX) {
        wiped[count].length = length < BYTES_KEPT ? length : BYTES_KEPT;
        memcpy(wiped[count].bytes, memory, wiped[count].length);
        count++;
    }
    memset(memory, 0, length);
}

/* How many of the wiped stretches begin with these bytes and are at least so long. */
static int begin_with(const void *bytes, size_t length, size_t least)
{
    int found = 0;

    for (int i = 0; i < count; i++)
        found += wiped[i].length >= length && wiped[i].length >= least &&
                 memcmp(wiped[i].bytes, bytes, length) == 0;
    return found;
}

static int hold(const void *bytes, size_t length)
{
    int found = 0;

    for (int i = 0; i < count; i++)
        found += memmem(wiped[i].bytes, wiped[i].length, bytes, length) != NULL;
    return found;
}

/* The tag at the end of a hash as it is stored. */
static size_t tag_of(const char *stored, unsigned char *tag)
{
    const char *text = strrchr(stored, '$') + 1;
    unsigned char padded[LUCI_ARGON2_TAG_MAX + 3];
    char whole[2 * LUCI_ARGON2_TAG_MAX];
    size_t length = strlen(text);

    apr_snprintf(whole, sizeof whole, "%s%.*s", text, (int)((4 - length % 4) % 4), "===");
    if (EVP_DecodeBlock(padded, (const unsigned char *)whole, (int)strlen(whole)) < 0)
        tap_fail("no base64: %s", text);
    length = length * 3 / 4;
    memcpy(tag, padded, length); /* NOLINT(bugprone-not-null-terminated-result): it is no string */
    return length;
}

static void check_argon2(apr_pool_t *pool)
{
    static const luci_hash_cost_t cost = { LUCI_HASH_ARGON2ID, 8, 1, 1 };
    unsigned char tag[LUCI_ARGON2_TAG_MAX];
    char *stored;
    size_t length;

    count = 0;
    tap_is_result(luci_password_hash(&cost, LUCI_ARGON2_LIBARGON2, PASSWORD, &stored, pool), LUCI_OK,
                  "a new hash of Argon2");
    length = tag_of(stored, tag);
    tap_is_int(hold(tag, length), 1, "its tag is wiped, as it was before it became text");
    count = 0;
    tap_is_result(luci_password_verify(stored, LUCI_ARGON2_LIBARGON2, PASSWORD), LUCI_OK,
                  "a password that is right");
    tap_is_int(begin_with(tag, length, LUCI_ARGON2_TAG_MAX), 1, "the tag that was computed is wiped");
    tap_is_int(hold(tag, length), 2, "the tag that was stored is wiped");
}

static void check_scrypt(void)
{
    /* Lucia v2's scrypt with a key of zeros, so that what is computed is the only other key. */
    static const char stored[] =
        "s2:0123456789abcdef:00000000000000000000000000000000000000000000000000000000000000000000"
        "000000000000000000000000000000000000000000000000000000000000";

    count = 0;
    tap_is_result(luci_password_verify(stored, LUCI_ARGON2_LIBARGON2, PASSWORD), LUCI_DENIED,
                  "a wrong hash of scrypt");
    tap_ok(count >= 2, "key and its digits are wiped");
}

static void check_secrets(apr_pool_t *pool)
{
    static const unsigned char key[LUCI_SHA256_BYTES] = "a key of thirty-two bytes, as is";
    unsigned char out[LUCI_SHA256_BYTES], pad[64];
    char id[41];

    (void)pool;
    memset(pad, 0x5c, sizeof pad);
    for (int i = 0; i < LUCI_SHA256_BYTES; i++)
        pad[i] ^= key[i];
    count = 0;
    tap_is_result(luci_secret_hmac(key, "x", 1, out), LUCI_OK, "an HMAC is computed");
    tap_is_int(begin_with(pad, sizeof pad, sizeof pad), 1, "its key is wiped");
    count = 0;
    tap_is_result(luci_secret_random_id(id, 40), LUCI_OK, "a session id");
    tap_ok(count >= 1 && wiped[count - 1].length == 64, "what it was drawn from is wiped");
}

/* A mail may have the token of a link: only the bytes that the caller gets are left. */
static void check_mail(apr_pool_t *pool)
{
    static const char token[] = "q0vqkq5m3y0s2o7d2gk9c1t8w4e6r5ab";
    luci_mail_message_t message = {
        .from = "a@example.org", .to = "b@example.org", .subject = "s", .id = "1"
    };
    char *bytes;

    for (int i = 0; i < 2; i++) {
        count = 0;
        message.text = apr_pstrcat(pool, token, i ? "\xc3\xa9" : "", NULL);
        tap_is_result(luci_message_write(&message, &bytes, pool), LUCI_OK, "S9.93: a mail is written, %d", i);
        tap_ok(strstr(bytes, token) != NULL, "S9.93: mail %d has its text", i);
        tap_is_int(hold(token, sizeof token - 1), 1, "S9.93: the encoded text of mail %d is wiped", i);
    }
}

static void check_form(apr_pool_t *pool)
{
    static const char body[] = "{\"username\":\"alice\",\"password\":\"" PASSWORD "\"}";
    static const luci_form_field_t fields[] = { { "username", LUCI_FORM_TEXT },
                                                { "password", LUCI_FORM_SECRET },
                                                { NULL, LUCI_FORM_TEXT } };
    luci_form_t form = { .fields = fields };

    count = 0;
    tap_is_result(luci_form_parse_json(body, sizeof body - 1, &form, pool), LUCI_OK, "a body of JSON");
    tap_is_int(hold("\"" PASSWORD "\"", strlen(PASSWORD) + 2), 1, "its copy is wiped");
    tap_is_int(begin_with(PASSWORD, strlen(PASSWORD), strlen(PASSWORD)), 1,
               "the JSON parser's string is wiped");
    count = 0;
    luci_form_wipe(&form);
    tap_is_int(begin_with(PASSWORD, strlen(PASSWORD), strlen(PASSWORD)), 1, "the field of the form is wiped");
    tap_is_str(luci_form_value(&form, "password"), "", "nothing is left of the field");
}

static void check_credential(apr_pool_t *pool)
{
    luci_settings_t settings = { .hash = { LUCI_HASH_ARGON2ID, 8, 1, 1 } };
    luci_auth_t auth = { .settings = &settings };
    char *stored;

    count = 0;
    tap_is_result(luci_credential_hash(
                      &auth, &(luci_credential_t){ .kind = &luci_credential_password, .presented = PASSWORD },
                      &stored, pool),
                  LUCI_OK, "a new password");
    tap_ok(begin_with(PASSWORD, strlen(PASSWORD), strlen(PASSWORD)) >= 1, "its normalised copy is wiped");
}

static void check_memory(apr_pool_t *pool)
{
    enum { BYTES = 65536 };
    volatile apr_uint32_t waiting = 0;
    luci_password_memory_t memory = { .wrong_for = LUCI_MS_HOUR, .wait = 30, .waiting = &waiting };
    luci_password_check_t check = { .key_id = "username:alice", .password = PASSWORD, .now = 1 };
    luci_reason_t reason;

    memory.table = luci_shared_table_make(apr_pcalloc(pool, BYTES), BYTES, LUCI_PASSWORD_RECORD_MAX);
    count = 0;
    tap_is_result(luci_password_recall(&memory, &check, &reason, pool), LUCI_EXPIRED,
                  "a password that a program sends");
    tap_is_int(hold(PASSWORD, strlen(PASSWORD)), 1, "what is digested of it is wiped");
}

static void check_seal(apr_pool_t *pool)
{
    /* HKDF of the secret, computed with another implementation. */
    static const char root_hex[] = "a37076a8fc891de6c37bec78ee340e7fee7b2b061011b5980fbf15e014808092";
    apr_array_header_t *secrets = apr_array_make(pool, 1, sizeof(const char *));
    unsigned char root[LUCI_SEAL_KEY_BYTES], key[LUCI_SEAL_KEY_BYTES], sign_key[LUCI_SEAL_KEY_BYTES], *plain;
    luci_seal_t seal = { .use = "x", .owner = "alice" };
    const char *sealed, *token, *text;
    apr_pool_t *config;
    size_t length;

    APR_ARRAY_PUSH(secrets, const char *) = "a secret of at least 32 characters";
    apr_pool_create(&config, NULL);
    tap_ok(luci_secret_unhex(root_hex, root, sizeof root) == LUCI_OK &&
               luci_seal_keys_make(secrets, &seal.keys, config) == LUCI_OK &&
               luci_seal_keys_derive(seal.keys, luci_seal_keys_id(seal.keys, 0), "seal x", key) == LUCI_OK &&
               luci_seal_keys_derive(seal.keys, luci_seal_keys_id(seal.keys, 0), "sign x", sign_key) ==
                   LUCI_OK,
           "keys of a secret");
    count = 0;
    tap_is_result(luci_seal_close(&seal, (const unsigned char *)"plain", 5, &sealed, pool), LUCI_OK,
                  "a text is sealed");
    tap_is_int(begin_with(key, sizeof key, sizeof key), 1, "the key that seals is wiped");
    count = 0;
    tap_is_result(luci_seal_open(&seal, sealed, &plain, &length, pool), LUCI_OK, "a sealed text is opened");
    tap_is_int(begin_with(key, sizeof key, sizeof key), 1, "the key that opens is wiped");
    count = 0;
    tap_ok(luci_seal_sign(&seal, "text", 1, &token, pool) == LUCI_OK &&
               luci_seal_verify(&seal, token, 0, &text, pool) == LUCI_OK,
           "a text is signed and verified");
    tap_is_int(begin_with(sign_key, sizeof sign_key, sizeof sign_key), 2,
               "the keys that sign and verify are wiped");
    count = 0;
    apr_pool_destroy(config);
    tap_is_int(begin_with(root, sizeof root, sizeof root), 1,
               "the keys of a secret are wiped with their pool");
}

static void check_secret_directive(apr_pool_t *pool)
{
    static const char secret[] = "a secret of at least 32 characters, and another one";
    int row = luci_directives_find("LuciaSecret");
    const char *problem;

    setenv("LUCIA_WIPES_SECRET", secret, 1);
    count = 0;
    problem = luci_directives_set(row, "{env:LUCIA_WIPES_SECRET}",
                                  luci_directives_defaults(&luci_scope_server, pool), pool);
    tap_is_str(problem, NULL, "S5.5: LuciaSecret is read from a variable");
    tap_is_int(begin_with(secret, strlen(secret), strlen(secret)), 1,
               "S5.5: the secret of LuciaSecret is wiped");
    tap_is_str(getenv("LUCIA_WIPES_SECRET"), secret, "S5.5: the variable is left for a restart");
}

static void check_known(apr_pool_t *pool)
{
    luci_known_passwords_t known = { .ttl = 1 };
    luci_auth_t auth = { .known = &known };
    luci_auth_request_t request = { .username = "alice", .password = PASSWORD };

    count = 0;
    (void)luci_known_password_key(&auth, &request, pool);
    tap_is_int(hold(PASSWORD, strlen(PASSWORD)), 1, "what a key stands for is wiped");
}

/* The seeds and codes of second factors. */
static void check_factors(void)
{
    static const unsigned char *const seed = (const unsigned char *)"12345678901234567890";
    char secret[LUCI_TOTP_SECRET_LENGTH + 1], code[LUCI_TOTP_DIGITS + 1];
    unsigned char bits[LUCI_TOTP_SEED_BYTES];
    luci_recovery_codes_t codes;
    apr_int64_t step;

    count = 0;
    tap_is_result(luci_totp_new_secret(secret), LUCI_OK, "a secret of an app is made");
    tap_ok(luci_base32_decode(secret, bits, sizeof bits) == LUCI_OK &&
               begin_with(bits, sizeof bits, sizeof bits) == 1,
           "the bits of a new secret are wiped");
    tap_is_result(luci_totp_code(seed, 1, code), LUCI_OK, "a code of an app is made");
    count = 0;
    tap_is_result(luci_totp_find(seed, code, LUCI_TOTP_STEP, &step), LUCI_OK, "the code is found");
    tap_ok(begin_with("", 0, LUCI_TOTP_DIGITS + 1) >= 4, "what codes are compared with is wiped");
    count = 0;
    tap_is_result(luci_recovery_new(&codes), LUCI_OK, "recovery codes are made");
    tap_ok(luci_base32_decode(codes.text[LUCI_RECOVERY_CODES - 1], bits, LUCI_RECOVERY_BYTES) == LUCI_OK &&
               begin_with(bits, LUCI_RECOVERY_BYTES, LUCI_RECOVERY_BYTES) == 1,
           "the bits of a recovery code are wiped");
}

int main(void)
{
    apr_pool_t *pool;

    apr_initialize();
    atexit(apr_terminate);
    apr_pool_create(&pool, NULL);
    if (luci_secret_init(pool) != LUCI_OK)
        tap_fail("libcrypto computes no SHA-256");
    check_argon2(pool);
    check_scrypt();
    check_secrets(pool);
    check_form(pool);
    check_mail(pool);
    check_credential(pool);
    check_memory(pool);
    check_seal(pool);
    check_secret_directive(pool);
    check_known(pool);
    check_factors();
    apr_pool_destroy(pool);
    return tap_done();
}
