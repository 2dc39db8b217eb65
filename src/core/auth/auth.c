/* SPDX-License-Identifier: Apache-2.0 */
#include "core/auth/auth.h"

#include "core/app_password/app_password.h"
#include "core/auth/app_access.h"
#include "core/auth/attempt_limit.h"
#include "core/auth/auth_int.h"
#include "core/auth/known_password.h"
#include "core/auth/password_credential.h"
#include "core/base/text.h"
#include "core/base/timestamp.h"
#include "core/db/session_table.h"
#include "core/db/user_table.h"
#include "core/email/email_address.h"
#include "core/email/email_order.h"
#include "core/factor/factor.h"
#include "core/factor/open_step.h"
#include "core/group/group.h"
#include "core/invitation/invitation.h"
#include "core/mail/mail_queue.h"
#include "core/mail/mailbox.h"
#include "core/passkey/passkey.h"
#include "core/password/block_list.h"
#include "core/password/policy.h"
#include "core/throttle/device.h"

#include <apr_strings.h>
#include <string.h>

/* How often the password of one request is verified at most. The usual cause of a repetition is a concurrent
 * sign-in that replaced an outdated hash. */
#define CHECKS_MAX 3

/* How often administrators are told of users who wait. */
#define APPROVAL_MAIL_EACH (15 * LUCI_MS_MINUTE)

/* The sign-in transaction: it inserts a session, and at sign-up the user and the key before it, and ends the
 * session that came with the request. */
typedef struct {
    const luci_auth_t *auth;
    const luci_auth_request_t *request;
    luci_session_t *session;
    luci_key_t key; /* id and stored hash; output: the rest, before its failures were set back */
    int is_sign_up;
    const char *adopted;          /* of a sign-up: the id of a second key, of another provider; NULL: none */
    const char *device_account;   /* output: that device tokens are bound to; NULL: none are asked for */
    luci_invitation_t invitation; /* of a sign-up that needs one */
    int attribute; /* output: the number of the attribute that is being stored, from 1; LUCI_REFUSED_EMAIL; 0:
                      none */
    int leaves_email; /* 1: the column takes each address once, and another user's row has it: the row of the
                         new one gets it when it is verified */
    int is_email_proved; /* output, of a sign-up: its invitation was mailed to the address, which is verified
                          */
    int is_refused;      /* output, of a sign-up that failed: by the value of that attribute */
    luci_factor_demand_t demand; /* output */
    apr_array_header_t *removed; /* output: of luci_session_token_t, older sessions of the user that were
                                    deleted (luci_session_make_room); NULL: none */
    apr_pool_t *pool;
} sign_in_t;

/* ---- Shared by the use cases ---- */

luci_result_t luci_auth_tell(luci_db_t *db, const luci_auth_t *auth, luci_mail_notice_t *notice,
                             apr_pool_t *scratch)
{
    notice->origin = &auth->origin;
    return luci_mail_notice_queue(db, auth->settings, notice, scratch);
}

static void forget(const luci_auth_t *auth, const luci_session_token_t *tokens, int count,
                   apr_pool_t *scratch)
{
    if (auth->cache)
        luci_session_cache_forget(auth->cache, tokens, count, scratch);
    for (const luci_session_cache_t *const *other = auth->others; other && *other; other++)
        luci_session_cache_forget(*other, tokens, count, scratch);
}

void luci_auth_forget(const luci_auth_t *auth, const luci_session_token_t *token, apr_pool_t *scratch)
{
    forget(auth, token, 1, scratch);
}

void luci_auth_forget_all(const luci_auth_t *auth, const apr_array_header_t *tokens, apr_pool_t *scratch)
{
    if (tokens && tokens->nelts > 0)
        forget(auth, (const luci_session_token_t *)tokens->elts, tokens->nelts, scratch);
}

void luci_auth_report(const luci_auth_t *auth, luci_event_t *event, const luci_user_t *user,
                      const luci_session_t *session)
{
    event->account = user->username;
    event->user_id = user->id;
    if (session)
        memcpy(event->session, session->tag, sizeof event->session);
    luci_event_report(&auth->events, event);
}

static luci_reason_t invalid(luci_field_t field)
{
    return field == LUCI_FIELD_USERNAME ? LUCI_REASON_INVALID_USERNAME : LUCI_REASON_INVALID_PASSWORD;
}

luci_reason_t luci_auth_reason_of_weakness(luci_weakness_t weakness)
{
    return weakness == LUCI_WEAKNESS_LENGTH ? LUCI_REASON_INVALID_PASSWORD : LUCI_REASON_WEAK_PASSWORD;
}

static luci_reason_t invalid_new(luci_field_t field, luci_weakness_t weakness)
{
    if (field == LUCI_FIELD_ATTRIBUTE)
        return LUCI_REASON_BAD_REQUEST;
    return field == LUCI_FIELD_PASSWORD ? luci_auth_reason_of_weakness(weakness) : invalid(field);
}

static luci_reason_t taken(luci_field_t field)
{
    return field == LUCI_FIELD_ATTRIBUTE ? LUCI_REASON_VALUE_TAKEN : LUCI_REASON_NAME_TAKEN;
}

/* 1: what was typed for a name is looked up as an address as well. */
static int is_typed_address(const luci_settings_t *settings, const luci_auth_request_t *request,
                            apr_pool_t *scratch)
{
    const char *mailbox;

    return request->may_be_address && settings->email != LUCI_EMAIL_OFF && request->username &&
           luci_mailbox_check(request->username, &mailbox, scratch) == LUCI_OK;
}

/* The key id of the request's username, computed unless it is known. */
static luci_result_t find_key_id(const luci_auth_request_t *request, const char **key_id, apr_pool_t *pool)
{
    if (!request->key_id)
        return luci_key_id(request->username, key_id, pool);
    *key_id = request->key_id;
    return LUCI_OK;
}

/* The same for a sign-in, where an address belongs to the account that has verified it; only one that belongs
 * to none may be a name. One query is made for any address. */
static luci_result_t find_typed_key_id(const luci_auth_t *auth, const luci_auth_request_t *request,
                                       const char **key_id, apr_pool_t *pool)
{
    const luci_db_source_t *source = &auth->source;
    luci_user_t user;
    luci_db_t *db;
    luci_result_t result;

    if (request->key_id || !is_typed_address(auth->settings, request, pool))
        return find_key_id(request, key_id, pool);
    result = source->borrow(source->baton, &db);
    if (result != LUCI_OK)
        return result;
    result = luci_email_find(db, auth->settings, request->username, &user, pool);
    source->give_back(source->baton, db);
    if (result == LUCI_OK)
        return luci_key_id(user.username, key_id, pool);
    return result == LUCI_NOT_FOUND ? find_key_id(request, key_id, pool) : result;
}

/* ---- The sign-in transaction ---- */

static int may_be_app_password(const luci_auth_request_t *request)
{
    return request->app && luci_app_password_is_one(request->password);
}

/* Name and password of a sign-in. An address may be longer than any name, and an app password longer than any
 * password of an account. */
static luci_result_t check_typed(const luci_settings_t *settings, const luci_auth_request_t *request,
                                 luci_field_t *field, apr_pool_t *scratch)
{
    *field = LUCI_FIELD_USERNAME;
    if (!is_typed_address(settings, request, scratch) &&
        luci_policy_typed_name(request->username, settings->username_length.max) != LUCI_OK)
        return LUCI_INVALID;
    *field = LUCI_FIELD_PASSWORD;
    if (!may_be_app_password(request) &&
        luci_policy_typed_password(request->password, settings->password_length.max) != LUCI_OK)
        return LUCI_INVALID;
    *field = LUCI_FIELD_NONE;
    return LUCI_OK;
}

