/* SPDX-License-Identifier: Apache-2.0 */
#include "core/auth/own_app_passwords.h"

#include "core/auth/auth_int.h"
#include "core/auth/factor_need.h"
#include "core/auth/own_account.h"

#include <apr_strings.h>

luci_result_t luci_own_app_passwords_list(const luci_auth_t *auth, const char *user_id,
                                          apr_array_header_t **list, apr_pool_t *pool)
{
    luci_db_t *db;
    luci_result_t result = auth->source.borrow(auth->source.baton, &db);

    if (result != LUCI_OK)
        return result;
    result = luci_app_password_list(db, user_id, list, pool);
    auth->source.give_back(auth->source.baton, db);
    return result;
}

/* ---- The change ---- */

typedef struct {
    const luci_own_app_password_t *change;
} writing_t;

static luci_result_t write_change(luci_db_t *db, void *baton, const luci_user_t *user, apr_pool_t *pool)
{
    const luci_own_app_password_t *change = ((const writing_t *)baton)->change;

    return change->wanted ? luci_app_password_make(db, user->id, change->wanted, pool)
                          : luci_app_password_delete(db, user->id, change->tag, pool);
}

static luci_result_t need_table(const luci_auth_t *auth)
{
    luci_db_t *db;
    luci_result_t result = auth->source.borrow(auth->source.baton, &db);

    if (result != LUCI_OK)
        return result;
    result = luci_app_password_has_table(db);
    auth->source.give_back(auth->source.baton, db);
    return result;
}

static luci_result_t run_change(const luci_auth_t *auth, const luci_own_app_password_t *change,
                                apr_pool_t *pool)
{
    writing_t writing = { change };
    luci_own_account_t own = { .session = change->session,
                               .now = change->now,
                               .write = write_change,
                               .baton = &writing,
                               .event = change->wanted ? LUCI_EVENT_APP_PASSWORD_ADD
                                                       : LUCI_EVENT_APP_PASSWORD_DELETE };
    luci_result_t result;

    if (change->wanted && !change->wanted->name)
        return LUCI_INVALID;
    result = need_table(auth);
    if (result == LUCI_OK && luci_factor_need_is_half(auth->settings, change->session))
        return LUCI_DENIED; /* also before the user has set up the factor */
    return result == LUCI_OK ? luci_own_account_change(auth, &own, pool) : result;
}

static void report(const luci_auth_t *auth, const luci_own_app_password_t *change, luci_event_kind_t kind,
                   const char *tag)
{
    luci_event_t event = { .kind = kind, .at = change->now };

    apr_cpystrn(event.app_password, tag, sizeof event.app_password);
    luci_auth_report(auth, &event, &change->session->user, change->session);
}

static void report_failure(const luci_auth_t *auth, const luci_own_app_password_t *change,
                           luci_event_kind_t kind, luci_reason_t reason)
{
    luci_event_t event = { .kind = kind, .reason = reason, .at = change->now };

    luci_auth_report(auth, &event, &change->session->user, change->session);
}

luci_result_t luci_own_app_password_change(const luci_auth_t *auth, const luci_own_app_password_t *change,
                                           apr_pool_t *pool)
{
    const luci_app_password_wanted_t *wanted = change->wanted;
    luci_event_kind_t kind = wanted ? LUCI_EVENT_APP_PASSWORD_ADD : LUCI_EVENT_APP_PASSWORD_DELETE;
    luci_result_t result = run_change(auth, change, pool);

    if (result == LUCI_NOT_FOUND)
        return result;
    if (result != LUCI_OK) {
        report_failure(auth, change, kind,
                       luci_own_account_reason(result, LUCI_REASON_BAD_REQUEST, LUCI_REASON_BAD_REQUEST));
        return result;
    }
    if (wanted && *wanted->replaced)
        report(auth, change, LUCI_EVENT_APP_PASSWORD_DELETE, wanted->replaced);
    report(auth, change, kind, wanted ? wanted->tag : change->tag);
    return LUCI_OK;
}
