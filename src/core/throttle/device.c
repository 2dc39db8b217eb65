/* SPDX-License-Identifier: Apache-2.0 */
#include "core/throttle/device.h"

#include <apr_escape.h>
#include <apr_strings.h>
#include <string.h>

#define TOKENS_MAX 4
#define EXPIRY_BYTES 4 /* seconds since 1970, unsigned, big-endian: until 2106 */
#define MAC_BYTES 16
#define SIGNED_BYTES (LUCI_DEVICE_NONCE_BYTES + EXPIRY_BYTES)
#define TOKEN_BYTES (SIGNED_BYTES + MAC_BYTES)
#define TOKEN_HEX (2 * (size_t)TOKEN_BYTES)

/* Accepts lower-case digits only, so that a token has exactly one form. */
static int read_hex(const char *hex, unsigned char token[TOKEN_BYTES])
{
    return strspn(hex, "0123456789abcdef") >= TOKEN_HEX &&
           apr_unescape_hex(token, hex, TOKEN_HEX, 0, NULL) == APR_SUCCESS;
}

/* The number of tokens in a value; 0 if its length is not that of a list of tokens. */
static size_t count_tokens(const char *value)
{
    size_t length = value ? strnlen(value, TOKENS_MAX * TOKEN_HEX + 1) : 0;

    return length <= TOKENS_MAX * TOKEN_HEX && length % TOKEN_HEX == 0 ? length / TOKEN_HEX : 0;
}

static luci_ms_t expiry_of(const unsigned char token[TOKEN_BYTES])
{
    const unsigned char *at = token + LUCI_DEVICE_NONCE_BYTES;

    return (((luci_ms_t)at[0] << 24) | ((luci_ms_t)at[1] << 16) | ((luci_ms_t)at[2] << 8) | at[3]) *
           LUCI_MS_SECOND;
}

static luci_result_t sign(const luci_device_t *device, const unsigned char secret[LUCI_SHA256_BYTES],
                          const unsigned char token[TOKEN_BYTES], unsigned char mac[LUCI_SHA256_BYTES])
{
    unsigned char data[LUCI_SHA256_BYTES + SIGNED_BYTES];
    luci_result_t result = luci_secret_sha256(device->account, strlen(device->account), data);

    memcpy(data + LUCI_SHA256_BYTES, token, SIGNED_BYTES);
    return result == LUCI_OK ? luci_secret_hmac(secret, data, sizeof data, mac) : result;
}

static int is_signed(const luci_device_t *device, const unsigned char secret[LUCI_SHA256_BYTES],
                     const unsigned char token[TOKEN_BYTES])
{
    unsigned char mac[LUCI_SHA256_BYTES];

    return sign(device, secret, token, mac) == LUCI_OK &&
           luci_secret_equal(mac, token + SIGNED_BYTES, MAC_BYTES);
}

static int is_signed_by_any(const luci_device_t *device, const unsigned char token[TOKEN_BYTES])
{
    int is_found = is_signed(device, device->secret, token);

    for (int i = 0; i < device->olders && !is_found; i++)
        is_found = is_signed(device, device->older + (size_t)i * LUCI_SHA256_BYTES, token);
    return is_found;
}

static int is_good(const luci_device_t *device, const unsigned char token[TOKEN_BYTES])
{
    return expiry_of(token) > device->now && is_signed_by_any(device, token);
}

luci_result_t luci_device_find(const luci_device_t *device, const char *value,
                               unsigned char nonce[LUCI_DEVICE_NONCE_BYTES])
{
    size_t tokens = count_tokens(value);
    unsigned char token[TOKEN_BYTES];

    for (size_t i = 0; i < tokens; i++) {
        if (read_hex(value + i * TOKEN_HEX, token) && is_good(device, token)) {
            memcpy(nonce, token, LUCI_DEVICE_NONCE_BYTES);
            return LUCI_OK;
        }
    }
    return LUCI_NOT_FOUND;
}

static luci_result_t new_token(const luci_device_t *device, unsigned char token[TOKEN_BYTES])
{
    apr_uint32_t expiry = (apr_uint32_t)((device->now + LUCI_DEVICE_LIFETIME) / LUCI_MS_SECOND);
    unsigned char mac[LUCI_SHA256_BYTES];
    luci_result_t result = luci_secret_random(token, LUCI_DEVICE_NONCE_BYTES);

    for (int i = 0; i < EXPIRY_BYTES; i++)
        token[LUCI_DEVICE_NONCE_BYTES + i] = (unsigned char)(expiry >> (8 * (EXPIRY_BYTES - 1 - i)));
    if (result == LUCI_OK)
        result = sign(device, device->secret, token, mac);
    if (result == LUCI_OK)
        memcpy(token + SIGNED_BYTES, mac, MAC_BYTES);
    return result;
}

luci_result_t luci_device_renew(const luci_device_t *device, const char *value, const char **renewed,
                                apr_pool_t *pool)
{
    char *out = apr_pcalloc(pool, TOKENS_MAX * TOKEN_HEX + 1);
    size_t tokens = count_tokens(value), kept = 1;
    unsigned char token[TOKEN_BYTES];
    luci_result_t result = new_token(device, token);

    if (result != LUCI_OK)
        return result;
    luci_secret_hex(token, sizeof token, out);
    for (size_t i = 0; i < tokens && kept < TOKENS_MAX; i++) {
        const char *other = value + i * TOKEN_HEX;

        if (!read_hex(other, token) || expiry_of(token) <= device->now || is_good(device, token))
            continue;
        memcpy(out + kept++ * TOKEN_HEX, other, TOKEN_HEX);
    }
    *renewed = out;
    return LUCI_OK;
}