luci_result_t luci_auth_check_password(const luci_auth_t *auth, const luci_new_password_t *wanted,
                                       luci_auth_request_t *request, apr_pool_t *pool)
{
    const luci_settings_t *settings = auth->settings;
    luci_result_t result;

    request->weakness = LUCI_WEAKNESS_NONE;
    if (request->is_allowed)
        return LUCI_OK;
    result = luci_new_password_check(settings, wanted, &request->weakness, pool);
    request->is_allowed = result == LUCI_OK;
    if (result == LUCI_UNAVAILABLE)
        luci_event_notice(&auth->events,
                          &(luci_notice_t){ .kind = LUCI_NOTICE_LIST_UNREADABLE,
                                            .file = luci_block_list_path(settings->block_list) });
    return result;
}

int luci_auth_is_foreign_address(const luci_settings_t *settings, const char *username, const char *own,
                                 apr_pool_t *scratch)
{
    return settings->email != LUCI_EMAIL_OFF && strchr(username, '@') &&
           !(own && luci_email_is_same(username, own, scratch));
}

/* The address that a new account may have as its name. Where an account need not verify it, an address is not
 * known to be the user's own, and the name would be used all the same. */
static const char *own_address(const luci_auth_t *auth, const luci_auth_request_t *request)
{
    return auth->settings->email == LUCI_EMAIL_REQUIRED ? request->email : NULL;
}

luci_result_t luci_auth_check_name(const luci_auth_t *auth, luci_auth_request_t *request, apr_pool_t *pool)
{
    if (luci_policy_new_name(auth->settings, request->username) != LUCI_OK)
        return LUCI_INVALID;
    request->is_address =
        luci_auth_is_foreign_address(auth->settings, request->username, own_address(auth, request), pool);
    return request->is_address ? LUCI_INVALID : LUCI_OK;
}

/* The form of the invitation, name and password of a sign-up. */
static luci_result_t check_new(const luci_auth_t *auth, luci_auth_request_t *request, luci_field_t *field,
                               apr_pool_t *pool)
{
    luci_new_password_t wanted = { request->password, request->username, auth->site };
    luci_result_t result;

    *field = LUCI_FIELD_NONE;
    if (request->needs_invitation && !luci_invitation_is_formed(request->invitation))
        return LUCI_DENIED;
    *field = LUCI_FIELD_USERNAME;
    request->weakness = LUCI_WEAKNESS_LENGTH;
    if (luci_auth_check_name(auth, request, pool) != LUCI_OK)
        return LUCI_INVALID;
    result = luci_auth_check_password(auth, &wanted, request, pool);
    *field = result == LUCI_INVALID ? LUCI_FIELD_PASSWORD : LUCI_FIELD_NONE;
    return result;
}

/* UNAVAILABLE: the table has no column for a value, which must not be lost. */
static luci_result_t store_attributes(luci_db_t *db, sign_in_t *sign_in, apr_pool_t *scratch)
{
    const luci_settings_t *settings = sign_in->auth->settings;
    const char *const *values = sign_in->request->attributes;
    luci_user_t user = sign_in->session->user;
    luci_result_t result = LUCI_OK;

    user.lacks = luci_db_columns(db).lacks;
    for (int i = 0; values && i < settings->signup->nelts && result == LUCI_OK; i++) {
        const char *name = APR_ARRAY_IDX(settings->signup, i, luci_asked_attribute_t).name;

        sign_in->attribute = i + 1;
        if (values[i] && luci_user_lacks(&user, settings, name))
            result = LUCI_UNAVAILABLE;
        else if (values[i])
            result = luci_db_change_column(db, user.id, name, values[i], scratch);
    }
    if (result == LUCI_OK)
        sign_in->attribute = 0;
    return result;
}

/* The token of an invitation was in the mailbox to which it was mailed, so that the address of a sign-up with
 * it is verified if it is the same one, unless another user has verified it. */
static luci_result_t take_invited_email(luci_db_t *db, sign_in_t *sign_in, apr_pool_t *scratch)
{
    const char *invited = sign_in->invitation.address, *email = sign_in->request->email;
    luci_result_t result;

    sign_in->is_email_proved = 0; /* A transaction may run twice. */
    if (!invited || sign_in->leaves_email || !luci_email_is_same(invited, email, scratch))
        return LUCI_OK;
    result = luci_email_set(db, &sign_in->session->user, email, scratch);
    sign_in->is_email_proved = result == LUCI_OK;
    return result == LUCI_CONFLICT ? LUCI_OK : result;
}

/* With LuciaEmail: the address, and, unless it is verified, the order of the mail that lets the user verify
 * it. UNAVAILABLE: also if the table has no column for it. */
static luci_result_t store_email(luci_db_t *db, sign_in_t *sign_in, apr_pool_t *scratch)
{
    const luci_auth_request_t *request = sign_in->request;
    const char *id = sign_in->session->user.id;
    luci_email_order_t order = { id, request->email, request->language, request->now };
    luci_user_t user = { .lacks = luci_db_columns(db).lacks };
    luci_result_t result = LUCI_OK;

    if (!request->email)
        return LUCI_OK;
    if (luci_user_lacks(&user, sign_in->auth->settings, LUCI_EMAIL_COLUMN) ||
        luci_user_lacks(&user, sign_in->auth->settings, LUCI_EMAIL_VERIFIED_COLUMN))
        return LUCI_UNAVAILABLE;
    sign_in->attribute = LUCI_REFUSED_EMAIL;
    result = take_invited_email(db, sign_in, scratch);
    if (result == LUCI_OK && !sign_in->is_email_proved && !sign_in->leaves_email)
        result = luci_email_claim(db, &sign_in->session->user, request->email, scratch);
    if (result == LUCI_OK)
        sign_in->attribute = 0;
    return result == LUCI_OK && !sign_in->is_email_proved ? luci_email_order_verify(db, &order, scratch)
                                                          : result;
}

/* 1: the transaction failed because the column takes each address once, and another user has this one.
 * The new user must not learn that. */
static int is_email_there(luci_db_t *db, const sign_in_t *sign_in, luci_result_t result)
{
    return sign_in->attribute == LUCI_REFUSED_EMAIL &&
           (result == LUCI_CONFLICT || result == LUCI_UNAVAILABLE) &&
           luci_db_find_value(db, sign_in->session->user.id, LUCI_EMAIL_COLUMN, sign_in->request->email,
                              sign_in->pool) == LUCI_OK;
}

/* The result of a transaction that failed when it stored an attribute: INVALID if the column does not take
 * the value, CONFLICT if another user has it, which not every engine says. */
static luci_result_t explain_attribute(luci_db_t *db, sign_in_t *sign_in, luci_result_t result)
{
    int i = sign_in->attribute - 1;
    const char *name;

    sign_in->is_refused = sign_in->attribute && result == LUCI_INVALID;
    if (i < 0 || (result != LUCI_CONFLICT && result != LUCI_UNAVAILABLE))
        return result;
    name = APR_ARRAY_IDX(sign_in->auth->settings->signup, i, luci_asked_attribute_t).name;
    sign_in->is_refused = luci_db_find_value(db, sign_in->session->user.id, name,
                                             sign_in->request->attributes[i], sign_in->pool) == LUCI_OK;
    return sign_in->is_refused ? LUCI_CONFLICT : LUCI_UNAVAILABLE;
}

/* DENIED: another sign-up has had the last use meanwhile. */
static luci_result_t spend_invitation(luci_db_t *db, const sign_in_t *sign_in, apr_pool_t *scratch)
{
    luci_result_t result =
        sign_in->request->needs_invitation
            ? luci_invitation_spend(db, &sign_in->invitation, sign_in->request->now, scratch)
            : LUCI_OK;

    return result == LUCI_NOT_FOUND ? LUCI_DENIED : result;
}

