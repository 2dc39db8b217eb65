/* SPDX-License-Identifier: Apache-2.0 */
/* Used by password_hash only. Lucia v2's hashes, scrypt N=16384 p=1:
 * - s2:<salt>:<hex>, r=16, 64 bytes
 * - <salt>:<hex>, r=8, 64 bytes, which Lucia wrote before and never writes now
 *
 * The salt goes in as the characters it's written with; the hex is lower case, as Lucia compares it. */
#ifndef LUCI_PASSWORD_SCRYPT_H
#define LUCI_PASSWORD_SCRYPT_H

#include "core/base/result.h"

#include <apr_pools.h>

/* 1 when stored claims to be Lucia's, well-formed or not: there's a colon in it. */
int luci_password_scrypt_claims(const char *stored);

/* As the luci_password_ functions of the same names; stored is never NULL. */
luci_result_t luci_password_scrypt_hash(const char *password, char **stored, apr_pool_t *pool) LUCI_MUST_USE;
luci_result_t luci_password_scrypt_verify(const char *stored, const char *password) LUCI_MUST_USE;
luci_result_t luci_password_scrypt_verify_dummy(const char *password) LUCI_MUST_USE;
int luci_password_scrypt_is_readable(const char *stored);
int luci_password_scrypt_outdated(const char *stored);

#endif
