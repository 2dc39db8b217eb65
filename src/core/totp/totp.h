/* SPDX-License-Identifier: Apache-2.0 */
/* Time-based one-time passwords (RFC 6238), the codes that an app shows: HMAC-SHA-1 of the number of the
 * current step of 30 seconds, cut to 6 digits. These are the values that every app supports, and what an
 * otpauth URI means that names no others. Pure functions; the table is in totp_seed.h. */
#ifndef LUCI_TOTP_H
#define LUCI_TOTP_H

#include "core/base/base32.h"
#include "core/base/settings.h"

#include <apr_pools.h>

#define LUCI_TOTP_STEP (30 * LUCI_MS_SECOND)
#define LUCI_TOTP_DIGITS 6
#define LUCI_TOTP_SEED_BYTES 20 /* as long as the output of SHA-1 (RFC 4226, section 4) */
#define LUCI_TOTP_SECRET_LENGTH LUCI_BASE32_LENGTH(LUCI_TOTP_SEED_BYTES)

/* A code of the step before the current one and of the one after it is right, too, because clocks differ and
 * people take time to type. */
#define LUCI_TOTP_STEPS_AROUND 1

/* The number of the step of a time; negative before 1970. */
apr_int64_t luci_totp_step(luci_ms_t now);

/* Makes a random seed, as base32. INTERNAL: the random source failed; secret is "". */
luci_result_t luci_totp_new_secret(char secret[LUCI_TOTP_SECRET_LENGTH + 1]) LUCI_MUST_USE;

/* The code of a step. INTERNAL: libcrypto failed; code is "". */
luci_result_t luci_totp_code(const unsigned char seed[LUCI_TOTP_SEED_BYTES], apr_int64_t step,
                             char code[LUCI_TOTP_DIGITS + 1]) LUCI_MUST_USE;

/* The digits of a typed code, in which spaces and hyphens are ignored. INVALID: it is no code; code is "". */
luci_result_t luci_totp_read_code(const char *typed, char code[LUCI_TOTP_DIGITS + 1]) LUCI_MUST_USE;

/* Finds the step of a code among those that are right at the time now, the latest first. The time depends on
 * nothing. DENIED: it is a code of none. INTERNAL as above. */
luci_result_t luci_totp_find(const unsigned char seed[LUCI_TOTP_SEED_BYTES],
                             const char code[LUCI_TOTP_DIGITS + 1], luci_ms_t now,
                             apr_int64_t *step) LUCI_MUST_USE;

/* The URI that apps read from a picture, from pool: otpauth://totp/ISSUER:ACCOUNT?secret=SECRET&issuer=ISSUER
 */
const char *luci_totp_uri(const char *secret, const char *issuer, const char *account, apr_pool_t *pool);

#endif
