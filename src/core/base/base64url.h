/* SPDX-License-Identifier: Apache-2.0 */
/* RFC 4648 base64url without padding. Each sequence of bytes has exactly one text. */
#ifndef LUCI_BASE64URL_H
#define LUCI_BASE64URL_H

#include "core/base/result.h"

#include <apr_pools.h>
#include <stddef.h>

/* The text of length bytes, from pool. */
const char *luci_base64url_encode(const unsigned char *data, size_t length, apr_pool_t *pool);

/* The reverse. *data is from pool and has a NUL behind its length bytes. INVALID: the text is not the one
 * that luci_base64url_encode returns for any bytes, for example because it has padding, white space, a
 * character of the standard alphabet, or bits that are discarded. */
luci_result_t luci_base64url_decode(const char *text, unsigned char **data, size_t *length,
                                    apr_pool_t *pool) LUCI_MUST_USE;

#endif
