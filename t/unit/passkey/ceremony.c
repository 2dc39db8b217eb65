/* SPDX-License-Identifier: Apache-2.0 */
/* Registrations and assertions of an authenticator of the tests (lib/support_passkey.h): what is accepted,
 * and that each check of WebAuthn refuses what it is there for, also where libfido2 would accept it.
 * Specification: S9.80, S9.81. */
#include "core/passkey/ceremony.h"

#include "core/passkey/client_data.h"
#include "lib/support.h"
#include "lib/support_passkey.h"
#include "lib/tap.h"

#include <apr_strings.h>
#include <string.h>

#define ID_TEXT "a credential id of thirty-two by"
#define EXTENSION                                                                                            \
    "\xa1\x6b"                                                                                               \
    "credProtect\x02"
#define EXTENSIONS support_bytes_of(EXTENSION, sizeof(EXTENSION) - 1)

static apr_pool_t *pool;
static support_key_t *keys[3];
static luci_bytes_t id;

static const char *const names[3] = { "ES256", "EdDSA", "RS256" };

/* ---- Calls ---- */

static luci_passkey_fault_t fault;
static luci_passkey_credential_t credential;
static int is_copied;

static luci_result_t register_answer(const luci_passkey_answer_t *answer, int needs_verification)
{
    luci_ceremony_t ceremony = support_ceremony(needs_verification);

    fault = LUCI_PASSKEY_FAULT_NONE;
    memset(&credential, 0, sizeof credential);
    return luci_registration_verify(&ceremony, answer, &credential, &fault);
}

/* A credential as it was registered. */
static luci_passkey_credential_t stored(const support_key_t *key, int flags, apr_uint32_t count)
{
    luci_passkey_credential_t known = { .id = id, .sign_count = count, .flags = flags };
    luci_bytes_t cose = support_key_cose(key, pool);

    if (luci_cose_key_read(cose.data, cose.length, &known.key) != LUCI_OK)
        support_give_up("a key", "it is not read");
    return known;
}

static luci_result_t assert_answer(const luci_passkey_answer_t *answer, const support_key_t *key,
                                   int needs_verification)
{
    luci_ceremony_t ceremony = support_ceremony(needs_verification);

    fault = LUCI_PASSKEY_FAULT_NONE;
    is_copied = -1;
    credential = stored(key, 0, 0);
    return luci_assertion_verify(&ceremony, answer, &credential, &is_copied, &fault);
}

/* Signs what was changed, so that only the change is wrong. */
static void sign_again(luci_passkey_answer_t *answer, const support_key_t *key)
{
    answer->signature = support_sign(key, answer->authenticator_data, answer->client_data, pool);
}

/* ---- What is right ---- */

static void check_right(void)
{
    for (int i = 0; i < 3; i++) {
        luci_passkey_answer_t answer = support_registration(keys[i], id, UP | UV | BE, pool);
        luci_bytes_t cose = support_key_cose(keys[i], pool);
        unsigned char written[LUCI_COSE_KEY_MAX];
        size_t length = 0;

        tap_is_result(register_answer(&answer, 1), LUCI_OK, "a registration with %s is accepted", names[i]);
        tap_is_int(credential.key.algorithm, luci_cose_algorithms[i], "its algorithm is %s", names[i]);
        tap_is_result(luci_cose_key_write(&credential.key, written, &length), LUCI_OK,
                      "a registered key of %s can be written", names[i]);
        tap_ok(length == cose.length && memcmp(written, cose.data, length) == 0,
               "a registered key of %s is written as it came", names[i]);
        tap_is_int(credential.flags, LUCI_CREDENTIAL_VERIFIED | LUCI_CREDENTIAL_BACKUP_ELIGIBLE,
                   "a registration with %s has the flags of the authenticator", names[i]);
        answer = support_assertion(keys[i], id, UP | UV, 7, pool);
        tap_is_result(assert_answer(&answer, keys[i], 1), LUCI_OK, "an assertion with %s is accepted",
                      names[i]);
        tap_is_int(credential.sign_count, 7, "an assertion with %s sets the counter", names[i]);
        tap_is_int(credential.flags, LUCI_CREDENTIAL_VERIFIED, "an assertion with %s sets the flags",
                   names[i]);
        answer = support_assertion(keys[i], id, UP, 0, pool);
        tap_is_result(assert_answer(&answer, keys[(i + 1) % 3], 0), LUCI_DENIED,
                      "a signature by %s is none by another key", names[i]);
        tap_is_int(fault, LUCI_PASSKEY_FAULT_SIGNATURE, "a key of another algorithm than %s is no key",
                   names[i]);
    }
}

