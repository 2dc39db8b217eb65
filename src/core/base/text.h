/* SPDX-License-Identifier: Apache-2.0 */
/* Byte-level helpers of several parsers: UTF-8 validity and percent-decoding; and comparison of text that may
 * be absent. */
#ifndef LUCI_TEXT_H
#define LUCI_TEXT_H

#include <apr_pools.h>

#include <stddef.h>

/* The length of the longest prefix that is valid UTF-8 (RFC 3629: no surrogates, no overlong forms) without
 * NUL; length if all of text is. */
size_t luci_text_valid_bytes(const char *text, size_t length);

/* Decodes %XX in place and sets *length to the new length; the text is not NUL-terminated. A '%' that is not
 * followed by two hex digits stays; returns the number of these. APR's apr_unescape_url is of no use here: it
 * rejects such text, and NUL bytes, as a whole. */
size_t luci_text_percent_decode(char *text, size_t *length);

/* The maximum depth of nested arrays and objects in JSON, into which jansson recurses; 0: a value without
 * any. For malformed JSON the result is arbitrary, because jansson rejects that anyway. */
size_t luci_text_json_depth(const char *json, size_t length);

/* 1 if both are NULL, or both are the same text. */
int luci_text_is_same(const char *a, const char *b);

/* 1 if text has the name, in any case, as a whole word of letters, digits and underscores; a longer word that
 * begins with it is another name. */
int luci_text_has_name(const char *text, const char *name);

/* The length of the longest prefix without control characters (0x00 to 0x1f, 0x7f). */
size_t luci_text_printable_bytes(const char *text, size_t length);

/* A copy of at most max bytes from pool, with "?" for each byte that is not printable ASCII, so that any
 * column can store it. NULL if text is NULL. */
const char *luci_text_printable_ascii(const char *text, size_t max, apr_pool_t *pool);

#endif
