/* SPDX-License-Identifier: Apache-2.0 */
#include "core/email/email_admin.h"

#include "core/email/email_address.h"
#include "core/email/email_token.h"
#include "core/token/token.h"

typedef struct {
    const char *user_id;
    const char *address;
    const luci_admin_then_t *then;
} setting_t;

static luci_result_t set_locked(luci_db_t *db, void *baton, apr_pool_t *scratch)
{
    const setting_t *setting = baton;
    luci_user_t user;
    luci_result_t result = luci_user_lock(db, setting->user_id, &user, scratch);

    if (result == LUCI_OK)
        result = luci_email_token_void(db, user.id, scratch);
    if (result == LUCI_OK)
        result = luci_token_void(db, user.id, scratch);
    if (result == LUCI_OK)
        result = luci_email_set(db, &user, setting->address, scratch);
    return result == LUCI_OK && setting->then ? setting->then->run(db, setting->then->baton, &user, scratch)
                                              : result;
}

luci_result_t luci_email_admin_set(luci_db_t *db, const luci_user_t *user, const char *address,
                                   const luci_admin_then_t *then, apr_pool_t *scratch)
{
    setting_t setting = { user->id, address, then };
    luci_result_t result = luci_db_transaction(db, set_locked, &setting, scratch);

    return result == LUCI_UNAVAILABLE && address ? luci_email_failure(db, user->id, address, scratch)
                                                 : result;
}