/* ---- Client data, in both ceremonies ---- */

static void check_client_data(void)
{
    static const struct {
        const char *json;
        luci_passkey_fault_t fault;
        const char *what;
    } cases[] = {
        { "{\"type\":\"@\",\"challenge\":\"" CHALLENGE "\",\"origin\":\"" SITE_ORIGIN "\"}",
          LUCI_PASSKEY_FAULT_NONE, "only what is needed" },
        { "{\"type\":\"@\",\"challenge\":\"" CHALLENGE "\",\"origin\":\"" SITE_ORIGIN
          "\",\"crossOrigin\":false,\"other\":{\"a\":[1]},\"tokenBinding\":{\"status\":\"supported\"}}",
          LUCI_PASSKEY_FAULT_NONE, "members that are not known" },
        { "{\"type\":\"webauthn.none\",\"challenge\":\"" CHALLENGE "\",\"origin\":\"" SITE_ORIGIN "\"}",
          LUCI_PASSKEY_FAULT_TYPE, "another type" },
        { "{\"challenge\":\"" CHALLENGE "\",\"origin\":\"" SITE_ORIGIN "\"}", LUCI_PASSKEY_FAULT_TYPE,
          "no type" },
        { "{\"type\":\"@\",\"challenge\":\"AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh4\",\"origin\":"
          "\"" SITE_ORIGIN "\"}",
          LUCI_PASSKEY_FAULT_CHALLENGE, "another challenge" },
        { "{\"type\":\"@\",\"challenge\":\"" CHALLENGE "=\",\"origin\":\"" SITE_ORIGIN "\"}",
          LUCI_PASSKEY_FAULT_CHALLENGE, "a challenge with padding" },
        { "{\"type\":\"@\",\"challenge\":\"\",\"origin\":\"" SITE_ORIGIN "\"}", LUCI_PASSKEY_FAULT_CHALLENGE,
          "an empty challenge" },
        { "{\"type\":\"@\",\"challenge\":\"" CHALLENGE "\",\"origin\":\"https://site.example.evil\"}",
          LUCI_PASSKEY_FAULT_ORIGIN, "an origin that begins with ours" },
        { "{\"type\":\"@\",\"challenge\":\"" CHALLENGE "\",\"origin\":\"https://evil.site.example\"}",
          LUCI_PASSKEY_FAULT_ORIGIN, "an origin below ours" },
        { "{\"type\":\"@\",\"challenge\":\"" CHALLENGE "\",\"origin\":\"http://site.example\"}",
          LUCI_PASSKEY_FAULT_ORIGIN, "an origin without TLS" },
        { "{\"type\":\"@\",\"challenge\":\"" CHALLENGE "\",\"origin\":\"https://site.example:8443\"}",
          LUCI_PASSKEY_FAULT_ORIGIN, "an origin with another port" },
        { "{\"type\":\"@\",\"challenge\":\"" CHALLENGE "\",\"origin\":\"" SITE_ORIGIN "/\"}",
          LUCI_PASSKEY_FAULT_ORIGIN, "an origin with a slash" },
        { "{\"type\":\"@\",\"challenge\":\"" CHALLENGE "\",\"origin\":[\"" SITE_ORIGIN "\"]}",
          LUCI_PASSKEY_FAULT_ORIGIN, "a list of origins" },
        { "{\"type\":\"@\",\"challenge\":\"" CHALLENGE "\",\"origin\":\"" SITE_ORIGIN
          "\",\"crossOrigin\":true}",
          LUCI_PASSKEY_FAULT_CROSS_ORIGIN, "a frame of another site" },
        { "{\"type\":\"@\",\"challenge\":\"" CHALLENGE "\",\"origin\":\"" SITE_ORIGIN "\",\"crossOrigin\":0}",
          LUCI_PASSKEY_FAULT_CROSS_ORIGIN, "a number as crossOrigin" },
        { "{\"type\":\"@\",\"challenge\":\"" CHALLENGE "\",\"origin\":\"" SITE_ORIGIN
          "\",\"crossOrigin\":null}",
          LUCI_PASSKEY_FAULT_CROSS_ORIGIN, "null as crossOrigin" },
        { "{\"type\":\"@\",\"challenge\":\"" CHALLENGE "\",\"origin\":\"" SITE_ORIGIN
          "\",\"topOrigin\":\"" SITE_ORIGIN "\"}",
          LUCI_PASSKEY_FAULT_CROSS_ORIGIN, "a topOrigin" },
        { "{\"type\":\"webauthn.none\",\"type\":\"@\",\"challenge\":\"" CHALLENGE
          "\",\"origin\":\"" SITE_ORIGIN "\"}",
          LUCI_PASSKEY_FAULT_CLIENT_DATA, "a type that occurs twice" },
        { "{\"type\":\"@\",\"challenge\":\"" CHALLENGE "\",\"origin\":\"https://evil.example\",\"origin\":"
          "\"" SITE_ORIGIN "\"}",
          LUCI_PASSKEY_FAULT_CLIENT_DATA, "an origin that occurs twice" },
        { "{\"type\":\"@\",\"challenge\":\"" CHALLENGE "\",\"origin\":\"" SITE_ORIGIN "\"} ",
          LUCI_PASSKEY_FAULT_NONE, "white space at the end" },
        { "{\"type\":\"@\",\"challenge\":\"" CHALLENGE "\",\"origin\":\"" SITE_ORIGIN "\"}{}",
          LUCI_PASSKEY_FAULT_CLIENT_DATA, "two objects" },
        { "{\"type\":\"@\",\"challenge\":\"" CHALLENGE "\",\"origin\":\"" SITE_ORIGIN "\",\"a\":[[[[1]]]]}",
          LUCI_PASSKEY_FAULT_CLIENT_DATA, "deep nesting" },
        { "\xef\xbb\xbf{\"type\":\"@\",\"challenge\":\"" CHALLENGE "\",\"origin\":\"" SITE_ORIGIN "\"}",
          LUCI_PASSKEY_FAULT_CLIENT_DATA, "a byte order mark" },
        { "{\"type\":\"@\",\"challenge\":\"" CHALLENGE "\",\"origin\":\"" SITE_ORIGIN "\",\"a\":\"\xff\"}",
          LUCI_PASSKEY_FAULT_CLIENT_DATA, "bytes that are not UTF-8" },
        { "{\"type\":\"@\\u0000\",\"challenge\":\"" CHALLENGE "\",\"origin\":\"" SITE_ORIGIN "\"}",
          LUCI_PASSKEY_FAULT_CLIENT_DATA, "a NUL" },
        { "[\"@\"]", LUCI_PASSKEY_FAULT_CLIENT_DATA, "an array" },
        { "\"@\"", LUCI_PASSKEY_FAULT_CLIENT_DATA, "a text" },
        { "", LUCI_PASSKEY_FAULT_CLIENT_DATA, "nothing" },
    };

    for (int i = 0; i < COUNT(cases); i++) {
        for (int is_assertion = 0; is_assertion < 2; is_assertion++) {
            const char *type = is_assertion ? "webauthn.get" : "webauthn.create";
            const char *at = strchr(cases[i].json, '@');
            const char *json = at ? apr_pstrcat(pool, apr_pstrmemdup(pool, cases[i].json, at - cases[i].json),
                                                type, at + 1, NULL)
                                  : cases[i].json;
            luci_passkey_answer_t answer = is_assertion ? support_assertion(keys[0], id, UP, 0, pool)
                                                        : support_registration(keys[0], id, UP, pool);

            answer.client_data = support_bytes_of(json, strlen(json));
            sign_again(&answer, keys[0]);
            tap_is_result(is_assertion ? assert_answer(&answer, keys[0], 0) : register_answer(&answer, 0),
                          cases[i].fault ? LUCI_DENIED : LUCI_OK, "%s with %s in the client data", type,
                          cases[i].what);
            tap_is_int(fault, cases[i].fault, "the fault of %s with %s in the client data", type,
                       cases[i].what);
        }
    }
}

