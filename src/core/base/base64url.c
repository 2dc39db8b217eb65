/* SPDX-License-Identifier: Apache-2.0 */
#include "core/base/base64url.h"

#include <apr_encode.h>
#include <string.h>

const char *luci_base64url_encode(const unsigned char *data, size_t length, apr_pool_t *pool)
{
    return apr_pencode_base64_binary(pool, data, (apr_ssize_t)length, APR_ENCODE_BASE64URL, NULL);
}

/* APR's reader also accepts other texts of the same bytes; comparing with what it writes excludes them. */
luci_result_t luci_base64url_decode(const char *text, unsigned char **data, size_t *length, apr_pool_t *pool)
{
    apr_size_t got = 0;
    const unsigned char *bytes =
        apr_pdecode_base64_binary(pool, text, APR_ENCODE_STRING, APR_ENCODE_NONE, &got);
    unsigned char *copy;

    if (!bytes || strcmp(luci_base64url_encode(bytes, got, pool), text) != 0)
        return LUCI_INVALID;
    copy = apr_palloc(pool, got + 1);
    memcpy(copy, bytes, got);
    copy[got] = '\0';
    *data = copy;
    *length = got;
    return LUCI_OK;
}