/* The groups of the invitation. */
static luci_result_t join_groups(luci_db_t *db, const sign_in_t *sign_in, apr_pool_t *scratch)
{
    const luci_user_t *user = &sign_in->session->user;
    const char *list = luci_user_groups(user, sign_in->auth->settings);
    luci_result_t result = LUCI_OK;
    int added;

    while (list && *list && result == LUCI_OK) {
        size_t length = strcspn(list, ",");

        result = luci_group_join(db, user->id, apr_pstrmemdup(scratch, list, length), &added, scratch);
        list += length + (list[length] == ',');
    }
    return result;
}

/* UNAVAILABLE: the table has no column for it, and a user must not be approved for that reason. */
static luci_result_t await_approval(luci_db_t *db, const sign_in_t *sign_in, apr_pool_t *scratch)
{
    const luci_argument_t *flag = LUCI_ARGUMENTS({ "disabled", luci_sql_number(LUCI_USER_WAITING, scratch) },
                                                 { "id", sign_in->session->user.id });
    int changed;

    if (!sign_in->request->needs_approval)
        return LUCI_OK;
    return luci_db_columns(db).disabled
               ? luci_db_execute(db, &luci_sql_user_set_disabled, flag, &changed, scratch)
               : LUCI_UNAVAILABLE;
}

static int has_session(const sign_in_t *sign_in)
{
    return !(sign_in->is_sign_up && sign_in->request->needs_approval);
}

/* 1: what was verified is no password of this site. */
static int is_adoption(const sign_in_t *sign_in)
{
    return sign_in->adopted || !luci_key_name(sign_in->key.id);
}

static luci_result_t tell_device(luci_db_t *db, sign_in_t *sign_in, const luci_user_t *user,
                                 apr_pool_t *scratch)
{
    luci_device_owner_t owner = { .user = user };
    luci_result_t result = LUCI_OK;

    if (is_adoption(sign_in))
        result =
            luci_auth_find_device_account(db, sign_in->auth, user, &sign_in->device_account, sign_in->pool);
    else
        sign_in->device_account =
            luci_auth_device_account(sign_in->key.id, sign_in->key.stored_hash, sign_in->pool);
    owner.account = sign_in->device_account;
    return result == LUCI_OK && has_session(sign_in)
               ? luci_auth_tell_device(db, sign_in->auth, sign_in->request, &owner, scratch)
               : result;
}

static luci_result_t insert_account(luci_db_t *db, sign_in_t *sign_in, apr_pool_t *scratch)
{
    const luci_user_t *user = &sign_in->session->user;
    luci_result_t result = spend_invitation(db, sign_in, scratch);

    sign_in->attribute = 0; /* A transaction may run twice. */

    if (result == LUCI_OK)
        result = luci_user_insert(db, user, sign_in->request->now, scratch);
    if (result == LUCI_OK)
        result = await_approval(db, sign_in, scratch);
    if (result == LUCI_OK)
        result = join_groups(db, sign_in, scratch);
    if (result == LUCI_OK)
        result = luci_key_insert(db, sign_in->key.id, user->id, sign_in->key.stored_hash, scratch);
    if (result == LUCI_OK && sign_in->adopted)
        result = luci_key_insert(db, sign_in->adopted, user->id, NULL, scratch);
    if (result == LUCI_OK)
        result = store_email(db, sign_in, scratch);
    if (result == LUCI_OK)
        result = store_attributes(db, sign_in, scratch);
    return result == LUCI_OK ? tell_device(db, sign_in, user, scratch) : result;
}

/* Queues a mail to LuciaApprovalMail, which has everyone who waits when it is sent. A site without a queue
 * has no mails, but sign-ups. */
static luci_result_t tell_of_waiting(luci_db_t *db, const sign_in_t *sign_in, apr_pool_t *scratch)
{
    luci_ms_t now = sign_in->request->now;
    luci_mail_order_t order = { .kind = LUCI_MAIL_APPROVAL,
                                .name = "",
                                .address = sign_in->auth->settings->approval_mail,
                                .now = now,
                                .expires = now + LUCI_MS_DAY,
                                .gather = APPROVAL_MAIL_EACH };
    luci_result_t result = order.address ? luci_mail_queue_add(db, &order, scratch) : LUCI_OK;

    return result == LUCI_NOT_FOUND ? LUCI_OK : result;
}

/* Ends the session that came with the request, before the user's sessions are counted, so that no session of
 * another device ends in its place. */
static luci_result_t end_old(luci_db_t *db, const sign_in_t *sign_in, apr_pool_t *scratch)
{
    const luci_session_token_t *old = sign_in->request->old_session;
    luci_result_t result =
        old ? luci_session_delete(db, old, sign_in->auth->settings, scratch) : LUCI_NOT_FOUND;

    return result == LUCI_NOT_FOUND ? LUCI_OK : result;
}

static luci_result_t make_room(luci_db_t *db, sign_in_t *sign_in)
{
    luci_result_t result = end_old(db, sign_in, sign_in->pool);

    return result == LUCI_OK
               ? luci_session_make_room(db, sign_in->session->user.id, sign_in->auth->settings->max_sessions,
                                        &sign_in->removed, sign_in->pool)
               : result;
}

/* A step is spent with the session that it gets. NOT_FOUND: it is not open any more. */
static luci_result_t spend_step(luci_db_t *db, const sign_in_t *sign_in, apr_pool_t *scratch)
{
    const luci_open_step_t step = { .id = sign_in->request->step, .user_id = sign_in->session->user.id };

    return step.id ? luci_open_step_spend(db, &step, sign_in->request->now, scratch) : LUCI_OK;
}

/* While the password was being verified, another request may have changed it, or disabled or deleted the
 * user, and deleted the sessions that existed then. Under the user's lock this checks that the account is
 * still the one that was verified, so that no session is created after such a change. CONFLICT: the account
 * has changed.
 */
static luci_result_t confirm_account(luci_db_t *db, sign_in_t *sign_in, apr_pool_t *scratch)
{
    const char *user_id = sign_in->session->user.id;
    luci_user_t user;
    luci_result_t result = luci_user_lock(db, user_id, &user, scratch);

    if (result == LUCI_OK && luci_user_is_disabled(&user, sign_in->request->now))
        return LUCI_CONFLICT;
    sign_in->key.user.id = user_id;
    sign_in->demand.user_id = user_id;
    if (result == LUCI_OK)
        result = luci_attempt_limit_confirm(db, sign_in->auth, sign_in->request, &sign_in->key, scratch);
    if (result == LUCI_OK)
        result = spend_step(db, sign_in, scratch);
    if (result == LUCI_OK)
        result =
            luci_auth_ask_factor(db, sign_in->auth->settings, sign_in->request, &sign_in->demand, scratch);
    if (result == LUCI_OK)
        result = tell_device(db, sign_in, &user, scratch);
    if (result == LUCI_OK)
        result = make_room(db, sign_in);
    return result == LUCI_NOT_FOUND ? LUCI_CONFLICT : result;
}

static luci_result_t write_sign_in(luci_db_t *db, void *baton, apr_pool_t *scratch)
{
    sign_in_t *sign_in = baton;
    const luci_settings_t *settings = sign_in->auth->settings;
    const luci_session_t *session = sign_in->session;
    luci_result_t result =
        sign_in->is_sign_up ? insert_account(db, sign_in, scratch) : confirm_account(db, sign_in, scratch);

    sign_in->session->user.lacks = luci_db_columns(db).lacks;
    if (result == LUCI_OK && !has_session(sign_in))
        result = tell_of_waiting(db, sign_in, scratch);
    if (result == LUCI_OK && has_session(sign_in))
        result = luci_session_insert(db, session, settings, &sign_in->request->client, scratch);
    return result == LUCI_OK && sign_in->is_sign_up ? end_old(db, sign_in, scratch) : result;
}

