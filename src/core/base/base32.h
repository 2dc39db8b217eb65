/* SPDX-License-Identifier: Apache-2.0 */
/* Base32 (RFC 4648, section 6), for secrets that people read or type: its letters and digits cannot be taken
 * for each other. Without padding, so that the number of bytes must be a multiple of five. */
#ifndef LUCI_BASE32_H
#define LUCI_BASE32_H

#include "core/base/result.h"

#include <stddef.h>

#define LUCI_BASE32_LENGTH(bytes) ((bytes) / 5 * 8)

/* Writes LUCI_BASE32_LENGTH(length) upper-case characters and a NUL. */
void luci_base32_encode(const unsigned char *data, size_t length, char *out);

/* Reads exactly that many characters, in upper or lower case. Spaces and hyphens between them are ignored.
 * INVALID: text is anything else; out is zeros. */
luci_result_t luci_base32_decode(const char *text, unsigned char *out, size_t length) LUCI_MUST_USE;

#endif