/* Client data of one ceremony is none of the other one, and a large one is not parsed. */
static void check_client_data_swapped(void)
{
    luci_passkey_answer_t answer = support_registration(keys[0], id, UP, pool);
    char *blanks = apr_palloc(pool, LUCI_CLIENT_DATA_MAX + 1);
    size_t length;

    answer.client_data = support_client_data("webauthn.get", CHALLENGE, "", pool);
    tap_is_result(register_answer(&answer, 0), LUCI_DENIED,
                  "the client data of an assertion registers nothing");
    tap_is_int(fault, LUCI_PASSKEY_FAULT_TYPE, "an assertion is no registration");
    answer = support_assertion(keys[0], id, UP, 0, pool);
    answer.client_data = support_client_data("webauthn.create", CHALLENGE, "", pool);
    sign_again(&answer, keys[0]);
    tap_is_result(assert_answer(&answer, keys[0], 0), LUCI_DENIED,
                  "the client data of a registration signs in nobody");
    tap_is_int(fault, LUCI_PASSKEY_FAULT_TYPE, "a registration is no assertion");

    answer.client_data = support_client_data("webauthn.get", CHALLENGE, "", pool);
    length = answer.client_data.length;
    memset(blanks, ' ', LUCI_CLIENT_DATA_MAX + 1);
    memcpy(blanks, answer.client_data.data, length);
    for (int more = 0; more < 2; more++) {
        answer.client_data = support_bytes_of(blanks, LUCI_CLIENT_DATA_MAX + (size_t)more);
        sign_again(&answer, keys[0]);
        tap_is_result(assert_answer(&answer, keys[0], 0), more ? LUCI_DENIED : LUCI_OK,
                      "client data of %d bytes", LUCI_CLIENT_DATA_MAX + more);
    }
}