void luci_auth_forget_ended(const luci_auth_t *auth, const luci_auth_request_t *request,
                            const luci_auth_ended_t *ended, apr_pool_t *scratch)
{
    const apr_array_header_t *removed = ended->removed;

    if (request->old_session)
        luci_auth_forget(auth, request->old_session, scratch);
    luci_auth_forget_all(auth, removed, scratch);
    if (ended->result == LUCI_OK && removed && removed->nelts > 0 && !auth->settings->max_sessions)
        luci_event_notice(&auth->events, &(luci_notice_t){ .kind = LUCI_NOTICE_SESSIONS_REMOVED,
                                                           .user_id = ended->user_id,
                                                           .count = removed->nelts });
}

static luci_result_t commit_sign_in(sign_in_t *sign_in, apr_pool_t *pool)
{
    const luci_db_source_t *source = &sign_in->auth->source;
    luci_db_t *db;
    luci_result_t result = source->borrow(source->baton, &db);

    if (result != LUCI_OK)
        return result;
    sign_in->pool = pool;
    result = luci_db_transaction(db, write_sign_in, sign_in, pool);
    if (is_email_there(db, sign_in, result)) {
        sign_in->leaves_email = 1;
        result = luci_db_transaction(db, write_sign_in, sign_in, pool);
    }
    result = explain_attribute(db, sign_in, result);
    source->give_back(source->baton, db);
    if (result == LUCI_OK && sign_in->request->attempt)
        sign_in->request->attempt->device_account = sign_in->device_account;
    if (result == LUCI_OK)
        luci_attempt_limit_say(sign_in->auth, &sign_in->key);
    luci_auth_forget_ended(sign_in->auth, sign_in->request,
                           &(luci_auth_ended_t){ result, sign_in->session->user.id, sign_in->removed }, pool);
    return result;
}

/* The value that the request has for an attribute; NULL: none. */
static const char *signup_value(const luci_settings_t *settings, const luci_auth_request_t *request,
                                const char *name)
{
    if (request->email && strcmp(name, LUCI_EMAIL_COLUMN) == 0)
        return request->email;
    if (request->email && strcmp(name, LUCI_EMAIL_VERIFIED_COLUMN) == 0)
        return "0";
    for (int i = 0; request->attributes && i < settings->signup->nelts; i++) {
        if (strcmp(APR_ARRAY_IDX(settings->signup, i, luci_asked_attribute_t).name, name) == 0)
            return request->attributes[i];
    }
    return NULL;
}

/* The session shows what the table has since the transaction. */
static void show_proof(sign_in_t *sign_in, apr_pool_t *pool)
{
    const luci_settings_t *settings = sign_in->auth->settings;
    luci_user_t *user = &sign_in->session->user;
    const char **attributes =
        apr_pmemdup(pool, user->attributes, sizeof *attributes * (apr_size_t)luci_settings_values(settings));

    for (int i = 0; i < settings->attributes->nelts; i++) {
        if (strcmp(APR_ARRAY_IDX(settings->attributes, i, const char *), LUCI_EMAIL_VERIFIED_COLUMN) == 0)
            attributes[i] = "1";
    }
    user->attributes = attributes;
}

/* Sets *user to a new user with a random id, which is not in the table yet. */
static luci_result_t new_user(const sign_in_t *sign_in, luci_user_t *user, apr_pool_t *pool)
{
    const luci_auth_t *auth = sign_in->auth;
    const luci_auth_request_t *request = sign_in->request;
    const char *username = request->username;
    char *id = apr_palloc(pool, LUCI_USER_ID_LENGTH + 1);
    const char **attributes =
        apr_pcalloc(pool, sizeof *attributes * (apr_size_t)(luci_settings_values(auth->settings) + 1));

    for (int i = 0; i < auth->settings->attributes->nelts; i++) {
        if (strcmp(APR_ARRAY_IDX(auth->settings->attributes, i, const char *), "username") == 0)
            attributes[i] = username;
        else
            attributes[i] = signup_value(auth->settings, request,
                                         APR_ARRAY_IDX(auth->settings->attributes, i, const char *));
    }
    if (auth->settings->groups)
        attributes[auth->settings->attributes->nelts] = sign_in->invitation.groups;
    *user = (luci_user_t){ .id = id, .username = username, .attributes = attributes };
    return luci_secret_random_id(id, LUCI_USER_ID_LENGTH);
}

/* ---- Throttling. An attempt may be refused before the database is read; it is counted when its hash
 * computation starts and again when its outcome is known. ---- */

luci_attempt_t *luci_auth_begin_attempt(const luci_auth_request_t *request)
{
    luci_attempt_t *attempt = request->attempt;

    attempt->address = request->client.address;
    attempt->now = request->now;
    return attempt;
}

/* A request with a device cookie needs the account's current hash to verify the cookie, so that the key is
 * read from the database before the request may be refused. */
static luci_attempt_t *begin_sign_in(const luci_auth_t *auth, const luci_auth_request_t *request,
                                     const char *key_id, apr_pool_t *pool)
{
    luci_attempt_t *attempt = luci_auth_begin_attempt(request);
    luci_key_t key;

    if (auth->throttle && attempt->device && !attempt->device_account &&
        luci_credential_find(auth, key_id, &key, pool) == LUCI_OK)
        attempt->device_account = luci_auth_device_account(key_id, key.stored_hash, pool);
    return attempt;
}

static luci_attempt_outcome_t outcome_of(luci_result_t result)
{
    switch (result) {
    case LUCI_OK: return LUCI_ATTEMPT_SUCCESS;
    case LUCI_NOT_FOUND:
    case LUCI_DENIED:
    case LUCI_CONFLICT: return LUCI_ATTEMPT_FAILURE;
    case LUCI_EXPIRED:
    case LUCI_INVALID:
    case LUCI_THROTTLED:
    case LUCI_BUSY:
    case LUCI_UNAVAILABLE:
    case LUCI_INTERNAL: break;
    }
    return LUCI_ATTEMPT_CANCEL;
}

luci_result_t luci_auth_end_attempt(const luci_auth_t *auth, const luci_auth_request_t *request,
                                    luci_result_t result, apr_pool_t *scratch)
{
    if (request->attempt)
        luci_throttle_end(auth->throttle, request->attempt, outcome_of(result), scratch);
    return result;
}

static luci_result_t look_sign_up(const luci_auth_t *auth, const luci_auth_request_t *request,
                                  apr_pool_t *pool)
{
    return request->attempt && !request->is_uncounted
               ? luci_throttle_look_sign_up(auth->throttle, luci_auth_begin_attempt(request), pool)
               : LUCI_OK;
}

luci_result_t luci_auth_look_sign_in(const luci_auth_t *auth, const luci_auth_request_t *request,
                                     apr_pool_t *pool)
{
    const char *key_id = request->key_id;

    return request->attempt
               ? luci_throttle_look(auth->throttle, begin_sign_in(auth, request, key_id, pool), key_id, pool)
               : LUCI_OK;
}

luci_result_t luci_auth_look(const luci_auth_t *auth, luci_auth_request_t *request, int is_sign_up,
                             apr_pool_t *pool)
{
    luci_field_t field;
    luci_result_t result = is_sign_up ? check_new(auth, request, &field, pool)
                                      : check_typed(auth->settings, request, &field, pool);

    if (result == LUCI_OK)
        result = find_typed_key_id(auth, request, &request->key_id, pool);
    if (result != LUCI_OK)
        return result;
    return is_sign_up ? look_sign_up(auth, request, pool) : luci_auth_look_sign_in(auth, request, pool);
}

/* Arguments of the functions that count an attempt; the hasher calls them immediately before it hashes. */
typedef struct {
    const luci_auth_t *auth;
    const luci_auth_request_t *request;
    apr_pool_t *pool;
} count_t;

