/* SPDX-License-Identifier: Apache-2.0 */
/* Everything about secrets that is not a password hash: the one place where randomness is drawn,
 * session and user ids, SHA-256, comparing and wiping. Randomness and SHA-256 come from libcrypto. */
#ifndef LUCI_SECRET_H
#define LUCI_SECRET_H

#include "core/base/result.h"

#include <apr_pools.h>
#include <stddef.h>

#define LUCI_SHA256_BYTES 32
#define LUCI_SHA256_HEX 64 /* characters, without the final NUL */

/* Fetches the SHA-256 implementation once (OpenSSL 3 looks it up on every one-shot call otherwise); only
 * SHA-256 needs it. Call while there is one thread; calling again changes nothing. It lasts as long as pool,
 * which must be destroyed after the last thread that uses it has ended and before the code itself is
 * unloaded: a child's pool or httpd's configuration pool, never its process pool nor a request's. A fork
 * inherits it. INTERNAL when libcrypto has no SHA-256. */
luci_result_t luci_secret_init(apr_pool_t *pool) LUCI_MUST_USE;

/* Fills bytes from the system's random source. INTERNAL when that fails; then out holds nothing of use. */
luci_result_t luci_secret_random(unsigned char *out, size_t length) LUCI_MUST_USE;

/* Writes length characters of [a-z0-9], each equally likely, and a NUL: out has length + 1 bytes. INTERNAL
 * without randomness; then out is the empty string. */
luci_result_t luci_secret_random_id(char *out, size_t length) LUCI_MUST_USE;

/* SHA-256 of data; hex is lower case and NUL-terminated. INTERNAL when libcrypto fails or luci_secret_init
 * was not called; then out is zeros or the empty string. Any thread may call. */
luci_result_t luci_secret_sha256(const void *data, size_t length,
                                 unsigned char out[LUCI_SHA256_BYTES]) LUCI_MUST_USE;
luci_result_t luci_secret_sha256_hex(const void *data, size_t length,
                                     char out[LUCI_SHA256_HEX + 1]) LUCI_MUST_USE;

/* HMAC-SHA-256 (RFC 2104) of data with a key of LUCI_SHA256_BYTES. As luci_secret_sha256. */
luci_result_t luci_secret_hmac(const unsigned char key[LUCI_SHA256_BYTES], const void *data, size_t length,
                               unsigned char out[LUCI_SHA256_BYTES]) LUCI_MUST_USE;

/* out has 2 * length + 1 bytes; lower case. */
void luci_secret_hex(const unsigned char *data, size_t length, char *out);

/* 1 when equal. The time depends on length only. */
int luci_secret_equal(const void *a, const void *b, size_t length);

/* Overwrites memory in a way the compiler keeps. NULL is allowed. */
void luci_secret_wipe(void *memory, size_t length);

/* The same for a NUL-terminated string. */
void luci_secret_wipe_string(char *string);

#endif
