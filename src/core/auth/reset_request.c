/* SPDX-License-Identifier: Apache-2.0 */
#include "core/auth/reset_request.h"

#include "core/auth/auth_int.h"
#include "core/letter/reset_sweep.h"
#include "core/mail/mailbox.h"
#include "core/password/policy.h"

#define VALID LUCI_MS_HOUR /* a mail that could not be sent for so long is given up */
#define SAMPLES_MAX 3      /* parts of a full table in which a request looks for rows to delete */

/* ---- The queue ---- */

/* Deletes rows of names that no account has, among rows that are chosen at random. */
static luci_result_t sweep_somewhere(luci_db_t *db, luci_ms_t now, int *dropped, apr_pool_t *pool)
{
    char random[LUCI_MAIL_ID_LENGTH + 1];
    const char *from = random;
    luci_result_t result = luci_secret_random_id(random, LUCI_MAIL_ID_LENGTH);

    if (result == LUCI_OK)
        result = luci_reset_sweep(db, &from, now, dropped, pool);
    if (result != LUCI_NOT_FOUND)
        return result;
    from = "";
    result = luci_reset_sweep(db, &from, now, dropped, pool);
    return result == LUCI_NOT_FOUND ? LUCI_OK : result;
}

/* A full queue takes no more, unless rows of unknown names can be deleted: so requests for these cannot keep
 * others out. BUSY: it stays full. */
static luci_result_t make_room(luci_db_t *db, luci_ms_t now, apr_pool_t *pool)
{
    int is_full = 0, dropped = 0;
    luci_result_t result = luci_mail_queue_is_full(db, &is_full, pool);

    for (int i = 0; result == LUCI_OK && is_full && dropped == 0; i++) {
        if (i == SAMPLES_MAX)
            return LUCI_BUSY;
        result = sweep_somewhere(db, now, &dropped, pool);
    }
    return result;
}

/* NOT_FOUND of the queue: a start has said that the table is missing. */
static luci_result_t queue(const luci_auth_t *auth, const luci_reset_request_t *request, const char *name,
                           apr_pool_t *pool)
{
    luci_mail_order_t order = { .kind = LUCI_MAIL_RESET,
                                .name = name,
                                .language = request->language,
                                .now = request->now,
                                .expires = request->now + VALID };
    luci_db_t *db;
    luci_result_t result = auth->source.borrow(auth->source.baton, &db);

    if (result != LUCI_OK)
        return result;
    result = make_room(db, request->now, pool);
    if (result == LUCI_OK)
        result = luci_mail_queue_add(db, &order, pool);
    auth->source.give_back(auth->source.baton, db);
    return result == LUCI_NOT_FOUND ? LUCI_UNAVAILABLE : result;
}

/* ---- The use case ---- */

/* The name as it is queued; NULL: no account can have it, which is answered alike. */
static const char *name_to_queue(const luci_settings_t *settings, const char *typed, apr_pool_t *pool)
{
    const char *mailbox, *trimmed = luci_policy_trim(typed, pool);

    if (luci_policy_typed_name(typed, settings->username_length.max) == LUCI_OK)
        return typed;
    return settings->email != LUCI_EMAIL_OFF && luci_mailbox_check(trimmed, &mailbox, pool) == LUCI_OK
               ? trimmed
               : NULL;
}

/* Queues the mail unless mails were asked for too often with this name: *reason says so then. */
static luci_result_t queue_for_name(const luci_auth_t *auth, const luci_reset_request_t *request,
                                    luci_reason_t *reason, apr_pool_t *pool)
{
    luci_attempt_t attempt = { .now = request->now };
    const char *account, *name = name_to_queue(auth->settings, request->name, pool);
    luci_result_t result;

    if (!name)
        return LUCI_OK;
    result = luci_key_id(luci_policy_trim(name, pool), &account, pool);

    if (result == LUCI_OK)
        result = luci_throttle_mail_name(auth->throttle, &attempt, account, pool);
    if (result == LUCI_THROTTLED || result == LUCI_BUSY) {
        *reason = LUCI_REASON_THROTTLED;
        return LUCI_OK;
    }
    if (result == LUCI_OK)
        result = queue(auth, request, name, pool);
    luci_throttle_end(auth->throttle, &attempt,
                      result == LUCI_OK ? LUCI_ATTEMPT_SUCCESS : LUCI_ATTEMPT_CANCEL, pool);
    return result;
}

static luci_result_t answer(const luci_auth_t *auth, luci_reset_request_t *request, luci_reason_t *reason,
                            apr_pool_t *pool)
{
    luci_attempt_t attempt = { .address = request->client.address, .now = request->now };
    luci_result_t result = luci_throttle_mail_client(auth->throttle, &attempt, pool);

    request->retry_after = attempt.retry_after;
    if (result != LUCI_OK)
        return result;
    result = queue_for_name(auth, request, reason, pool);
    luci_throttle_end(auth->throttle, &attempt,
                      result == LUCI_OK ? LUCI_ATTEMPT_SUCCESS : LUCI_ATTEMPT_CANCEL, pool);
    return result;
}

static int is_empty(const char *name, apr_pool_t *pool)
{
    return !name || !*luci_policy_trim(name, pool);
}

luci_result_t luci_reset_request(const luci_auth_t *auth, luci_reset_request_t *request, apr_pool_t *pool)
{
    luci_event_t event = { .kind = LUCI_EVENT_RESET_REQUEST, .at = request->now };
    luci_result_t result;

    if (is_empty(request->name, pool)) {
        result = LUCI_INVALID;
        event.reason = LUCI_REASON_INVALID_USERNAME;
    }
    else {
        result = answer(auth, request, &event.reason, pool);
        if (result != LUCI_OK)
            event.reason = luci_reason_of(result);
    }
    luci_event_report(&auth->events, &event);
    return result;
}
