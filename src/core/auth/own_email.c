/* SPDX-License-Identifier: Apache-2.0 */
#include "core/auth/own_email.h"

#include "core/auth/auth_int.h"
#include "core/auth/own_account.h"
#include "core/email/email_address.h"
#include "core/email/email_order.h"

#include <string.h>

/* ---- Reading ---- */

/* *own is as the user has been read. */
static luci_result_t read_awaited(luci_db_t *db, const char *user_id, luci_ms_t now, luci_own_email_t *own,
                                  apr_pool_t *pool)
{
    luci_result_t result = luci_email_token_awaited(db, user_id, now, &own->awaited, pool);

    return result == LUCI_NOT_FOUND ? LUCI_OK : result;
}

static luci_own_email_t own_of(const luci_user_t *user, const luci_settings_t *settings, apr_pool_t *scratch)
{
    return (luci_own_email_t){ .email = luci_email_of(user, settings),
                               .is_verified = luci_email_is_verified(user, settings, scratch) };
}

luci_result_t luci_own_email_read(const luci_auth_t *auth, const luci_session_t *session, luci_ms_t now,
                                  luci_own_email_t *own, apr_pool_t *pool)
{
    luci_db_t *db;
    luci_result_t result;

    if (auth->settings->email == LUCI_EMAIL_OFF)
        return LUCI_NOT_FOUND;
    *own = own_of(&session->user, auth->settings, pool);
    result = auth->source.borrow(auth->source.baton, &db);
    if (result != LUCI_OK)
        return result;
    result = read_awaited(db, session->user.id, now, own, pool);
    auth->source.give_back(auth->source.baton, db);
    return result;
}

/* ---- The transaction ---- */

typedef struct {
    luci_email_change_t *change;
    const luci_settings_t *settings;
    const char *address; /* the one that is verified; from the pool of the call */
} writing_t;

/* The address to verify again: the one that is awaited, or the user's own. INVALID: there is none. */
static luci_result_t find_address(luci_db_t *db, writing_t *writing, const luci_user_t *user,
                                  apr_pool_t *pool)
{
    luci_own_email_t *own = &writing->change->own;
    luci_result_t result = read_awaited(db, user->id, writing->change->request.now, own, pool);

    writing->address = writing->change->address;
    if (result != LUCI_OK || writing->address)
        return result;
    writing->address = own->awaited ? own->awaited : own->is_verified ? NULL : own->email;
    return writing->address ? LUCI_OK : LUCI_INVALID;
}

static luci_result_t order(luci_db_t *db, const writing_t *writing, const luci_user_t *user, apr_pool_t *pool)
{
    luci_email_change_t *change = writing->change;
    luci_own_email_t *own = &change->own;
    luci_email_order_t wanted = { user->id, writing->address, change->language, change->request.now };
    luci_result_t result = LUCI_OK;

    if (!own->is_verified && (!own->email || strcmp(own->email, writing->address) != 0))
        result = luci_email_claim(db, user, writing->address, pool);
    if (!own->is_verified)
        own->email = writing->address;
    own->awaited = writing->address;
    return result == LUCI_OK ? luci_email_order_verify(db, &wanted, pool) : result;
}

/* With LuciaEmail required, a user may sign up with an address as name, which must be the one that is
 * verified: else content would take the name for a proof of it. */
static int has_other_name(const writing_t *writing, const luci_user_t *user, apr_pool_t *pool)
{
    const char *key;

    return writing->settings->email == LUCI_EMAIL_REQUIRED && !writing->change->own.is_verified &&
           luci_email_key_id(user->username, &key, pool) == LUCI_OK &&
           luci_auth_is_foreign_address(writing->settings, user->username, writing->address, pool);
}

/* A transaction may run twice. */
static luci_result_t write_order(luci_db_t *db, void *baton, const luci_user_t *user, apr_pool_t *pool)
{
    writing_t *writing = baton;
    luci_own_email_t *own = &writing->change->own;
    luci_result_t result;

    *own = own_of(user, writing->settings, pool);
    result = find_address(db, writing, user, pool);
    if (result != LUCI_OK)
        return result;
    writing->change->request.is_address = has_other_name(writing, user, pool);
    if (writing->change->request.is_address)
        return LUCI_INVALID;
    if (own->is_verified && strcmp(own->email, writing->address) == 0)
        return LUCI_OK;
    return order(db, writing, user, pool);
}

static luci_result_t explain(luci_db_t *db, void *baton, luci_result_t result, apr_pool_t *pool)
{
    const writing_t *writing = baton;

    if (result != LUCI_UNAVAILABLE || !writing->address)
        return result;
    return luci_email_failure(db, writing->change->session->user.id, writing->address, pool);
}

/* ---- The use case ---- */

/* An address that another user has counts as well, where the column tells it. */
static luci_result_t change_counted(const luci_auth_t *auth, luci_email_change_t *change, apr_pool_t *pool)
{
    luci_auth_request_t *request = &change->request;
    writing_t writing = { .change = change, .settings = auth->settings };
    luci_own_account_t own = { .session = change->session,
                               .now = request->now,
                               .write = write_order,
                               .explain = explain,
                               .baton = &writing,
                               .event = LUCI_EVENT_EMAIL_REQUEST };
    luci_result_t result = LUCI_OK;

    if (request->attempt)
        result = luci_throttle_mail_client(auth->throttle, luci_auth_begin_attempt(request), pool);
    if (result != LUCI_OK)
        return result;
    result = luci_own_account_change(auth, &own, pool);
    luci_auth_end_attempt(auth, request, result == LUCI_CONFLICT ? LUCI_OK : result, pool);
    return result;
}

luci_result_t luci_email_change(const luci_auth_t *auth, luci_email_change_t *change, apr_pool_t *pool)
{
    luci_event_t event = { .kind = LUCI_EVENT_EMAIL_REQUEST, .at = change->request.now };
    const char *key;
    luci_result_t result = LUCI_OK;

    if (auth->settings->email == LUCI_EMAIL_OFF)
        return LUCI_NOT_FOUND;
    if (change->address)
        result = luci_email_key_id(change->address, &key, pool);
    if (result == LUCI_OK)
        result = change_counted(auth, change, pool);
    event.reason = luci_own_account_reason(result, LUCI_REASON_BAD_REQUEST, LUCI_REASON_VALUE_TAKEN);
    luci_auth_report(auth, &event, &change->session->user, change->session);
    return result;
}
