/* SPDX-License-Identifier: Apache-2.0 */
/* Password hashes: the only place that calls libargon2 (password_argon2), scrypt (password_scrypt)
 * and apr_password_validate (password_crypt). Formats read:
 * - $argon2id$v=19$m=..,t=..,p=..$salt$hash and $argon2i$: RFC 9106 in libargon2's encoding
 * - s2:salt:hex: Lucia v2, scrypt N=16384 r=16 p=1, 64 bytes, the salt's characters as they are
 * - salt:hex: Lucia's older form, the same with r=8
 * - $2a$ $2b$ $2y$, $apr1$, {SHA}, crypt's $1$ $5$ $6$ $y$ and DES, up to the costs in password_crypt.h
 *
 * Passwords come in NFKC (luci_policy_nfkc). Nothing here logs or keeps a secret. */
#ifndef LUCI_PASSWORD_HASH_H
#define LUCI_PASSWORD_HASH_H

#include "core/base/result.h"
#include "core/base/settings.h"

#include <apr_pools.h>

/* Stored Argon2 costs above these are refused before anything is allocated (doc/specification.md, S6.5). */
#define LUCI_ARGON2_MEMORY_KIB_MAX 262144
#define LUCI_ARGON2_PASSES_MAX 10
#define LUCI_ARGON2_LANES_MAX 8
/* What LuciaPasswordHash allows at least: RFC 9106 wants 8 KiB a lane. */
#define LUCI_ARGON2_MEMORY_KIB_MIN 8
#define LUCI_ARGON2_MEMORY_KIB_DEFAULT 19456 /* OWASP Password Storage Cheat Sheet, Argon2id with t=2 p=1 */
#define LUCI_ARGON2_PASSES_DEFAULT 2
#define LUCI_ARGON2_LANES_DEFAULT 1

/* A new hash of password at cost, with a new random salt, allocated from pool. INVALID when verifying would
 * refuse the cost, INTERNAL without randomness or memory. */
luci_result_t luci_password_hash(const luci_hash_cost_t *cost, const char *password, char **stored,
                                 apr_pool_t *pool) LUCI_MUST_USE;

/* OK: it matches. DENIED: it does not. INVALID: stored is NULL, empty, of no format above or too costly;
 * nothing was computed. INTERNAL: the computation failed. Never OK but for the right password. */
luci_result_t luci_password_verify(const char *stored, const char *password) LUCI_MUST_USE;

/* The time of verifying a hash of this cost, for a user who is not there: computes one and throws it away.
 * DENIED, or as luci_password_hash; never OK. */
luci_result_t luci_password_verify_dummy(const luci_hash_cost_t *cost, const char *password) LUCI_MUST_USE;

/* 1 when luci_password_verify would compute something: stored is of a format above, and not too costly. */
int luci_password_is_readable(const char *stored);

/* 1 when verifying stored takes next to no time (SHA-1, MD5, DES, as old htpasswd files have them), so that
 * the speed of a refusal would tell that the user exists. */
int luci_password_is_cheap(const char *stored);

/* 1 when stored differs from what luci_password_hash would make now (kind, version, costs, lengths of salt
 * and hash; NULL, too), so that it's to be replaced after a successful sign-in. */
int luci_password_outdated(const char *stored, const luci_hash_cost_t *wanted);

#endif
