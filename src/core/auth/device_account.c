/* SPDX-License-Identifier: Apache-2.0 */
#include "core/auth/device_account.h"

#include "core/mail_notice/device_notice.h"
#include "core/throttle/device.h"

#include <apr_strings.h>

const char *luci_auth_device_account(const char *key_id, const char *stored_hash, apr_pool_t *pool)
{
    return stored_hash ? apr_pstrcat(pool, key_id, "\n", stored_hash, NULL) : NULL;
}

int luci_auth_has_devices(const luci_auth_t *auth)
{
    return auth->throttle && auth->throttle->limits.account.max > 0;
}

int luci_auth_knows_device(const luci_auth_t *auth, const luci_auth_request_t *request, const char *account)
{
    unsigned char nonce[LUCI_DEVICE_NONCE_BYTES];
    luci_device_t device = { .account = account, .now = request->now };

    if (!auth->throttle || !request->attempt || !account)
        return 0;
    device.secret = auth->throttle->secret;
    return luci_device_find(&device, request->attempt->device, nonce) == LUCI_OK;
}

luci_result_t luci_auth_tell_device(luci_db_t *db, const luci_auth_t *auth,
                                    const luci_auth_request_t *request, const luci_device_owner_t *owner,
                                    apr_pool_t *scratch)
{
    luci_device_sign_in_t sign_in = { .user = owner->user, .origin = &auth->origin, .now = request->now };

    if (!luci_auth_has_devices(auth))
        return LUCI_OK;
    sign_in.is_known = request->is_own_sign_up || luci_auth_knows_device(auth, request, owner->account);
    return luci_device_notice(db, auth->settings, &sign_in, scratch);
}
