/* SPDX-License-Identifier: Apache-2.0 */
#include "core/auth/device_account.h"

#include <apr_strings.h>

const char *luci_auth_device_account(const char *key_id, const char *stored_hash, apr_pool_t *pool)
{
    return stored_hash ? apr_pstrcat(pool, key_id, "\n", stored_hash, NULL) : NULL;
}
