/* SPDX-License-Identifier: Apache-2.0 */
#include "core/auth/factor_need.h"

#include "core/db/totp_table.h"
#include "core/factor/factor.h"
#include "core/passkey/passkey.h"
#include "core/totp/totp_seed.h"

#define NEEDED 2

/* Reads the tables themselves, whatever this site's settings say: another site may have what this one has
 * not. A table that is missing has no row. */
static luci_result_t find_anywhere(luci_db_t *db, const char *user_id, int *kinds, apr_pool_t *scratch)
{
    luci_totp_about_t about;
    int has_table = 0, passkeys = 0;
    luci_result_t result = luci_db_has_table(db, &luci_table_totp, &has_table);

    if (result != LUCI_OK || !has_table)
        return result;
    result = luci_totp_about(db, user_id, &about, scratch);
    if (result == LUCI_OK)
        *kinds |= LUCI_FACTOR_TOTP;
    if (result == LUCI_OK || result == LUCI_NOT_FOUND)
        result = luci_passkey_count(db, user_id, &passkeys, scratch);
    if (passkeys > 0)
        *kinds |= LUCI_FACTOR_PASSKEY;
    return result;
}

static int knows_all(const luci_settings_t *settings)
{
    return settings->second_factor != LUCI_SECOND_FACTOR_OFF && settings->passkeys != LUCI_PASSKEYS_OFF;
}

static luci_result_t need(luci_db_t *db, const luci_settings_t *settings, const luci_session_t *session,
                          int *kinds, apr_pool_t *scratch)
{
    luci_result_t result = LUCI_OK;

    *kinds = 0;
    if (session->factors >= NEEDED)
        return LUCI_OK;
    if (settings->second_factor != LUCI_SECOND_FACTOR_OFF)
        result = luci_factor_kinds(db, session->user.id, kinds, scratch);
    if (result == LUCI_OK && !*kinds && !knows_all(settings))
        result = find_anywhere(db, session->user.id, kinds, scratch);
    return result == LUCI_OK && *kinds ? LUCI_DENIED : result;
}

luci_result_t luci_factor_need(luci_db_t *db, const luci_settings_t *settings, const luci_session_t *session,
                               int *kinds, apr_pool_t *scratch)
{
    *kinds = 0;
    return settings->second_factor == LUCI_SECOND_FACTOR_OFF ? LUCI_OK
                                                             : need(db, settings, session, kinds, scratch);
}

luci_result_t luci_factor_need_for_passkeys(luci_db_t *db, const luci_settings_t *settings,
                                            const luci_session_t *session, apr_pool_t *scratch)
{
    int kinds;

    return need(db, settings, session, &kinds, scratch);
}

int luci_factor_need_is_half(const luci_settings_t *settings, const luci_session_t *session)
{
    return session->factors < NEEDED && settings->second_factor == LUCI_SECOND_FACTOR_REQUIRED;
}

luci_result_t luci_factor_need_look(const luci_auth_t *auth, const luci_session_t *session,
                                    apr_pool_t *scratch)
{
    int kinds;
    luci_db_t *db;
    luci_result_t result;

    if (auth->settings->second_factor == LUCI_SECOND_FACTOR_OFF || session->factors >= NEEDED)
        return LUCI_OK;
    result = auth->source.borrow(auth->source.baton, &db);
    if (result != LUCI_OK)
        return result;
    result = luci_factor_need(db, auth->settings, session, &kinds, scratch);
    auth->source.give_back(auth->source.baton, db);
    return result;
}
