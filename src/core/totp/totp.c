/* SPDX-License-Identifier: Apache-2.0 */
#include "core/totp/totp.h"

#include "core/base/secret.h"

#include <apr_strings.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <string.h>

#define COUNTER_BYTES 8
#define MODULUS 1000000 /* 10 to the power of LUCI_TOTP_DIGITS */

apr_int64_t luci_totp_step(luci_ms_t now)
{
    return now >= 0 ? now / LUCI_TOTP_STEP : -((LUCI_TOTP_STEP - 1 - now) / LUCI_TOTP_STEP);
}

luci_result_t luci_totp_new_secret(char secret[LUCI_TOTP_SECRET_LENGTH + 1])
{
    unsigned char seed[LUCI_TOTP_SEED_BYTES];
    luci_result_t result = luci_secret_random(seed, sizeof seed);

    secret[0] = '\0';
    if (result == LUCI_OK)
        luci_base32_encode(seed, sizeof seed, secret);
    luci_secret_wipe(seed, sizeof seed);
    return result;
}

/* ---- Codes ---- */

/* RFC 4226, section 5.3: four bytes of the hash, from where its last four bits say, without the first bit. */
static apr_uint32_t truncated(const unsigned char *hash, unsigned int length)
{
    const unsigned char *at = hash + (hash[length - 1] & 15);

    return (apr_uint32_t)(at[0] & 127) << 24 | (apr_uint32_t)at[1] << 16 | (apr_uint32_t)at[2] << 8 | at[3];
}

luci_result_t luci_totp_code(const unsigned char seed[LUCI_TOTP_SEED_BYTES], apr_int64_t step,
                             char code[LUCI_TOTP_DIGITS + 1])
{
    unsigned char counter[COUNTER_BYTES], hash[EVP_MAX_MD_SIZE];
    unsigned int length = 0;
    const unsigned char *made;

    for (int i = 0; i < COUNTER_BYTES; i++)
        counter[i] = (unsigned char)((apr_uint64_t)step >> 8 * (COUNTER_BYTES - 1 - i) & 255);
    made = HMAC(EVP_sha1(), seed, LUCI_TOTP_SEED_BYTES, counter, sizeof counter, hash, &length);
    code[0] = '\0';
    if (made)
        apr_snprintf(code, LUCI_TOTP_DIGITS + 1, "%06u", truncated(hash, length) % MODULUS);
    luci_secret_wipe(hash, sizeof hash);
    return made ? LUCI_OK : LUCI_INTERNAL;
}

luci_result_t luci_totp_read_code(const char *typed, char code[LUCI_TOTP_DIGITS + 1])
{
    int length = 0;

    for (; *typed; typed++) {
        if (*typed == ' ' || *typed == '-')
            continue;
        if (*typed < '0' || *typed > '9' || length == LUCI_TOTP_DIGITS)
            break;
        code[length++] = *typed;
    }
    if (*typed || length != LUCI_TOTP_DIGITS)
        length = 0;
    code[length] = '\0';
    return length ? LUCI_OK : LUCI_INVALID;
}

luci_result_t luci_totp_find(const unsigned char seed[LUCI_TOTP_SEED_BYTES],
                             const char code[LUCI_TOTP_DIGITS + 1], luci_ms_t now, apr_int64_t *step)
{
    char right[LUCI_TOTP_DIGITS + 1];
    apr_int64_t current = luci_totp_step(now);
    luci_result_t found = LUCI_DENIED, result = LUCI_OK;

    for (int away = -LUCI_TOTP_STEPS_AROUND; away <= LUCI_TOTP_STEPS_AROUND && result == LUCI_OK; away++) {
        result = luci_totp_code(seed, current + away, right);
        if (result == LUCI_OK && luci_secret_equal(right, code, LUCI_TOTP_DIGITS)) {
            found = LUCI_OK;
            *step = current + away;
        }
    }
    luci_secret_wipe(right, sizeof right);
    return result == LUCI_OK ? found : result;
}

/* ---- The URI ---- */

/* Everything but unreserved characters (RFC 3986), because apps differ in what they take for a separator. */
static const char *escape(const char *text, apr_pool_t *pool)
{
    static const char hex[] = "0123456789ABCDEF";
    char *escaped = apr_palloc(pool, 3 * strlen(text) + 1), *out = escaped;

    for (; *text; text++) {
        unsigned char byte = (unsigned char)*text;

        if ((byte >= '0' && byte <= '9') || (byte >= 'A' && byte <= 'Z') || (byte >= 'a' && byte <= 'z') ||
            strchr("-._~", byte)) {
            *out++ = *text;
            continue;
        }
        *out++ = '%';
        *out++ = hex[byte >> 4];
        *out++ = hex[byte & 15];
    }
    *out = '\0';
    return escaped;
}

/* The colon between the two is a separator, which a name must not contain (Key URI Format): an issuer's is
 * left out, and the account's is encoded. */
static const char *without_colons(const char *text, apr_pool_t *pool)
{
    char *copy = apr_pstrdup(pool, text), *out = copy;

    for (; *text; text++) {
        if (*text != ':')
            *out++ = *text;
    }
    *out = '\0';
    return copy;
}

const char *luci_totp_uri(const char *secret, const char *issuer, const char *account, apr_pool_t *pool)
{
    const char *name = escape(without_colons(issuer, pool), pool);

    return apr_psprintf(pool, "otpauth://totp/%s:%s?secret=%s&issuer=%s", name, escape(account, pool), secret,
                        name);
}
