/* SPDX-License-Identifier: Apache-2.0 */
/* Sealed and signed texts, with the keys of LuciaSecret.
 *
 * A sealed text is encrypted with AES-256-GCM, for columns of the database:
 *   1.KEYID.base64url(nonce | ciphertext | tag)
 * A signed text can be read by everyone, but was made here, and has a time at which it expires, for cookies
 * and hidden fields: 1.KEYID.base64url(expiry time, 8 bytes, big-endian | text).base64url(HMAC-SHA-256)
 *
 * Both belong to a use and to an owner: what was made for one user, or for one purpose, does not open for
 * another one. Both consist of letters, digits, "-", "_" and ".". */
#ifndef LUCI_SEAL_H
#define LUCI_SEAL_H

#include "core/base/settings.h"
#include "core/seal/seal_keys.h"

#include <stddef.h>

#define LUCI_SEAL_PLAIN_MAX 4096 /* bytes of a text before it is sealed or signed */

typedef struct {
    const luci_seal_keys_t *keys;
    const char *use;   /* a label, such as "totp seed"; one for each purpose, never changed */
    const char *owner; /* whom the text belongs to, such as a user id; "" if it belongs to no one */
} luci_seal_t;

/* Seals length bytes; *sealed is from pool. The same bytes have another text each time. INVALID: there are
 * more than LUCI_SEAL_PLAIN_MAX. INTERNAL: libcrypto failed. Thread-safe; needs luci_secret_init. */
luci_result_t luci_seal_close(const luci_seal_t *seal, const unsigned char *plain, size_t length,
                              const char **sealed, apr_pool_t *pool) LUCI_MUST_USE;

/* Opens a sealed text. *plain is from pool, with a NUL behind its *length bytes; the caller wipes it. DENIED:
 * it was not sealed for this use and this owner, was changed, or its secret is no longer in LuciaSecret.
 * INTERNAL as above. */
luci_result_t luci_seal_open(const luci_seal_t *seal, const char *sealed, unsigned char **plain,
                             size_t *length, apr_pool_t *pool) LUCI_MUST_USE;

/* 1 if a text was made with the first secret. Another one should be sealed again when its owner opens it, so
 * that an old secret can be removed from LuciaSecret. */
int luci_seal_is_current(const luci_seal_keys_t *keys, const char *text);

/* 1 if a text names a secret of keys, so that it can be read unless it was changed. */
int luci_seal_is_readable(const luci_seal_keys_t *keys, const char *text);

/* Signs a text that is valid until expires, exclusive. Results as luci_seal_close. */
luci_result_t luci_seal_sign(const luci_seal_t *seal, const char *text, luci_ms_t expires, const char **token,
                             apr_pool_t *pool) LUCI_MUST_USE;

/* Reads a signed text into *text, from pool. DENIED as luci_seal_open. EXPIRED: it was signed here, and is no
 * longer valid; *text is not set. INTERNAL as above. */
luci_result_t luci_seal_verify(const luci_seal_t *seal, const char *token, luci_ms_t now, const char **text,
                               apr_pool_t *pool) LUCI_MUST_USE;

#endif