static luci_result_t count_sign_up(void *baton)
{
    const count_t *count = baton;
    luci_attempt_t *attempt = count->request->attempt;

    return attempt && !count->request->is_uncounted
               ? luci_throttle_sign_up(count->auth->throttle, attempt, count->pool)
               : LUCI_OK;
}

static luci_result_t count_sign_in(void *baton)
{
    const count_t *count = baton;
    luci_attempt_t *attempt = count->request->attempt;

    return attempt
               ? luci_throttle_sign_in(count->auth->throttle, attempt, count->request->key_id, count->pool)
               : LUCI_OK;
}

luci_result_t luci_auth_device(const luci_auth_t *auth, const luci_auth_request_t *request,
                               const char **value, apr_pool_t *pool)
{
    const luci_throttle_t *throttle = auth->throttle;
    const luci_attempt_t *attempt = request->attempt;

    luci_device_t device;

    if (!luci_auth_has_devices(auth) || !attempt || !attempt->device_account)
        return LUCI_NOT_FOUND;
    device = luci_throttle_device(throttle, attempt->device_account, request->now);
    return luci_device_renew(&device, attempt->device, value, pool);
}

/* CONFLICT: the name is taken. No hash is computed then, but the attempt is counted, which limits how many
 * names a client can probe. The transaction detects a name that is taken after this check. */
static luci_result_t find_taken(const luci_auth_t *auth, const luci_auth_request_t *request,
                                const char *key_id, apr_pool_t *pool)
{
    count_t count = { .auth = auth, .request = request, .pool = pool };
    luci_key_t taken;
    luci_result_t result = luci_credential_find(auth, key_id, &taken, pool);

    if (result == LUCI_OK)
        result = count_sign_up(&count);
    else if (result == LUCI_NOT_FOUND)
        return LUCI_OK;
    return result == LUCI_OK ? LUCI_CONFLICT : result;
}

/* DENIED: the invitation cannot be used. The attempt is counted then, as above. */
static luci_result_t find_invitation(sign_in_t *sign_in, apr_pool_t *pool)
{
    const luci_auth_request_t *request = sign_in->request;
    const luci_db_source_t *source = &sign_in->auth->source;
    count_t count = { .auth = sign_in->auth, .request = request, .pool = pool };
    luci_db_t *db;
    luci_result_t result = request->needs_invitation ? source->borrow(source->baton, &db) : LUCI_OK;

    if (result != LUCI_OK || !request->needs_invitation)
        return result;
    result = luci_invitation_find(db, request->invitation, request->now, &sign_in->invitation, pool);
    source->give_back(source->baton, db);
    if (result != LUCI_NOT_FOUND)
        return result;
    result = count_sign_up(&count);
    return result == LUCI_OK ? LUCI_DENIED : result;
}

/* Stores a new account with its keys and its session. */
static luci_result_t store_account(sign_in_t *sign_in, luci_auth_request_t *request, luci_field_t *field,
                                   apr_pool_t *pool)
{
    luci_user_t user;
    luci_result_t result = new_user(sign_in, &user, pool);

    if (result == LUCI_OK)
        result = luci_session_new(sign_in->session, &user, sign_in->auth->settings, request->now, pool);
    if (result != LUCI_OK)
        return result;
    sign_in->is_sign_up = 1;
    request->is_own_sign_up = 1;
    result = commit_sign_in(sign_in, pool);
    if (result == LUCI_OK && sign_in->is_email_proved)
        show_proof(sign_in, pool);
    if (sign_in->is_refused) {
        *field = LUCI_FIELD_ATTRIBUTE;
        request->refused = sign_in->attribute;
    }
    return result;
}

static luci_result_t sign_up(const luci_auth_t *auth, luci_auth_request_t *request, luci_session_t *session,
                             luci_field_t *field, apr_pool_t *pool)
{
    sign_in_t sign_in = { .auth = auth, .request = request, .session = session };
    count_t count = { .auth = auth, .request = request, .pool = pool };
    luci_credential_t credential = { .kind = &luci_credential_password,
                                     .presented = request->password,
                                     .start = count_sign_up,
                                     .start_baton = &count };
    char *stored;
    luci_result_t result = check_new(auth, request, field, pool);

    if (result == LUCI_OK)
        result = find_key_id(request, &sign_in.key.id, pool);
    if (result == LUCI_OK)
        result = look_sign_up(auth, request, pool);
    if (result == LUCI_OK)
        result = find_invitation(&sign_in, pool);
    if (result == LUCI_OK)
        result = find_taken(auth, request, sign_in.key.id, pool);
    if (result == LUCI_OK)
        result = luci_credential_hash(auth, &credential, &stored, pool);
    if (result != LUCI_OK)
        return result;
    sign_in.key.stored_hash = stored;
    return store_account(&sign_in, request, field, pool);
}

static luci_result_t sign_up_adopted(sign_in_t *sign_in, luci_auth_request_t *request, luci_field_t *field,
                                     apr_pool_t *pool)
{
    count_t count = { .auth = sign_in->auth, .request = request, .pool = pool };
    luci_result_t result = luci_auth_check_name(sign_in->auth, request, pool);

    *field = result == LUCI_OK ? LUCI_FIELD_NONE : LUCI_FIELD_USERNAME;
    if (result == LUCI_OK)
        result = luci_key_id(request->username, &sign_in->key.id, pool);
    if (result == LUCI_OK)
        result = look_sign_up(sign_in->auth, request, pool);
    if (result == LUCI_OK)
        result = find_taken(sign_in->auth, request, sign_in->key.id, pool);
    if (result == LUCI_OK)
        result = count_sign_up(&count);
    return result == LUCI_OK ? store_account(sign_in, request, field, pool) : result;
}

luci_result_t luci_auth_sign_up_adopted(const luci_auth_t *auth, luci_auth_request_t *request,
                                        luci_session_t *session, luci_field_t *field, apr_pool_t *pool)
{
    sign_in_t sign_in = { .auth = auth, .request = request, .session = session, .adopted = request->key_id };

    return luci_auth_end_attempt(auth, request, sign_up_adopted(&sign_in, request, field, pool), pool);
}

luci_reason_t luci_auth_reason_of_sign_up(luci_result_t result, luci_field_t field, luci_weakness_t weakness)
{
    return result == LUCI_INVALID    ? invalid_new(field, weakness)
           : result == LUCI_CONFLICT ? taken(field)
           : result == LUCI_DENIED   ? LUCI_REASON_INVALID_LINK
                                     : luci_reason_of(result);
}

luci_result_t luci_auth_sign_up(const luci_auth_t *auth, luci_auth_request_t *request,
                                luci_session_t *session, luci_field_t *field, apr_pool_t *pool)
{
    luci_event_t event = { .kind = LUCI_EVENT_SIGN_UP, .at = request->now };
    luci_result_t result =
        luci_auth_end_attempt(auth, request, sign_up(auth, request, session, field, pool), pool);

    event.reason = luci_auth_reason_of_sign_up(result, *field, request->weakness);
    if (result == LUCI_OK) {
        request->is_waiting = request->needs_approval;
        if (request->needs_invitation)
            luci_event_tag(request->invitation, event.invitation);
        luci_auth_report(auth, &event, &session->user, request->is_waiting ? NULL : session);
        return result;
    }
    if (event.reason == LUCI_REASON_NAME_TAKEN)
        event.account = request->username;
    luci_event_report(&auth->events, &event);
    return result;
}

/* ---- Second factors ---- */

/* With LuciaPasskeys only, the password of a user who has a passkey is good for nothing. */
static luci_result_t ask_passkey(luci_db_t *db, luci_factor_demand_t *demand, apr_pool_t *scratch)
{
    int has = 0;
    luci_result_t result = luci_passkey_has_any(db, demand->user_id, &has, scratch);

    if (result != LUCI_OK || !has)
        return result;
    demand->kinds = LUCI_FACTOR_PASSKEY;
    return LUCI_DENIED;
}

