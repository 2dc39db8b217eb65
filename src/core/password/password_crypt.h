/* SPDX-License-Identifier: Apache-2.0 */
/* Used by password_hash only. The hashes of htpasswd and crypt(3), which are verified and never created:
 * - $2a$ $2b$ $2y$: bcrypt, cost 04 to 14
 * - $apr1$, $1$: MD5 crypt, Apache's and the old one
 * - $5$ $6$: SHA-2 crypt, 1,000 to 500,000 rounds
 * - $y$: yescrypt, at most Debian's N=4096 r=32 (16 MiB)
 * - {SHA}: base64 of SHA-1
 * - 13 characters: DES crypt, which looks at 8 characters of the password
 *
 * This is the only file that calls apr_password_validate, and it does so only for hashes that have exactly
 * one of these forms, because the function passes everything else to crypt(3). It is thread-safe if APR was
 * built with crypt_r (Debian) or a mutex. It compares with strcmp. */
#ifndef LUCI_PASSWORD_CRYPT_H
#define LUCI_PASSWORD_CRYPT_H

#include "core/base/result.h"
#include "core/base/settings.h"

/* As luci_password_verify; stored is not NULL, and library is not read. */
luci_result_t luci_password_crypt_verify(const char *stored, luci_argon2_library_t library,
                                         const char *password) LUCI_MUST_USE;

/* As luci_password_is_readable and luci_password_is_cheap. */
int luci_password_crypt_is_readable(const char *stored);
int luci_password_crypt_is_cheap(const char *stored);

#endif
