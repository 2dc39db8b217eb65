/* SPDX-License-Identifier: Apache-2.0 */
/* What the tokens of device cookies (device.h) are bound to. */
#ifndef LUCI_DEVICE_ACCOUNT_H
#define LUCI_DEVICE_ACCOUNT_H

#include <apr_pools.h>

/* The account that a device token is bound to: it includes the password hash, so that changing the password
 * invalidates all tokens. NULL without a password. */
const char *luci_auth_device_account(const char *key_id, const char *stored_hash, apr_pool_t *pool);

#endif