/* The handle may have the settings of another server, which shares its pool. */
luci_result_t luci_auth_ask_factor(luci_db_t *db, const luci_settings_t *settings,
                                   const luci_auth_request_t *request, luci_factor_demand_t *demand,
                                   apr_pool_t *scratch)
{
    luci_result_t result = LUCI_OK;

    demand->kinds = 0;
    if (settings->passkeys == LUCI_PASSKEYS_ONLY)
        result = ask_passkey(db, demand, scratch);
    if (result != LUCI_OK || request->has_second_factor || settings->second_factor == LUCI_SECOND_FACTOR_OFF)
        return result;
    result = luci_factor_kinds(db, demand->user_id, &demand->kinds, scratch);
    return result == LUCI_OK && demand->kinds ? LUCI_DENIED : result;
}

int luci_auth_demand(luci_factor_demand_t *demand, const luci_auth_request_t *request,
                     luci_verdict_t *verdict)
{
    if (!demand->kinds)
        return 0;
    demand->user_id = verdict->user.id;
    demand->key_id = request->key_id;
    demand->stored_hash = verdict->stored_hash;
    verdict->reason = LUCI_REASON_FACTOR_MISSING;
    return 1;
}

luci_result_t luci_auth_admit(const luci_auth_t *auth, luci_auth_request_t *request,
                              const luci_verdict_t *verdict, luci_session_t *session, apr_pool_t *pool)
{
    sign_in_t sign_in = { .auth = auth,
                          .request = request,
                          .session = session,
                          .key = { .id = request->key_id, .stored_hash = verdict->stored_hash } };
    luci_result_t result = luci_session_new(session, &verdict->user, auth->settings, request->now, pool);

    session->factors = request->has_second_factor ? 2 : 1;
    if (result == LUCI_OK)
        result = commit_sign_in(&sign_in, pool);
    request->demand.kinds = result == LUCI_DENIED ? sign_in.demand.kinds : 0;
    return result;
}

typedef struct {
    const luci_auth_t *auth;
    luci_auth_request_t *request;
    luci_session_t *session;
    apr_pool_t *pool;
} admission_t;

/* Creates a session for the user whose password was verified. */
static luci_result_t admit(void *baton, const luci_verdict_t *verdict)
{
    const admission_t *admission = baton;

    return luci_auth_admit(admission->auth, admission->request, verdict, admission->session, admission->pool);
}

/* The hook of luci_credential_t. */
static int is_locked(void *baton, const luci_key_t *key)
{
    const count_t *count = baton;

    return luci_attempt_limit_is_reached(count->auth, count->request, key, count->pool);
}

/* Checks a password, and counts it if it is wrong. */
static luci_result_t check_counted(const luci_auth_t *auth, const luci_auth_request_t *request,
                                   const luci_credential_t *credential, luci_verdict_t *verdict,
                                   apr_pool_t *pool)
{
    luci_result_t result = luci_credential_check(auth, credential, verdict, pool);

    if (result == LUCI_DENIED || result == LUCI_NOT_FOUND)
        luci_attempt_limit_failed(auth, request, verdict, pool);
    return result;
}

luci_result_t luci_auth_store_as_checked(const luci_auth_t *auth, const luci_auth_request_t *request,
                                         const luci_auth_storing_t *storing, luci_verdict_t *verdict)
{
    count_t count = { .auth = auth, .request = request, .pool = storing->pool };
    luci_credential_t again = { .kind = &luci_credential_password,
                                .key_id = request->key_id,
                                .presented = request->password,
                                .now = request->now,
                                .start_baton = &count,
                                .is_locked = is_locked };
    luci_result_t checked = LUCI_OK, result = storing->store(storing->baton, verdict);

    for (int checks = 1; result == LUCI_CONFLICT && checks < CHECKS_MAX; checks++) {
        checked = check_counted(auth, request, &again, verdict, storing->pool);
        result = checked == LUCI_OK ? storing->store(storing->baton, verdict) : checked;
    }
    if (result == LUCI_CONFLICT)
        result = LUCI_BUSY;
    if (checked == LUCI_OK)
        verdict->reason = luci_reason_of(result);
    return result;
}

luci_result_t luci_auth_verify(const luci_auth_t *auth, const luci_auth_request_t *request,
                               luci_verdict_t *verdict, apr_pool_t *pool)
{
    count_t count = { .auth = auth, .request = request, .pool = pool };
    luci_credential_t credential = { .kind = &luci_credential_password,
                                     .key_id = request->key_id,
                                     .presented = request->password,
                                     .start = count_sign_in,
                                     .start_baton = &count,
                                     .now = request->now,
                                     .is_locked = is_locked };
    luci_result_t result = luci_auth_look_sign_in(auth, request, pool);

    if (result == LUCI_OK)
        return check_counted(auth, request, &credential, verdict, pool);
    verdict->reason = luci_reason_of(result);
    return result;
}

/* Normalises the name that was typed, checks the lengths of name and password, and computes the key id. */
static luci_result_t take_name(const luci_auth_t *auth, luci_auth_request_t *request, luci_field_t *field,
                               luci_verdict_t *verdict, apr_pool_t *pool)
{
    const char *typed = request->username;
    luci_result_t result = luci_credential_resolve_name(auth, &request->username, pool);

    *field = LUCI_FIELD_NONE;
    if (request->username != typed)
        request->key_id = NULL;
    if (result == LUCI_OK)
        result = check_typed(auth->settings, request, field, pool);
    if (result == LUCI_OK)
        result = find_typed_key_id(auth, request, &request->key_id, pool);
    verdict->reason = result == LUCI_INVALID ? invalid(*field) : luci_reason_of(result);
    return result;
}

luci_result_t luci_auth_sign_in(const luci_auth_t *auth, luci_auth_request_t *request,
                                luci_session_t *session, luci_field_t *field, apr_pool_t *pool)
{
    luci_event_t event = { .kind = LUCI_EVENT_SIGN_IN, .at = request->now };
    luci_verdict_t verdict = { 0 };
    luci_auth_request_t known = *request; /* with the name and its key id */
    admission_t admission = { auth, &known, session, pool };
    luci_auth_storing_t storing = { admit, &admission, pool };
    luci_result_t result = take_name(auth, &known, field, &verdict, pool);
    int is_asked;

    request->username = known.username;
    if (result == LUCI_OK)
        result = luci_auth_verify(auth, &known, &verdict, pool);
    if (result == LUCI_OK)
        result = luci_auth_store_as_checked(auth, &known, &storing, &verdict);
    is_asked = result == LUCI_DENIED && luci_auth_demand(&known.demand, &known, &verdict);
    request->demand = known.demand;
    request->is_waiting =
        verdict.reason == LUCI_REASON_DISABLED && verdict.user.disabled_from == LUCI_USER_WAITING;
    luci_auth_end_attempt(auth, request, is_asked ? LUCI_OK : result, pool);
    event.reason = verdict.reason;
    luci_auth_report(auth, &event, &verdict.user, result == LUCI_OK ? session : NULL);
    return result == LUCI_NOT_FOUND ? LUCI_DENIED : result;
}

/* ---- A sign-up form that was submitted twice ---- */

/* *is_just_made stays 0 without the column created_at, because the account's age is unknown, and where
 * counting its sessions would scan a large table. */