/* ---- Authenticator data ---- */

typedef struct {
    const char *what;
    support_data_t data;
    int needs_verification;
    luci_passkey_fault_t fault;
} case_t;

static void check_registration_data(void)
{
    luci_bytes_t cose = support_key_cose(keys[0], pool), long_id = { apr_pcalloc(pool, 1024), 1023 };
    luci_bytes_t longer_id = { long_id.data, 1024 };
    const case_t cases[] = {
        { "everything right", { .flags = UP | AT, .id = id, .public = cose }, 0, LUCI_PASSKEY_FAULT_NONE },
        { "another relying party",
          { .party = "evil.example", .flags = UP | AT, .id = id, .public = cose },
          0,
          LUCI_PASSKEY_FAULT_RP },
        { "a subdomain as relying party",
          { .party = "a.site.example", .flags = UP | AT, .id = id, .public = cose },
          0,
          LUCI_PASSKEY_FAULT_RP },
        { "no user present", { .flags = UV | AT, .id = id, .public = cose }, 0, LUCI_PASSKEY_FAULT_PRESENCE },
        { "no verification that was asked for",
          { .flags = UP | AT, .id = id, .public = cose },
          1,
          LUCI_PASSKEY_FAULT_VERIFICATION },
        { "a verification", { .flags = UP | UV | AT, .id = id, .public = cose }, 1, LUCI_PASSKEY_FAULT_NONE },
        { "a backup of what cannot have one",
          { .flags = UP | BS | AT, .id = id, .public = cose },
          0,
          LUCI_PASSKEY_FAULT_BACKUP },
        { "a backup", { .flags = UP | BE | BS | AT, .id = id, .public = cose }, 0, LUCI_PASSKEY_FAULT_NONE },
        { "no credential", { .flags = UP, .id = id, .public = cose }, 0, LUCI_PASSKEY_FAULT_AUTHENTICATOR },
        { "an id of 1,023 bytes",
          { .flags = UP | AT, .id = long_id, .public = cose },
          0,
          LUCI_PASSKEY_FAULT_NONE },
        { "an id of 1,024 bytes",
          { .flags = UP | AT, .id = longer_id, .public = cose },
          0,
          LUCI_PASSKEY_FAULT_ID },
        { "an empty id",
          { .flags = UP | AT, .id = { long_id.data, 0 }, .public = cose },
          0,
          LUCI_PASSKEY_FAULT_ID },
        { "extensions",
          { .flags = UP | AT | ED, .id = id, .public = cose, .rest = EXTENSIONS },
          0,
          LUCI_PASSKEY_FAULT_NONE },
        { "extensions without their flag",
          { .flags = UP | AT, .id = id, .public = cose, .rest = EXTENSIONS },
          0,
          LUCI_PASSKEY_FAULT_TRAILING },
        { "a flag without extensions",
          { .flags = UP | AT | ED, .id = id, .public = cose },
          0,
          LUCI_PASSKEY_FAULT_TRAILING },
        { "a byte behind the key",
          { .flags = UP | AT, .id = id, .public = cose, .rest = support_bytes_of("\0", 1) },
          0,
          LUCI_PASSKEY_FAULT_TRAILING },
        { "a byte behind the extensions",
          { .flags = UP | AT | ED,
            .id = id,
            .public = cose,
            .rest = support_append(EXTENSIONS, support_bytes_of("\0", 1), pool) },
          0,
          LUCI_PASSKEY_FAULT_TRAILING },
        { "extensions that are no map",
          { .flags = UP | AT | ED, .id = id, .public = cose, .rest = support_bytes_of("\x01", 1) },
          0,
          LUCI_PASSKEY_FAULT_TRAILING },
        { "an extension of a wrong type",
          { .flags = UP | AT | ED,
            .id = id,
            .public = cose,
            .rest = support_bytes_of("\xa1\x6b"
                                     "credProtect\xf5",
                                     14) },
          0,
          LUCI_PASSKEY_FAULT_ALGORITHM },
    };

    for (int i = 0; i < COUNT(cases); i++) {
        luci_passkey_answer_t answer = support_registration(keys[0], cases[i].data.id, UP, pool);

        answer.authenticator_data = support_data(&cases[i].data, pool);
        tap_is_result(register_answer(&answer, cases[i].needs_verification),
                      cases[i].fault ? LUCI_DENIED : LUCI_OK, "a registration with %s", cases[i].what);
        tap_is_int(fault, cases[i].fault, "the fault of a registration with %s", cases[i].what);
    }
}

