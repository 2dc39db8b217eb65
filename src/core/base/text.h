/* SPDX-License-Identifier: Apache-2.0 */
/* What more than one parser asks about bytes: whether they are UTF-8, and what their percent escapes
 * mean. */
#ifndef LUCI_TEXT_H
#define LUCI_TEXT_H

#include <stddef.h>

/* How many bytes from the start are valid UTF-8 (RFC 3629: no surrogates, nothing overlong) without NUL;
 * length when all of them are. */
size_t luci_text_valid_bytes(const char *text, size_t length);

/* Decodes %XX in place; *length becomes the new length, and nothing is NUL-terminated. A '%' that two hex
 * digits do not follow stays as it is. Returns how many of those there were. */
size_t luci_text_percent_decode(char *text, size_t *length);

/* How many bytes from the start are neither 0x00-0x1f nor 0x7f; length when there is no control character. */
size_t luci_text_printable_bytes(const char *text, size_t length);

#endif
