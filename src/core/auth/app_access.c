/* SPDX-License-Identifier: Apache-2.0 */
#include "core/auth/app_access.h"

#include "core/passkey/passkey.h"

#include "core/app_password/app_password.h"
#include "core/email/email.h"
#include "core/factor/factor.h"

#include <string.h>

static int has_factors(const luci_auth_t *auth)
{
    return auth->settings->second_factor != LUCI_SECOND_FACTOR_OFF;
}

/* ---- App passwords ---- */

/* OK: the key is one of the user's, such as an additional name for sign-in or the one before a rename. */
static luci_result_t compare_keys(luci_db_t *db, const luci_user_t *user, const char *key_id,
                                  apr_pool_t *scratch)
{
    luci_key_t key;
    luci_result_t result = luci_key_get(db, key_id, &key, scratch);

    return result == LUCI_OK && strcmp(key.user.id, user->id) != 0 ? LUCI_NOT_FOUND : result;
}

static luci_result_t compare_names(luci_db_t *db, const luci_user_t *user, const char *key_id,
                                   apr_pool_t *scratch)
{
    const char *own;
    luci_result_t result = luci_key_id(user->username, &own, scratch);

    return result == LUCI_OK && strcmp(own, key_id) != 0 ? compare_keys(db, user, key_id, scratch) : result;
}

/* The handle may have the settings of another server, which shares its pool. */
static luci_result_t find_with(luci_db_t *db, const luci_settings_t *settings, luci_app_access_t *app,
                               apr_pool_t *pool)
{
    luci_app_password_owner_t owner;
    luci_result_t named, result = luci_app_password_find(db, app->text, app->now, &owner, pool);

    if (result != LUCI_OK && result != LUCI_DENIED)
        return result;
    named = app->key_id ? compare_names(db, &owner.user, app->key_id, pool) : LUCI_OK;
    if (named != LUCI_OK)
        return named;
    if (result == LUCI_DENIED)
        app->denial = LUCI_REASON_DISABLED;
    else if (luci_email_is_missing(&owner.user, settings))
        app->denial = LUCI_REASON_UNVERIFIED;
    result = app->denial == LUCI_REASON_NONE ? LUCI_OK : LUCI_DENIED;
    app->user = owner.user;
    app->is_accepted = result == LUCI_OK;
    if (app->is_accepted && app->may_write && luci_app_password_is_use_due(&owner, app->now))
        app->written = luci_app_password_used(db, &owner, app->now, pool);
    return result;
}

luci_result_t luci_app_access_find(const luci_auth_t *auth, luci_app_access_t *app, apr_pool_t *pool)
{
    luci_db_t *db;
    luci_result_t result;

    app->is_accepted = 0;
    app->denial = LUCI_REASON_NONE;
    app->written = LUCI_OK;
    if (!has_factors(auth) || !luci_app_password_is_one(app->text))
        return LUCI_NOT_FOUND;
    result = auth->source.borrow(auth->source.baton, &db);
    if (result != LUCI_OK)
        return result;
    result = find_with(db, auth->settings, app, pool);
    auth->source.give_back(auth->source.baton, db);
    return result;
}

/* ---- The account's password ---- */

static luci_result_t find_factors(const luci_auth_t *auth, const char *user_id, int *kinds,
                                  apr_pool_t *scratch)
{
    luci_db_t *db;
    luci_result_t result = auth->source.borrow(auth->source.baton, &db);

    if (result != LUCI_OK)
        return result;
    result = luci_factor_kinds(db, user_id, kinds, scratch);
    auth->source.give_back(auth->source.baton, db);
    return result;
}

/* With LuciaPasskeys only. */
static luci_result_t refuse_with_passkey(const luci_auth_t *auth, luci_verdict_t *verdict,
                                         apr_pool_t *scratch)
{
    luci_db_t *db;
    int has = 0;
    luci_result_t result = auth->source.borrow(auth->source.baton, &db);

    if (result == LUCI_OK) {
        result = luci_passkey_has_any(db, verdict->user.id, &has, scratch);
        auth->source.give_back(auth->source.baton, db);
    }
    if (result == LUCI_OK && !has)
        return LUCI_OK;
    verdict->reason = result == LUCI_OK ? LUCI_REASON_FACTOR_MISSING : luci_reason_of(result);
    return result == LUCI_OK ? LUCI_DENIED : result;
}

luci_result_t luci_app_access_alone(const luci_auth_t *auth, luci_verdict_t *verdict, apr_pool_t *scratch)
{
    int kinds = 0;
    luci_result_t result = LUCI_OK;

    if (luci_email_is_missing(&verdict->user, auth->settings)) {
        verdict->reason = LUCI_REASON_UNVERIFIED;
        return LUCI_DENIED;
    }
    if (auth->settings->passkeys == LUCI_PASSKEYS_ONLY)
        result = refuse_with_passkey(auth, verdict, scratch);
    if (result != LUCI_OK || !has_factors(auth))
        return result;
    if (auth->settings->second_factor == LUCI_SECOND_FACTOR_OPTIONAL)
        result = find_factors(auth, verdict->user.id, &kinds, scratch);
    if (result == LUCI_OK && auth->settings->second_factor == LUCI_SECOND_FACTOR_OPTIONAL && !kinds)
        return LUCI_OK;
    verdict->reason = result == LUCI_OK ? LUCI_REASON_FACTOR_MISSING : luci_reason_of(result);
    return result == LUCI_OK ? LUCI_DENIED : result;
}