#define X "0123456789abcdef0123456789abcdef"
#define ES256_HEAD "\xa5\x01\x02\x03\x26\x20\x01\x21\x58\x20"

/* Keys that are none, or of an algorithm that was not offered. */
static void check_keys(void)
{
    luci_bytes_t cose = support_key_cose(keys[0], pool), rsa = support_key_cose(keys[2], pool);
    luci_bytes_t without_y = { cose.data, 42 };
    const struct {
        const char *what;
        luci_bytes_t key;
        luci_passkey_fault_t fault;
    } cases[] = {
        { "no key", { cose.data, 0 }, LUCI_PASSKEY_FAULT_AUTHENTICATOR },
        { "a key that is cut off", { cose.data, cose.length - 1 }, LUCI_PASSKEY_FAULT_AUTHENTICATOR },
        { "a key without y", support_flip(without_y, 0, 0xa5 ^ 0xa4, pool), LUCI_PASSKEY_FAULT_ALGORITHM },
        { "a point that is not on the curve", support_flip(cose, 20, 1, pool), LUCI_PASSKEY_FAULT_ALGORITHM },
        { "a key of ECDSA with another algorithm", support_flip(cose, 4, 0x26 ^ 0x27, pool),
          LUCI_PASSKEY_FAULT_ALGORITHM },
        { "a key of another curve", support_flip(cose, 6, 3, pool), LUCI_PASSKEY_FAULT_ALGORITHM },
        { "a key of ES384",
          support_bytes_of("\xa5\x01\x02\x03\x38\x22\x20\x02\x21\x58\x30" X "0123456789abcdef\x22\x58\x30" X
                           "0123456789abcdef",
                           11 + 48 + 3 + 48),
          LUCI_PASSKEY_FAULT_ALGORITHM },
        { "an RSA key with another exponent", support_flip(rsa, rsa.length - 1, 2, pool),
          LUCI_PASSKEY_FAULT_ALGORITHM },
        { "a key with a sixth member",
          support_append(support_flip(cose, 0, 0xa5 ^ 0xa6, pool), support_bytes_of("\x23\x01", 2), pool),
          LUCI_PASSKEY_FAULT_ALGORITHM },
        { "a key of indefinite length",
          support_append(support_flip(cose, 0, 0xa5 ^ 0xbf, pool), support_bytes_of("\xff", 1), pool),
          LUCI_PASSKEY_FAULT_AUTHENTICATOR },
        { "a key that claims 2^60 members",
          support_append(support_bytes_of("\xbb\x10\0\0\0\0\0\0\0", 9), cose, pool),
          LUCI_PASSKEY_FAULT_AUTHENTICATOR },
        { "a key of nested arrays", support_bytes_of("\x81\x81\x81\x81\x81\x81\x01", 7),
          LUCI_PASSKEY_FAULT_AUTHENTICATOR },
        { "a key with a tag", support_append(support_bytes_of("\xc0", 1), cose, pool),
          LUCI_PASSKEY_FAULT_AUTHENTICATOR },
        { "a number as key", support_bytes_of("\x01", 1), LUCI_PASSKEY_FAULT_ALGORITHM },
    };

    for (int i = 0; i < COUNT(cases); i++) {
        support_data_t data = { .flags = UP | AT, .id = id, .public = cases[i].key };
        luci_passkey_answer_t answer = support_registration(keys[0], id, UP, pool);

        answer.authenticator_data = support_data(&data, pool);
        tap_is_result(register_answer(&answer, 0), cases[i].fault ? LUCI_DENIED : LUCI_OK,
                      "a registration with %s", cases[i].what);
        tap_is_int(fault, cases[i].fault, "the fault of a registration with %s", cases[i].what);
    }
}

