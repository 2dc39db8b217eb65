/* SPDX-License-Identifier: Apache-2.0 */
/* Used by password_hash only. Lucia v2's hashes, scrypt N=16384 p=1:
 * - s2:<salt>:<hex>, r=16, 64 bytes
 * - <salt>:<hex>, r=8, 64 bytes, from older versions of Lucia; it is not written any more
 *
 * The characters of the salt are the salt itself, not an encoding. The hex is lower case, as Lucia compares
 * it. */
#ifndef LUCI_PASSWORD_SCRYPT_H
#define LUCI_PASSWORD_SCRYPT_H

#include "core/base/result.h"
#include "core/base/settings.h"

#include <apr_pools.h>

/* 1 if stored has the form of Lucia's hashes, a colon and no leading "$", well-formed or not. */
int luci_password_scrypt_claims(const char *stored);

/* As the functions of password_hash.h; stored is not NULL. The cost is fixed, and libcrypto computes it,
 * so that cost and library are not read. */
luci_result_t luci_password_scrypt_hash(const luci_hash_cost_t *cost, luci_argon2_library_t library,
                                        const char *password, char **stored, apr_pool_t *pool) LUCI_MUST_USE;
luci_result_t luci_password_scrypt_verify(const char *stored, luci_argon2_library_t library,
                                          const char *password) LUCI_MUST_USE;
luci_result_t luci_password_scrypt_verify_dummy(const luci_hash_cost_t *cost, luci_argon2_library_t library,
                                                const char *password) LUCI_MUST_USE;
int luci_password_scrypt_is_readable(const char *stored);
int luci_password_scrypt_outdated(const char *stored, const luci_hash_cost_t *wanted);

#endif
