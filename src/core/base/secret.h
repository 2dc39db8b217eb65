/* SPDX-License-Identifier: Apache-2.0 */
/* Randomness, random ids, SHA-256, HMAC, constant-time comparison and wiping, with libcrypto. This is the
 * only file that uses a random source. */
#ifndef LUCI_SECRET_H
#define LUCI_SECRET_H

#include "core/base/result.h"

#include <apr_pools.h>
#include <stddef.h>

#define LUCI_SHA256_BYTES 32
#define LUCI_SHA256_HEX 64 /* characters, without the final NUL */

/* Fetches the implementation of SHA-256 once; OpenSSL 3 would look it up for every call otherwise. Must be
 * called before SHA-256 is used, while there is only one thread; further calls have no effect, and forked
 * processes inherit it. It lasts as long as pool, which must be destroyed after all threads that use it have
 * ended and before this code is unloaded: a child's pool or httpd's configuration pool, not its process pool
 * or a request's. INTERNAL: libcrypto has no SHA-256. */
luci_result_t luci_secret_init(apr_pool_t *pool) LUCI_MUST_USE;

/* Fills out with random bytes. INTERNAL: the random source failed; out is zeroed. */
luci_result_t luci_secret_random(unsigned char *out, size_t length) LUCI_MUST_USE;

/* Writes length uniformly random characters of [a-z0-9] and a NUL; out has length + 1 bytes. INTERNAL: the
 * random source failed; out is the empty string. */
luci_result_t luci_secret_random_id(char *out, size_t length) LUCI_MUST_USE;

/* 1 if text is length characters of [a-z0-9], as luci_secret_random_id makes it; 0 for NULL. */
int luci_secret_is_random_id(const char *text, size_t length);

/* SHA-256 of data; hex is lower case and NUL-terminated. INTERNAL: libcrypto failed or luci_secret_init was
 * not called; out is zeros or the empty string. Thread-safe. */
luci_result_t luci_secret_sha256(const void *data, size_t length,
                                 unsigned char out[LUCI_SHA256_BYTES]) LUCI_MUST_USE;
luci_result_t luci_secret_sha256_hex(const void *data, size_t length,
                                     char out[LUCI_SHA256_HEX + 1]) LUCI_MUST_USE;

/* HMAC-SHA-256 (RFC 2104) of data. Results as luci_secret_sha256. */
luci_result_t luci_secret_hmac(const unsigned char key[LUCI_SHA256_BYTES], const void *data, size_t length,
                               unsigned char out[LUCI_SHA256_BYTES]) LUCI_MUST_USE;

/* Writes data in lower-case hex with a NUL; out has 2 * length + 1 bytes. */
void luci_secret_hex(const unsigned char *data, size_t length, char *out);

/* The reverse. INVALID: hex is not exactly the lower-case hex of length bytes; out is undefined. */
luci_result_t luci_secret_unhex(const char *hex, unsigned char *out, size_t length) LUCI_MUST_USE;

/* 1 if equal. The time depends only on length. */
int luci_secret_equal(const void *a, const void *b, size_t length);

/* Overwrites memory; the compiler does not remove the call. memory may be NULL. */
void luci_secret_wipe(void *memory, size_t length);

/* The same for a NUL-terminated string. */
void luci_secret_wipe_string(char *string);

#endif