static void check_stated_id(void)
{
    luci_passkey_answer_t answer = support_registration(keys[0], id, UP, pool);

    answer.id = support_flip(id, 3, 1, pool);
    tap_is_result(register_answer(&answer, 0), LUCI_DENIED, "a registration with another id than stated");
    tap_is_int(fault, LUCI_PASSKEY_FAULT_ID, "the stated id is compared");
    answer.id = (luci_bytes_t){ id.data, id.length - 1 };
    tap_is_result(register_answer(&answer, 0), LUCI_DENIED, "a registration with a longer id than stated");
}

static void check_assertion_data(void)
{
    luci_bytes_t cose = support_key_cose(keys[0], pool);
    const case_t cases[] = {
        { "everything right", { .flags = UP, .count = 1 }, 0, LUCI_PASSKEY_FAULT_NONE },
        { "another relying party",
          { .party = "evil.example", .flags = UP, .count = 1 },
          0,
          LUCI_PASSKEY_FAULT_RP },
        { "no user present", { .flags = UV, .count = 1 }, 0, LUCI_PASSKEY_FAULT_PRESENCE },
        { "no flag", { .flags = 0, .count = 1 }, 0, LUCI_PASSKEY_FAULT_PRESENCE },
        { "no verification that was asked for",
          { .flags = UP, .count = 1 },
          1,
          LUCI_PASSKEY_FAULT_VERIFICATION },
        { "a verification", { .flags = UP | UV, .count = 1 }, 1, LUCI_PASSKEY_FAULT_NONE },
        { "a backup of what cannot have one",
          { .flags = UP | BS, .count = 1 },
          0,
          LUCI_PASSKEY_FAULT_BACKUP },
        { "a backup that was not eligible", { .flags = UP | BE, .count = 1 }, 0, LUCI_PASSKEY_FAULT_BACKUP },
        { "a credential",
          { .flags = UP | AT, .count = 1, .id = id, .public = cose },
          0,
          LUCI_PASSKEY_FAULT_AUTHENTICATOR },
        { "a trailing byte",
          { .flags = UP, .rest = support_bytes_of("\0", 1) },
          0,
          LUCI_PASSKEY_FAULT_TRAILING },
        { "extensions without their flag",
          { .flags = UP, .rest = EXTENSIONS },
          0,
          LUCI_PASSKEY_FAULT_TRAILING },
        { "a flag without extensions", { .flags = UP | ED }, 0, LUCI_PASSKEY_FAULT_TRAILING },
        { "extensions", { .flags = UP | ED, .rest = EXTENSIONS }, 0, LUCI_PASSKEY_FAULT_NONE },
        { "a byte behind the extensions",
          { .flags = UP | ED, .rest = support_append(EXTENSIONS, support_bytes_of("\0", 1), pool) },
          0,
          LUCI_PASSKEY_FAULT_TRAILING },
        { "an extension that was not asked for",
          { .flags = UP | ED,
            .rest = support_bytes_of("\xa1\x68"
                                     "credBlob\x41\x01",
                                     12) },
          0,
          LUCI_PASSKEY_FAULT_SIGNATURE },
    };

    for (int i = 0; i < COUNT(cases); i++) {
        luci_passkey_answer_t answer = support_assertion(keys[0], id, UP, 0, pool);

        answer.authenticator_data = support_data(&cases[i].data, pool);
        sign_again(&answer, keys[0]);
        tap_is_result(assert_answer(&answer, keys[0], cases[i].needs_verification),
                      cases[i].fault ? LUCI_DENIED : LUCI_OK, "an assertion with %s", cases[i].what);
        tap_is_int(fault, cases[i].fault, "the fault of an assertion with %s", cases[i].what);
    }
}

