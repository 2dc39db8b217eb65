/* SPDX-License-Identifier: Apache-2.0 */
/* The device cookie: a browser's proof that an account was signed in on it before. It opens
 * nothing; it only says that failed sign-ins elsewhere are no reason to refuse this browser (OWASP, "Slow
 * Down Online Guessing Attacks with Device Cookies").
 *
 * account is whom a token is for: whoever calls puts the stored hash of the password into it, so that the
 * tokens of before a change of the password are none.
 *
 * Its value is a list of up to four tokens, the newest first, one for each account: a random nonce, the
 * moment it ends, and an HMAC-SHA-256 (its first 16 bytes) of both and the account with a secret that all
 * servers share, in lower-case hex. Nobody can tell from it which accounts they are. */
#ifndef LUCI_DEVICE_H
#define LUCI_DEVICE_H

#include "core/base/result.h"
#include "core/base/secret.h"
#include "core/base/settings.h"

#define LUCI_DEVICE_NONCE_BYTES 12
#define LUCI_DEVICE_LIFETIME (365 * LUCI_MS_DAY) /* browsers keep no cookie beyond 400 days (RFC 6265bis) */

/* The token of an account in a cookie's value. NOT_FOUND: there is none that is good now. value
 * may be NULL or anything. */
luci_result_t luci_device_find(const unsigned char secret[LUCI_SHA256_BYTES], const char *value,
                               const char *account, luci_ms_t now,
                               unsigned char nonce[LUCI_DEVICE_NONCE_BYTES]) LUCI_MUST_USE;

/* The value to send after a sign-in, from pool: a new token of the account before what else value held.
 * INTERNAL without randomness or SHA-256. */
luci_result_t luci_device_renew(const unsigned char secret[LUCI_SHA256_BYTES], const char *value,
                                const char *account, luci_ms_t now, const char **renewed,
                                apr_pool_t *pool) LUCI_MUST_USE;

#endif
