/* SPDX-License-Identifier: Apache-2.0 */
/* Used by password_hash only. Argon2 in libargon2's encoding:
 * - $argon2id$v=19$m=<KiB>,t=<passes>,p=<lanes>$<salt>$<tag>
 * - $argon2i$ with the same fields; both may omit "v=..$", which means version 16
 *
 * A stored hash is decoded strictly, and its cost is checked, before any memory is allocated. This is the
 * only file that calls libargon2 and libsodium (password_argon2_int.h). */
#ifndef LUCI_PASSWORD_ARGON2_H
#define LUCI_PASSWORD_ARGON2_H

#include "core/base/result.h"
#include "core/base/settings.h"

#include <apr_pools.h>

/* 1 when stored has the prefix of an Argon2 hash, well-formed or not. */
int luci_password_argon2_claims(const char *stored);

/* As the functions of password_hash.h; stored is not NULL. */
luci_result_t luci_password_argon2_hash(const luci_hash_cost_t *cost, luci_argon2_library_t library,
                                        const char *password, char **stored, apr_pool_t *pool) LUCI_MUST_USE;
luci_result_t luci_password_argon2_verify(const char *stored, luci_argon2_library_t library,
                                          const char *password) LUCI_MUST_USE;
luci_result_t luci_password_argon2_verify_dummy(const luci_hash_cost_t *cost, luci_argon2_library_t library,
                                                const char *password) LUCI_MUST_USE;
int luci_password_argon2_is_readable(const char *stored);
int luci_password_argon2_outdated(const char *stored, const luci_hash_cost_t *wanted);

#endif