/* The counter is a signal: it refuses nothing. Eligibility for backups is part of the credential. */
static void check_counter(void)
{
    static const struct {
        apr_uint32_t before, after;
        int is_copied;
    } cases[] = { { 0, 0, 0 },
                  { 0, 1, 0 },
                  { 5, 6, 0 },
                  { 5, 5, 1 },
                  { 5, 4, 1 },
                  { 5, 0, 1 },
                  { 0xfffffffe, 0xffffffff, 0 },
                  { 0xffffffff, 0, 1 } };
    luci_ceremony_t ceremony = support_ceremony(0);
    luci_passkey_answer_t answer;

    for (int i = 0; i < COUNT(cases); i++) {
        answer = support_assertion(keys[0], id, UP, cases[i].after, pool);
        credential = stored(keys[0], 0, cases[i].before);
        tap_is_result(luci_assertion_verify(&ceremony, &answer, &credential, &is_copied, &fault), LUCI_OK,
                      "a counter of %u after %u signs in", cases[i].after, cases[i].before);
        tap_is_int(is_copied, cases[i].is_copied, "a counter of %u after %u is noticed", cases[i].after,
                   cases[i].before);
        tap_ok(credential.sign_count == cases[i].after, "a counter of %u is kept", cases[i].after);
    }
    answer = support_assertion(keys[0], id, UP, 1, pool);
    credential = stored(keys[0], LUCI_CREDENTIAL_BACKUP_ELIGIBLE, 0);
    tap_is_result(luci_assertion_verify(&ceremony, &answer, &credential, &is_copied, &fault), LUCI_DENIED,
                  "an assertion of a passkey that may no longer have backups");
    tap_is_int(fault, LUCI_PASSKEY_FAULT_BACKUP, "eligibility for backups does not end");
    answer = support_assertion(keys[0], id, UP | BE | BS, 1, pool);
    credential = stored(keys[0], LUCI_CREDENTIAL_BACKUP_ELIGIBLE, 0);
    tap_is_result(luci_assertion_verify(&ceremony, &answer, &credential, &is_copied, &fault), LUCI_OK,
                  "a passkey gets its first backup");
    tap_is_int(credential.flags, LUCI_CREDENTIAL_BACKUP_ELIGIBLE | LUCI_CREDENTIAL_BACKED_UP,
               "a backup is kept in the flags");
}

