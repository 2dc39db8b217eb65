/* SPDX-License-Identifier: Apache-2.0 */
/* AES-256-GCM (NIST SP 800-38D) with a nonce of 96 bits and a tag of 128 bits. */
#ifndef LUCI_GCM_H
#define LUCI_GCM_H

#include "core/base/result.h"

#include <stddef.h>

#define LUCI_GCM_KEY_BYTES 32
#define LUCI_GCM_NONCE_BYTES 12
#define LUCI_GCM_TAG_BYTES 16

typedef struct {
    const unsigned char *key;   /* LUCI_GCM_KEY_BYTES */
    const unsigned char *nonce; /* LUCI_GCM_NONCE_BYTES, never the same twice with one key */
    const void *bound;          /* authenticated, but not part of the output; NULL if bound_length is 0 */
    size_t bound_length;
} luci_gcm_t;

/* Writes the ciphertext and then the tag: length + LUCI_GCM_TAG_BYTES bytes. INTERNAL: libcrypto failed; out
 * is zeros. */
luci_result_t luci_gcm_encrypt(const luci_gcm_t *gcm, const unsigned char *plain, size_t length,
                               unsigned char *out) LUCI_MUST_USE;

/* Decrypts what encrypt returned, length bytes with the tag; writes length - LUCI_GCM_TAG_BYTES bytes.
 * DENIED: the tag is wrong, or there is no room for one; plain contains nothing of the text. INTERNAL as
 * above. */
luci_result_t luci_gcm_decrypt(const luci_gcm_t *gcm, const unsigned char *sealed, size_t length,
                               unsigned char *plain) LUCI_MUST_USE;

#endif