static luci_result_t find_just_made(luci_db_t *db, const luci_auth_request_t *request, const char *key_id,
                                    int *is_just_made, apr_pool_t *pool)
{
    const char *const *row;
    luci_key_t key;
    luci_user_t user;
    luci_ms_t age;
    int can_find = 0;
    luci_result_t result = luci_key_get(db, key_id, &key, pool);

    *is_just_made = 0;
    if (result != LUCI_OK || strcmp(key.user.username, request->username) != 0)
        return result;
    result = luci_user_get(db, key.user.id, &user, pool);
    if (result != LUCI_OK || !user.created_at)
        return result;
    age = request->now - luci_timestamp_clamp(luci_sql_to_number(user.created_at, 0));
    if (age >= LUCI_TWICE_WITHIN || age <= -LUCI_TWICE_WITHIN)
        return LUCI_OK;
    *is_just_made = user.disabled_from == LUCI_USER_WAITING;
    if (*is_just_made)
        return LUCI_OK;
    result = luci_db_finds_sessions(db, &can_find, pool);
    if (result != LUCI_OK || !can_find)
        return result;
    result = luci_db_select(db, &luci_sql_sessions_count, LUCI_ARGUMENTS({ "user", user.id }), &row, pool);
    if (result == LUCI_OK)
        *is_just_made = luci_sql_to_number(row[0], 0) > 0;
    return result;
}

luci_result_t luci_auth_sign_up_twice(const luci_auth_t *auth, luci_auth_request_t *request,
                                      luci_session_t *session, apr_pool_t *pool)
{
    luci_field_t field;
    const char *key_id;
    luci_db_t *db;
    int is_just_made = 0;
    luci_result_t result = find_key_id(request, &key_id, pool);

    if (result == LUCI_OK)
        result = auth->source.borrow(auth->source.baton, &db);
    if (result != LUCI_OK)
        return LUCI_CONFLICT;
    result = find_just_made(db, request, key_id, &is_just_made, pool);
    auth->source.give_back(auth->source.baton, db);
    if (result != LUCI_OK || !is_just_made)
        return LUCI_CONFLICT;
    request->is_own_sign_up = 1;
    return luci_auth_sign_in(auth, request, session, &field, pool) == LUCI_OK ? LUCI_OK : LUCI_CONFLICT;
}

/* ---- Password checks without a session (HTTP Basic, where each request carries the password) ---- */

static luci_result_t pass(void *baton, const luci_verdict_t *verdict)
{
    const count_t *count = baton;

    return luci_attempt_limit_passed(count->auth, count->request, verdict, count->pool);
}

luci_result_t luci_auth_verify_alone(const luci_auth_t *auth, const luci_auth_request_t *request,
                                     luci_verdict_t *verdict, apr_pool_t *pool)
{
    count_t count = { .auth = auth, .request = request, .pool = pool };
    luci_auth_storing_t storing = { pass, &count, pool };
    luci_result_t result = luci_auth_verify(auth, request, verdict, pool);

    return result == LUCI_OK ? luci_auth_store_as_checked(auth, request, &storing, verdict) : result;
}

/* Verifies the password and stores the result in the password memory, bound to the row that it was verified
 * against. */
static luci_result_t verify_anew(const luci_auth_t *auth, const luci_auth_request_t *request,
                                 luci_password_check_t *check, luci_verdict_t *verdict, apr_pool_t *pool)
{
    luci_auth_request_t again = *request;
    luci_key_t key;
    luci_result_t result;

    again.was_wrong = check->was_wrong;
    result = luci_auth_verify_alone(auth, &again, verdict, pool);
    key = (luci_key_t){ .stored_hash = verdict->stored_hash, .user = verdict->user };
    check->key = key.user.id ? &key : NULL;
    luci_password_settle(auth->passwords, check, result, verdict->reason, pool);
    check->key = NULL;
    return result;
}

/* The throttle is consulted before the password memory, so that a throttled client cannot learn from
 * remembered results whether a guess is right. */
static luci_result_t recall(const luci_auth_t *auth, const luci_auth_request_t *request,
                            luci_verdict_t *verdict, apr_pool_t *pool)
{
    luci_password_check_t check = { .password = request->password, .now = request->now };
    luci_key_t key = { 0 };
    luci_result_t found, result = luci_auth_look_sign_in(auth, request, pool);

    found = result == LUCI_OK ? luci_credential_find(auth, request->key_id, &key, pool) : result;
    if (found == LUCI_OK || found == LUCI_NOT_FOUND) {
        verdict->user = key.user;
        check.key_id = request->key_id;
        check.key = found == LUCI_OK ? &key : NULL;
        check.is_locked = found == LUCI_OK && luci_attempt_limit_is_reached(auth, request, &key, pool);
        result = luci_password_recall(auth->passwords, &check, &verdict->reason, pool);
        if (result == LUCI_EXPIRED)
            return verify_anew(auth, request, &check, verdict, pool);
        found = result;
        verdict->right_until = result == LUCI_OK ? check.until : 0;
        verdict->is_repeated = result == LUCI_OK || result == LUCI_DENIED || result == LUCI_NOT_FOUND;
    }
    if (found == LUCI_INTERNAL || found == LUCI_THROTTLED || found == LUCI_BUSY || found == LUCI_UNAVAILABLE)
        verdict->reason = luci_reason_of(found);
    return found;
}

/* As of passwords, nothing is learnt of app passwords while the throttle refuses the attempt. */
static luci_result_t check_app_password(const luci_auth_t *auth, const luci_auth_request_t *request,
                                        luci_verdict_t *verdict, apr_pool_t *pool)
{
    luci_app_access_t *app = request->app;
    luci_result_t result;

    if (!may_be_app_password(request))
        return LUCI_NOT_FOUND;
    app->text = request->password;
    app->key_id = request->key_id;
    app->now = request->now;
    result = luci_auth_look_sign_in(auth, request, pool);
    if (result == LUCI_OK)
        result = luci_app_access_find(auth, app, pool);
    if (result == LUCI_OK || app->denial == LUCI_REASON_UNVERIFIED)
        verdict->user = app->user;
    verdict->reason = result == LUCI_DENIED ? app->denial : luci_reason_of(result);
    return result;
}

/* What is no app password of the user, or that of a disabled one, goes the way of a wrong password, and takes
 * as long. An app password of an account whose address is not verified yet is right, and must not count as a
 * wrong password: the user's programs would lock the account. */
static luci_result_t check_either(const luci_auth_t *auth, const luci_auth_request_t *request,
                                  luci_verdict_t *verdict, apr_pool_t *pool)
{
    luci_result_t result, app = check_app_password(auth, request, verdict, pool);

    if ((app != LUCI_NOT_FOUND && app != LUCI_DENIED) || verdict->reason == LUCI_REASON_UNVERIFIED)
        return app;
    result = auth->passwords ? recall(auth, request, verdict, pool)
                             : luci_auth_verify_alone(auth, request, verdict, pool);
    if (app == LUCI_DENIED && verdict->reason == LUCI_REASON_WRONG_PASSWORD)
        verdict->reason = LUCI_REASON_DISABLED;
    return result == LUCI_OK ? luci_app_access_alone(auth, verdict, pool) : result;
}

/* Checks a password that this process does not know to be right. */
static luci_result_t check_unknown(const luci_auth_t *auth, luci_auth_request_t *request,
                                   luci_verdict_t *verdict, apr_pool_t *pool)
{
    luci_field_t field;
    luci_auth_request_t known = *request; /* with the name and its key id */
    luci_right_password_t right = { .user = &verdict->user, .changes = luci_known_password_changes(auth) };
    luci_result_t result = take_name(auth, &known, &field, verdict, pool);

    request->username = known.username;
    if (result == LUCI_INVALID)
        result = LUCI_DENIED;
    else if (result == LUCI_OK)
        result = check_either(auth, &known, verdict, pool);
    right.until = verdict->right_until;
    if (result == LUCI_OK && right.until > request->now)
        luci_known_password_keep(auth, &known, &right, pool);
    if (result != LUCI_NOT_FOUND)
        luci_auth_end_attempt(auth, request, verdict->reason == LUCI_REASON_UNVERIFIED ? LUCI_OK : result,
                              pool);
    return result;
}

