/* SPDX-License-Identifier: Apache-2.0 */
/* HKDF (RFC 5869) with SHA-256: makes keys of a secret, one for each purpose. */
#ifndef LUCI_HKDF_H
#define LUCI_HKDF_H

#include "core/base/result.h"

#include <stddef.h>

typedef struct {
    const void *secret; /* the input keying material, at least one byte */
    size_t secret_length;
    const void *salt; /* may be NULL if salt_length is 0 */
    size_t salt_length;
    const void *info; /* the purpose; may be NULL if info_length is 0 */
    size_t info_length;
} luci_hkdf_t;

/* Writes length bytes, at most 8,160. INTERNAL: libcrypto failed; out is zeros. Thread-safe; does not need
 * luci_secret_init. */
luci_result_t luci_hkdf(const luci_hkdf_t *hkdf, unsigned char *out, size_t length) LUCI_MUST_USE;

#endif
