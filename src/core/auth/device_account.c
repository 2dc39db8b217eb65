/* SPDX-License-Identifier: Apache-2.0 */
#include "core/auth/device_account.h"

#include "core/mail_notice/device_notice.h"
#include "core/throttle/device.h"

#include <apr_strings.h>
#include <string.h>

const char *luci_auth_device_account(const char *key_id, const char *stored_hash, apr_pool_t *pool)
{
    return stored_hash ? apr_pstrcat(pool, key_id, "\n", stored_hash, NULL) : NULL;
}

luci_result_t luci_auth_find_device_account(luci_db_t *db, const luci_auth_t *auth, const luci_user_t *user,
                                            const char **account, apr_pool_t *pool)
{
    luci_key_t key = { .id = NULL };
    luci_result_t result = LUCI_NOT_FOUND;

    *account = NULL;
    if (!luci_auth_has_devices(auth) || !luci_mail_notice_is_wanted(auth->settings, LUCI_MAIL_NOTICE_DEVICE))
        return LUCI_OK;
    if (luci_key_id(user->username, &key.id, pool) == LUCI_OK)
        result = luci_key_get(db, key.id, &key, pool);
    if (result == LUCI_OK && strcmp(key.user.id, user->id) == 0)
        *account = luci_auth_device_account(key.id, key.stored_hash, pool);
    if (!*account)
        *account = apr_pstrcat(pool, "passkey\n", user->id, NULL);
    return result == LUCI_NOT_FOUND ? LUCI_OK : result;
}

int luci_auth_has_devices(const luci_auth_t *auth)
{
    return auth->throttle && auth->throttle->limits.account.max > 0;
}

int luci_auth_knows_device(const luci_auth_t *auth, const luci_auth_request_t *request, const char *account)
{
    unsigned char nonce[LUCI_DEVICE_NONCE_BYTES];
    luci_device_t device;

    if (!auth->throttle || !request->attempt || !account)
        return 0;
    device = luci_throttle_device(auth->throttle, account, request->now);
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
