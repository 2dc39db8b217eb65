/* SPDX-License-Identifier: Apache-2.0 */
/* The device cookie proves that an account has signed in on this browser before. It grants no access; it only
 * exempts the browser from refusals that failed sign-ins from elsewhere have caused (OWASP, "Slow Down Online
 * Guessing Attacks with Device Cookies").
 *
 * account is what a token is bound to. The caller includes the stored password hash in it, so that a change
 * of the password invalidates all tokens.
 *
 * The cookie's value is a list of at most four tokens, one per account, the newest first. A token is a random
 * nonce, its expiry time, and the first 16 bytes of an HMAC-SHA-256 over both and the account, keyed with a
 * secret that all servers share; all in lower-case hex. A token does not reveal its account. */
#ifndef LUCI_DEVICE_H
#define LUCI_DEVICE_H

#include "core/base/result.h"
#include "core/base/secret.h"
#include "core/base/settings.h"

#define LUCI_DEVICE_NONCE_BYTES 12
#define LUCI_DEVICE_LIFETIME (365 * LUCI_MS_DAY) /* browsers keep no cookie beyond 400 days (RFC 6265bis) */

/* What a token is bound to. */
typedef struct {
    const unsigned char *secret; /* LUCI_SHA256_BYTES */
    const char *account;
    luci_ms_t now;
    const unsigned char *older; /* further secrets, which find tokens and make none; may be NULL if there are
                                   no olders */
    int olders;
} luci_device_t;

/* Finds the token of an account in a cookie's value and returns its nonce. NOT_FOUND: the value has no token
 * of this account that is valid now. value may be NULL or any string. */
luci_result_t luci_device_find(const luci_device_t *device, const char *value,
                               unsigned char nonce[LUCI_DEVICE_NONCE_BYTES]) LUCI_MUST_USE;

/* Makes the value to send after a sign-in, from pool: a new token of the account, followed by the tokens of
 * other accounts in value. INTERNAL if randomness or SHA-256 is unavailable. */
luci_result_t luci_device_renew(const luci_device_t *device, const char *value, const char **renewed,
                                apr_pool_t *pool) LUCI_MUST_USE;

#endif