/* ---- Each byte ---- */

/* Every bit that is flipped, and every end that is cut off, in what is signed. */
static void check_assertion_bytes(void)
{
    for (int i = 0; i < 3; i++) {
        const luci_passkey_answer_t right = support_assertion(keys[i], id, UP | UV, 1, pool);
        int accepted = 0;

        for (int part = 0; part < 3; part++) {
            luci_passkey_answer_t answer = right;
            luci_bytes_t *bytes = part == 0   ? &answer.authenticator_data
                                  : part == 1 ? &answer.client_data
                                              : &answer.signature;
            const luci_bytes_t whole = *bytes;

            for (size_t at = 0; at < 8 * whole.length; at++) {
                *bytes = support_flip(whole, at / 8, (unsigned char)(1 << at % 8), pool);
                accepted += assert_answer(&answer, keys[i], 0) == LUCI_OK;
            }
            for (size_t length = 0; length < whole.length; length++) {
                *bytes = (luci_bytes_t){ apr_pmemdup(pool, whole.data, length + 1), length };
                accepted += assert_answer(&answer, keys[i], 0) == LUCI_OK;
            }
            *bytes = support_append(whole, support_bytes_of("\0", 1), pool);
            accepted += assert_answer(&answer, keys[i], 0) == LUCI_OK;
        }
        tap_is_int(accepted, 0, "no assertion with %s is accepted with one bit changed, or cut off",
                   names[i]);
    }
}

/* A registration is not signed. What can be changed in it is what the authenticator says about its own model
 * and its counter, the backup flags, bits without a meaning, and the key, which then is of no use. */
static void check_registration_bytes(void)
{
    for (int i = 0; i < 3; i++) {
        const luci_passkey_answer_t right = support_registration(keys[i], id, UP | UV, pool);
        luci_bytes_t whole = right.authenticator_data;
        luci_bytes_t cose = support_key_cose(keys[i], pool);
        size_t key_at = whole.length - cose.length;
        int wrong = 0;
        luci_passkey_answer_t answer = right;

        for (size_t at = 0; at < 8 * whole.length; at++) {
            size_t byte = at / 8;
            int bits = 1 << at % 8;
            int is_free =
                (byte == 32 && bits & (UV | BE | 0x22)) || (byte > 32 && byte < 53) || byte >= key_at;

            answer.authenticator_data = support_flip(whole, byte, (unsigned char)bits, pool);
            wrong += register_answer(&answer, 0) == LUCI_OK && !is_free;
            wrong += register_answer(&answer, 0) == LUCI_OK && byte >= key_at &&
                     memcmp(whole.data + key_at, answer.authenticator_data.data + key_at, 10) != 0;
        }
        for (size_t length = 0; length < whole.length; length++) {
            answer.authenticator_data = (luci_bytes_t){ apr_pmemdup(pool, whole.data, length + 1), length };
            wrong += register_answer(&answer, 0) == LUCI_OK;
        }
        answer = right;
        whole = right.client_data;
        for (size_t at = 0; at < 8 * whole.length; at++) {
            answer.client_data = support_flip(whole, at / 8, (unsigned char)(1 << at % 8), pool);
            wrong += register_answer(&answer, 0) == LUCI_OK && at / 8 < whole.length - 20;
        }
        tap_is_int(wrong, 0, "no bit that matters can be changed in a registration with %s", names[i]);
    }
}

int main(void)
{
    pool = support_start();
    id = support_bytes_of(ID_TEXT, sizeof(ID_TEXT) - 1);
    for (int i = 0; i < 3; i++)
        keys[i] = support_key(luci_cose_algorithms[i], pool);
    check_right();
    check_client_data();
    check_client_data_swapped();
    check_registration_data();
    check_keys();
    check_stated_id();
    check_assertion_data();
    check_counter();
    check_assertion_bytes();
    check_registration_bytes();
    return tap_done();
}