luci_result_t luci_auth_check(const luci_auth_t *auth, luci_auth_request_t *request, luci_user_t *user,
                              apr_pool_t *pool)
{
    luci_event_t event = { .kind = LUCI_EVENT_PASSWORD_CHECK, .at = request->now };
    luci_verdict_t verdict = { 0 };
    luci_result_t result = luci_known_password_find(auth, request, &verdict.user, pool);

    if (result != LUCI_OK)
        result = check_unknown(auth, request, &verdict, pool);
    event.reason = verdict.reason;
    event.is_repeated = verdict.is_repeated && result != LUCI_OK;
    luci_auth_report(auth, &event, &verdict.user, NULL);
    *user = verdict.user;
    return result;
}

luci_result_t luci_auth_check_app(const luci_auth_t *auth, luci_app_access_t *app, apr_pool_t *pool)
{
    luci_event_t event = { .kind = LUCI_EVENT_PASSWORD_CHECK, .at = app->now };
    luci_result_t result = luci_app_access_find(auth, app, pool);

    event.reason = app->denial;
    if (result == LUCI_OK || result == LUCI_DENIED)
        luci_auth_report(auth, &event, &app->user, NULL);
    return result;
}

/* ---- Sign-out ---- */

luci_result_t luci_auth_sign_out(const luci_auth_t *auth, const luci_session_t *session, luci_ms_t now,
                                 apr_pool_t *pool)
{
    luci_event_t event = { .kind = LUCI_EVENT_SIGN_OUT, .at = now };
    luci_db_t *db;
    luci_result_t result = auth->source.borrow(auth->source.baton, &db);

    if (result == LUCI_OK) {
        result = luci_session_delete(db, &session->token, auth->settings, pool);
        auth->source.give_back(auth->source.baton, db);
        luci_auth_forget(auth, &session->token, pool); /* even on an error: the row may have been deleted */
    }
    event.reason = result == LUCI_NOT_FOUND ? LUCI_REASON_NO_SESSION : luci_reason_of(result);
    luci_auth_report(auth, &event, &session->user, session);
    return result;
}

/* ---- Validation ---- */

/* The writes that a validation may make, indexes of an array of their results. NOT_FOUND: the write was not
 * due, or a concurrent request made it. */
enum { HASHED, RENEWED, REMOVED, CHANGES };

static const luci_event_kind_t change_events[CHANGES] = {
    [HASHED] = LUCI_EVENT_MIGRATION,
    [RENEWED] = LUCI_EVENT_RENEWAL,
    [REMOVED] = LUCI_EVENT_EXPIRY,
};

typedef struct {
    luci_result_t of[CHANGES];
} changes_t;

static const changes_t no_changes = { { LUCI_NOT_FOUND, LUCI_NOT_FOUND, LUCI_NOT_FOUND } };

static changes_t change(luci_db_t *db, const luci_auth_t *auth, const luci_session_claim_t *claim,
                        luci_session_t *session, apr_pool_t *pool)
{
    changes_t changes = no_changes;

    if (session->state == LUCI_SESSION_EXPIRED && claim->may_write)
        changes.of[REMOVED] = luci_session_delete(db, claim->token, auth->settings, pool);
    if (session->state == LUCI_SESSION_EXPIRED || claim->is_ending)
        return changes;
    if (session->is_unhashed && claim->may_migrate) {
        changes.of[HASHED] = luci_session_hash_stored_id(db, session, auth->settings, pool);
        session->is_unhashed = session->is_unhashed && changes.of[HASHED] != LUCI_NOT_FOUND;
    }
    if (session->state == LUCI_SESSION_IDLE && !session->is_unhashed && claim->may_write)
        changes.of[RENEWED] = luci_session_renew(db, session, auth->settings, claim->now, pool);
    return changes;
}

/* Returns the result of the last write that failed, or OK. */
static luci_result_t report_changes(const luci_auth_t *auth, const luci_session_t *session, luci_ms_t now,
                                    const changes_t *changes)
{
    luci_result_t written = LUCI_OK;

    for (int i = 0; i < CHANGES; i++) {
        luci_event_t event = { .kind = change_events[i],
                               .at = now,
                               .reason = luci_reason_of(changes->of[i]) };

        if (changes->of[i] == LUCI_NOT_FOUND)
            continue;
        luci_auth_report(auth, &event, &session->user, session);
        if (changes->of[i] != LUCI_OK)
            written = changes->of[i];
    }
    return written;
}

/* Reads the session of a claim, and migrates, renews or deletes its row when that is due. */
static luci_result_t look_up(const luci_auth_t *auth, const luci_session_claim_t *claim,
                             luci_session_t *session, luci_result_t *written, apr_pool_t *pool)
{
    changes_t changes = no_changes;
    luci_db_t *db;
    luci_result_t result = auth->source.borrow(auth->source.baton, &db);

    if (result != LUCI_OK)
        return result;
    result = luci_session_get(db, claim, auth->settings, session, pool);
    if (result == LUCI_OK || result == LUCI_EXPIRED)
        changes = change(db, auth, claim, session, pool);
    auth->source.give_back(auth->source.baton, db);
    *written = report_changes(auth, session, claim->now, &changes);
    return result;
}

/* Whether a record of the one session would show the same user as one of the other. */
static int shows_same_user(const luci_auth_t *auth, const luci_user_t *a, const luci_user_t *b)
{
    int is_same = strcmp(a->username, b->username) == 0;

    for (int i = 0; is_same && i < luci_settings_values(auth->settings); i++)
        is_same = luci_text_is_same(a->attributes[i], b->attributes[i]);
    return is_same;
}

/* Stores a session, which was read when its change counter was counted, in the cache. Then its row is read
 * again, unless neither it nor its user can have been changed since (session_cache.h explains why). If the
 * second read is impossible, the first one counts. */
static luci_result_t keep(const luci_auth_t *auth, const luci_session_claim_t *claim,
                          const luci_session_t *session, apr_uint32_t counted, apr_pool_t *scratch)
{
    luci_session_claim_t again = { .token = claim->token, .now = claim->now };
    luci_session_t now_there;
    luci_result_t result, written;

    result = luci_session_cache_keep(auth->cache, session, claim->now, scratch);
    if (result == LUCI_OK && luci_session_cache_is_unchanged(auth->cache, claim->token, counted))
        return LUCI_OK;
    if (result != LUCI_OK && result != LUCI_UNAVAILABLE)
        return LUCI_OK;
    result = look_up(auth, &again, &now_there, &written, scratch);
    if (result == LUCI_OK && shows_same_user(auth, &session->user, &now_there.user))
        return LUCI_OK;
    luci_auth_forget(auth, claim->token, scratch);
    return result == LUCI_BUSY || result == LUCI_UNAVAILABLE ? LUCI_OK : result;
}

luci_result_t luci_auth_recall(const luci_auth_t *auth, const char *id, luci_ms_t now,
                               luci_session_t *session, apr_pool_t *pool)
{
    return auth->cache ? luci_session_cache_recall(auth->cache, id, now, session, pool) : LUCI_NOT_FOUND;
}

luci_result_t luci_auth_validate(const luci_auth_t *auth, const luci_session_claim_t *claim,
                                 luci_session_t *session, luci_result_t *written, apr_pool_t *pool)
{
    apr_uint32_t counted;
    luci_result_t result;

    *written = LUCI_OK;
    if (auth->cache && luci_session_cache_find(auth->cache, claim, session, pool) == LUCI_OK)
        return LUCI_OK;
    counted = auth->cache ? luci_session_cache_counter(auth->cache, claim->token) : 0;
    result = look_up(auth, claim, session, written, pool);
    if (result == LUCI_OK && auth->cache && session->state == LUCI_SESSION_ACTIVE)
        result = keep(auth, claim, session, counted, pool);
    return result;
}
