/* SPDX-License-Identifier: Apache-2.0 */
/* Password hashes. Each format is one record in password_hash.c: Argon2 (password_argon2), Lucia's scrypt
 * (password_scrypt), and those of htpasswd and crypt(3) (password_crypt). Formats read:
 * - $argon2id$v=19$m=..,t=..,p=..$salt$hash and $argon2i$: RFC 9106 in libargon2's encoding
 * - s2:salt:hex: Lucia v2, scrypt N=16384 r=16 p=1, 64 bytes, salted with the characters of salt
 * - salt:hex: Lucia's older format, the same with r=8
 * - $2a$ $2b$ $2y$, $apr1$, {SHA}, crypt's $1$ $5$ $6$ $y$ and DES, up to the costs in password_crypt.h
 *
 * library says who computes Argon2 (LuciaArgon2); other formats do not read it. The result is the same with
 * each, except that LUCI_ARGON2_LIBSODIUM is INTERNAL, too, if libsodium cannot be initialised.
 *
 * Passwords are passed in NFKC (luci_policy_nfkc). No secret is logged or stored here. */
#ifndef LUCI_PASSWORD_HASH_H
#define LUCI_PASSWORD_HASH_H

#include "core/base/result.h"
#include "core/base/settings.h"

#include <apr_pools.h>

/* Stored Argon2 costs above these are refused before anything is allocated (doc/specification.md, S6.5). */
#define LUCI_ARGON2_MEMORY_KIB_MAX 262144
#define LUCI_ARGON2_PASSES_MAX 10
#define LUCI_ARGON2_LANES_MAX 8
/* The minimum that LuciaPasswordHash accepts: RFC 9106 requires 8 KiB per lane. */
#define LUCI_ARGON2_MEMORY_KIB_MIN 8
#define LUCI_ARGON2_MEMORY_KIB_DEFAULT 19456 /* OWASP Password Storage Cheat Sheet, Argon2id with t=2 p=1 */
#define LUCI_ARGON2_PASSES_DEFAULT 2
#define LUCI_ARGON2_LANES_DEFAULT 1

/* Hashes a password with the given algorithm and cost and a random salt; *stored is from pool. INVALID: the
 * cost is above the maximum for verification. INTERNAL: no randomness or memory. */
luci_result_t luci_password_hash(const luci_hash_cost_t *cost, luci_argon2_library_t library,
                                 const char *password, char **stored, apr_pool_t *pool) LUCI_MUST_USE;

/* Verifies a password. OK: it matches. DENIED: it does not. INVALID: stored is NULL, of no format above, or
 * above the maximum cost; nothing was computed. INTERNAL: the computation failed. */
luci_result_t luci_password_verify(const char *stored, luci_argon2_library_t library,
                                   const char *password) LUCI_MUST_USE;

/* Computes and discards a hash of this cost, so that an unknown user takes as long as a wrong password.
 * DENIED, or an error of luci_password_hash; never OK. */
luci_result_t luci_password_verify_dummy(const luci_hash_cost_t *cost, luci_argon2_library_t library,
                                         const char *password) LUCI_MUST_USE;

/* 1 if luci_password_verify can verify stored: it has a format above and is within the maximum cost. */
int luci_password_is_readable(const char *stored);

/* 1 if verifying stored takes next to no time (SHA-1, MD5, DES in old htpasswd files), so that the duration
 * of a refusal would tell that the user exists. */
int luci_password_is_cheap(const char *stored);

/* 1 if stored differs from the hashes that luci_password_hash makes at this cost, in algorithm, version, cost
 * or the lengths of salt and hash, or is NULL: it is replaced after a successful sign-in then. */
int luci_password_outdated(const char *stored, const luci_hash_cost_t *wanted);

#endif
