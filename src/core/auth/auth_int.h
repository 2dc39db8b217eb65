/* SPDX-License-Identifier: Apache-2.0 */
/* What the use cases of this folder share. */
#ifndef LUCI_AUTH_INT_H
#define LUCI_AUTH_INT_H

#include "core/auth/credential.h"
#include "core/auth/device_account.h"

/* Removes a session from each cache that may hold it, after its row was removed
 * (session_cache.h). */
void luci_auth_forget(const luci_auth_t *auth, const luci_session_token_t *token, apr_pool_t *scratch);

/* The same for an array of luci_session_token_t; NULL: none. */
void luci_auth_forget_all(const luci_auth_t *auth, const apr_array_header_t *tokens, apr_pool_t *scratch);

/* A sign-in's transaction, after which sessions may have ended. */
typedef struct {
    luci_result_t result;
    const char *user_id;
    const apr_array_header_t *removed; /* of luci_session_token_t: those that luci_session_make_room deleted;
                                          NULL: none */
} luci_auth_ended_t;

/* Removes what has ended from the caches: the session that came with the request, and those that made room.
 * The caches forget on errors, too, because the rows may have been deleted. The limit of the module itself is
 * worth a notice, one that an administrator has set is not. */
void luci_auth_forget_ended(const luci_auth_t *auth, const luci_auth_request_t *request,
                            const luci_auth_ended_t *ended, apr_pool_t *scratch);

/* Reports an event about a user, whose fields may be NULL, and a session, which may be NULL. */
void luci_auth_report(const luci_auth_t *auth, luci_event_t *event, const luci_user_t *user,
                      const luci_session_t *session);

/* In the transaction of a change: queues the notice that tells the user of it (core/mail_notice), with the
 * origin of the request. */
luci_result_t luci_auth_tell(luci_db_t *db, const luci_auth_t *auth, luci_mail_notice_t *notice,
                             apr_pool_t *scratch) LUCI_MUST_USE;

/* luci_new_password_check, once for a request; also reports that the block list cannot be read. Sets
 * request->weakness and is_allowed. */
luci_result_t luci_auth_check_password(const luci_auth_t *auth, const luci_new_password_t *wanted,
                                       luci_auth_request_t *request, apr_pool_t *pool) LUCI_MUST_USE;

/* 1: with LuciaEmail, no user may take this name, which has an "@" and is not the user's own address (NULL:
 * none): others would take the user for the owner of that address. */
int luci_auth_is_foreign_address(const luci_settings_t *settings, const char *username, const char *own,
                                 apr_pool_t *scratch);

/* OK if a sign-up may have request->username, otherwise INVALID; sets request->is_address. */
luci_result_t luci_auth_check_name(const luci_auth_t *auth, luci_auth_request_t *request,
                                   apr_pool_t *pool) LUCI_MUST_USE;

/* luci_auth_sign_up for someone whom another module has identified: the account has no password, and beside
 * the key of its name another one, request->key_id. CONFLICT: also if that key is taken. Reports no event. */
luci_result_t luci_auth_sign_up_adopted(const luci_auth_t *auth, luci_auth_request_t *request,
                                        luci_session_t *session, luci_field_t *field,
                                        apr_pool_t *pool) LUCI_MUST_USE;

/* The reason of the event of a sign-up. */
luci_reason_t luci_auth_reason_of_sign_up(luci_result_t result, luci_field_t field, luci_weakness_t weakness);

/* The reason of a new password that is not allowed. */
luci_reason_t luci_auth_reason_of_weakness(luci_weakness_t weakness);

/* Sets the client's address and the time of request->attempt, which must not be NULL, and returns it. */
luci_attempt_t *luci_auth_begin_attempt(const luci_auth_request_t *request);

/* Tells whether the throttle would refuse a check of the request's password. request->key_id must be set. */
luci_result_t luci_auth_look_sign_in(const luci_auth_t *auth, const luci_auth_request_t *request,
                                     apr_pool_t *pool) LUCI_MUST_USE;

/* Verifies name and password, unless the throttle refuses the attempt; the caller must call
 * luci_auth_end_attempt. request->key_id must be set. Results as luci_credential_check, and THROTTLED. */
luci_result_t luci_auth_verify(const luci_auth_t *auth, const luci_auth_request_t *request,
                               luci_verdict_t *verdict, apr_pool_t *pool) LUCI_MUST_USE;

/* luci_auth_verify for a check that stores no session. */
luci_result_t luci_auth_verify_alone(const luci_auth_t *auth, const luci_auth_request_t *request,
                                     luci_verdict_t *verdict, apr_pool_t *pool) LUCI_MUST_USE;

/* In a transaction that holds the user's lock: DENIED if the user, demand->user_id, has a second factor that
 * the request has not proved; demand->kinds says which, and its other members are set by luci_auth_demand.
 * With LuciaPasskeys only, a user who has a passkey is denied in any case. Reads nothing without either. */
luci_result_t luci_auth_ask_factor(luci_db_t *db, const luci_settings_t *settings,
                                   const luci_auth_request_t *request, luci_factor_demand_t *demand,
                                   apr_pool_t *scratch) LUCI_MUST_USE;

/* Completes a demand with what was verified, and returns 1; 0: there is none. */
int luci_auth_demand(luci_factor_demand_t *demand, const luci_auth_request_t *request,
                     luci_verdict_t *verdict);

/* Creates a session for the user of a verdict, as luci_auth_sign_in does, and spends request->step. CONFLICT:
 * the account is not the one of the verdict any more, or the step is not open any more. */
luci_result_t luci_auth_admit(const luci_auth_t *auth, luci_auth_request_t *request,
                              const luci_verdict_t *verdict, luci_session_t *session,
                              apr_pool_t *pool) LUCI_MUST_USE;

/* What a verified password allows. store writes it, in a transaction that looks again whether the account is
 * the one of the verdict; CONFLICT: it is not. */
typedef struct {
    luci_result_t (*store)(void *baton, const luci_verdict_t *verdict);
    void *baton;
    apr_pool_t *pool;
} luci_auth_storing_t;

/* Calls store. If the account has changed since the password was verified, verifies it again, so that the
 * result describes the account's current state. Sets verdict->reason. BUSY: it changed again and again. */
luci_result_t luci_auth_store_as_checked(const luci_auth_t *auth, const luci_auth_request_t *request,
                                         const luci_auth_storing_t *storing,
                                         luci_verdict_t *verdict) LUCI_MUST_USE;

/* Records the outcome of an attempt for the throttle, and returns result. */
luci_result_t luci_auth_end_attempt(const luci_auth_t *auth, const luci_auth_request_t *request,
                                    luci_result_t result, apr_pool_t *scratch);
#endif
