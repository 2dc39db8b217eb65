/* SPDX-License-Identifier: Apache-2.0 */
#include "core/throttle/device.h"

#include <apr_strings.h>
#include <string.h>

#define MARKS_MOST 4
#define EXPIRY_BYTES 4 /* seconds since 1970, unsigned, big-endian: until 2106 */
#define MAC_BYTES 16
#define SIGNED_BYTES (LUCI_DEVICE_NONCE_BYTES + EXPIRY_BYTES)
#define MARK_BYTES (SIGNED_BYTES + MAC_BYTES)
#define MARK_HEX (2 * (size_t)MARK_BYTES)

static int hex_digit(char digit)
{
    if (digit >= '0' && digit <= '9')
        return digit - '0';
    return digit >= 'a' && digit <= 'f' ? digit - 'a' + 10 : -1;
}

static int read_hex(const char *hex, unsigned char mark[MARK_BYTES])
{
    for (size_t i = 0; i < MARK_BYTES; i++) {
        int high = hex_digit(hex[2 * i]), low = hex_digit(hex[2 * i + 1]);

        if (high < 0 || low < 0)
            return 0;
        mark[i] = (unsigned char)(high * 16 + low);
    }
    return 1;
}

/* How many marks a value can hold; 0 where it's none of ours. */
static size_t count_marks(const char *value)
{
    size_t length = value ? strnlen(value, MARKS_MOST * MARK_HEX + 1) : 0;

    return length <= MARKS_MOST * MARK_HEX && length % MARK_HEX == 0 ? length / MARK_HEX : 0;
}

static luci_ms_t expiry_of(const unsigned char mark[MARK_BYTES])
{
    const unsigned char *at = mark + LUCI_DEVICE_NONCE_BYTES;

    return (((luci_ms_t)at[0] << 24) | ((luci_ms_t)at[1] << 16) | ((luci_ms_t)at[2] << 8) | at[3]) *
           LUCI_MS_SECOND;
}

static luci_result_t sign(const unsigned char secret[LUCI_SHA256_BYTES], const char *account,
                          const unsigned char mark[MARK_BYTES], unsigned char mac[LUCI_SHA256_BYTES])
{
    unsigned char data[LUCI_SHA256_BYTES + SIGNED_BYTES];
    luci_result_t result = luci_secret_sha256(account, strlen(account), data);

    memcpy(data + LUCI_SHA256_BYTES, mark, SIGNED_BYTES);
    return result == LUCI_OK ? luci_secret_hmac(secret, data, sizeof data, mac) : result;
}

static int is_good(const unsigned char secret[LUCI_SHA256_BYTES], const char *account,
                   const unsigned char mark[MARK_BYTES], luci_ms_t now)
{
    unsigned char mac[LUCI_SHA256_BYTES];

    return expiry_of(mark) > now && sign(secret, account, mark, mac) == LUCI_OK &&
           luci_secret_equal(mac, mark + SIGNED_BYTES, MAC_BYTES);
}

luci_result_t luci_device_find(const unsigned char secret[LUCI_SHA256_BYTES], const char *value,
                               const char *account, luci_ms_t now,
                               unsigned char nonce[LUCI_DEVICE_NONCE_BYTES])
{
    size_t marks = count_marks(value);
    unsigned char mark[MARK_BYTES];

    for (size_t i = 0; i < marks; i++) {
        if (read_hex(value + i * MARK_HEX, mark) && is_good(secret, account, mark, now)) {
            memcpy(nonce, mark, LUCI_DEVICE_NONCE_BYTES);
            return LUCI_OK;
        }
    }
    return LUCI_NOT_FOUND;
}

static luci_result_t new_mark(const unsigned char secret[LUCI_SHA256_BYTES], const char *account,
                              luci_ms_t now, unsigned char mark[MARK_BYTES])
{
    apr_uint32_t expiry = (apr_uint32_t)((now + LUCI_DEVICE_LIFETIME) / LUCI_MS_SECOND);
    unsigned char mac[LUCI_SHA256_BYTES];
    luci_result_t result = luci_secret_random(mark, LUCI_DEVICE_NONCE_BYTES);

    for (int i = 0; i < EXPIRY_BYTES; i++)
        mark[LUCI_DEVICE_NONCE_BYTES + i] = (unsigned char)(expiry >> (8 * (EXPIRY_BYTES - 1 - i)));
    if (result == LUCI_OK)
        result = sign(secret, account, mark, mac);
    if (result == LUCI_OK)
        memcpy(mark + SIGNED_BYTES, mac, MAC_BYTES);
    return result;
}

luci_result_t luci_device_renew(const unsigned char secret[LUCI_SHA256_BYTES], const char *value,
                                const char *account, luci_ms_t now, const char **renewed, apr_pool_t *pool)
{
    char *out = apr_pcalloc(pool, MARKS_MOST * MARK_HEX + 1);
    size_t marks = count_marks(value), kept = 1;
    unsigned char mark[MARK_BYTES];
    luci_result_t result = new_mark(secret, account, now, mark);

    if (result != LUCI_OK)
        return result;
    luci_secret_hex(mark, sizeof mark, out);
    for (size_t i = 0; i < marks && kept < MARKS_MOST; i++) {
        const char *other = value + i * MARK_HEX;

        if (!read_hex(other, mark) || expiry_of(mark) <= now || is_good(secret, account, mark, now))
            continue;
        memcpy(out + kept++ * MARK_HEX, other, MARK_HEX);
    }
    *renewed = out;
    return LUCI_OK;
}
