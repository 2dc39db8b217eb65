/* SPDX-License-Identifier: Apache-2.0 */
/* The use cases: sign-up, sign-in, password check, validation of a session, sign-out. They own the
 * transactions and keep the session cache consistent with the database. A database handle is borrowed for
 * each single operation; none is held while a password is hashed, a cache is read or an event is reported.
 * The current time is part of the request or the claim.
 *
 * Each sign-up, sign-in, password check and sign-out reports exactly one event, whatever its outcome; a
 * validation reports one event for each row that it writes. */
#ifndef LUCI_AUTH_H
#define LUCI_AUTH_H

#include "core/account/key.h"
#include "core/auth/password_memory.h"
#include "core/event/event.h"
#include "core/mail_notice/mail_notice.h"
#include "core/password/new_password.h"
#include "core/session/session_cache.h"
#include "core/throttle/throttle.h"

/* Limits how many hashes are computed at once. run calls work when a slot is free, in this thread or in
 * another one that it waits for, and returns the result of work; BUSY: no slot became free in time and work
 * was not called. If run is NULL, work is called at once. is_full (may be NULL) tells whether run would
 * refuse at once, so that a caller can refuse before it uses the database. */
typedef luci_result_t luci_hash_work_fn(void *work_baton);
typedef struct {
    luci_result_t (*run)(void *baton, luci_hash_work_fn *work, void *work_baton);
    int (*is_full)(void *baton);
    void *baton;
} luci_hasher_t;

/* Hides how long it takes to write down that an attempt has failed, which is only due for some accounts: run
 * calls work, which writes, and returns its result; pretend waits for as long as a recent work took. If run
 * is NULL, work is called at once, and nothing waits. */
typedef struct {
    luci_result_t (*run)(void *baton, luci_hash_work_fn *work, void *work_baton);
    void (*pretend)(void *baton);
    void *baton;
} luci_pacer_t;

/* The right passwords that a process has seen lately, of one database (known_password.h). */
typedef struct {
    luci_local_cache_t local; /* its table may be NULL: nothing is kept */
    luci_ms_t ttl;
} luci_known_passwords_t;

/* What every use case works with. Read-only; threads share it. */
typedef struct {
    const luci_settings_t *settings;
    luci_db_source_t source;
    luci_hasher_t hasher;
    luci_pacer_t pacer;
    const luci_session_cache_t *cache;         /* NULL: no cache */
    const luci_session_cache_t *const *others; /* further caches that may hold sessions of this database, and
                                                  from which ended sessions are removed; NULL-terminated.
                                                  NULL: none */
    const luci_throttle_t *throttle;           /* NULL: no throttling */
    const luci_password_memory_t *passwords;   /* results of password checks; NULL: none are remembered */
    const luci_known_passwords_t *known;       /* NULL: no process of the machine keeps any */
    const char *site; /* host name of the site, which no new password may be; NULL: not known */
    luci_event_sink_t events;
    luci_mail_origin_t origin; /* of the request, for notices by mail */
} luci_auth_t;

/* An app password that a request presents (app_access.h). */
typedef struct {
    int may_write;      /* 1: the use may be written down */
    const char *text;   /* what may be one; this and the next two are set by luci_auth_check */
    const char *key_id; /* of the username that the request names (luci_key_id); NULL: it names none */
    luci_ms_t now;
    luci_user_t user;      /* output: the owner */
    int is_accepted;       /* output: the request was admitted by it */
    luci_reason_t denial;  /* output: why it was found and not accepted; NONE otherwise */
    luci_result_t written; /* output: of writing the use down; OK if it was not due */
} luci_app_access_t;

/* A right password of a user who has second factors, one of which must be proved before there is a session
 * (second_step.h). Strings are from the pool of the use case. */
typedef struct {
    int kinds; /* those that the user has, as bits of factor.h; 0: none is asked for */
    const char *user_id;
    const char *key_id;
    const char *stored_hash; /* that the password was verified with */
} luci_factor_demand_t;

#define LUCI_REFUSED_EMAIL (-1)

/* A request to sign up, to sign in or to check a password. Strings are borrowed, valid UTF-8 without NUL, and
 * NULL if absent. */
typedef struct {
    const char *username;
    const char *password;
    luci_client_t client;
    const char *const *attributes; /* of a sign-up, in the order of settings->signup, with NULL entries; NULL:
                                      none */
    const char *email; /* of a sign-up with LuciaEmail: an address (core/email) that is to be verified; NULL:
                          none */
    const char *language; /* of the mail to that address; NULL: the first of LuciaLanguages */
    int may_be_address;   /* 1: for luci_auth_look and luci_auth_sign_in, username may be the verified address
                             of an account (core/email) instead of its name */
    int is_address; /* set by luci_auth_sign_up and luci_name_change, with INVALID: the name has an "@", and
                       is not the user's own address */
    int needs_approval; /* 1: a sign-up makes a user that waits for it (LUCI_USER_WAITING), and no session */
    int is_waiting;     /* set by luci_auth_sign_up, with OK, and by luci_auth_sign_in and
                           luci_auth_sign_up_twice, with another result: the password is right, and the user
                           waits for approval */
    int needs_invitation;                    /* 1: a sign-up has to present one (core/invitation) */
    const char *invitation;                  /* the token that it presents */
    const luci_session_token_t *old_session; /* came with the request, and is ended on success; NULL: none */
    luci_ms_t now;
    const char *key_id; /* luci_key_id of username, set by luci_auth_look; NULL: not computed yet */
    int is_allowed;     /* 1: luci_auth_look or luci_password_change_look has found that the new password is
                           allowed */
    int was_wrong; /* 1: the same password has failed before, and is not counted again as one of the failures
                      in a row (failures.h) */
    luci_app_access_t *app;  /* for luci_auth_check: an app password is accepted as well; NULL: none is */
    luci_local_key_t known;  /* luci_known_password_key; only luci_auth_check with auth->known needs it */
    luci_attempt_t *attempt; /* zeros except for the device cookie; NULL: the attempt is not counted */
    int refused; /* set by luci_auth_sign_up: the number of the attribute whose value the database refused,
                    from 1; LUCI_REFUSED_EMAIL; 0: none */
    int is_uncounted;      /* 1: a sign-up counts for no limit of the throttle */
    int is_own_sign_up;    /* set by luci_auth_sign_up and luci_auth_sign_up_twice: the session is of the
                              sign-up, on whose device no notice tells of it */
    int has_second_factor; /* 1: the user has proved a second factor, so that none is asked for */
    const char *step; /* of luci_auth_admit: the id of the open step that the sign-in completes and spends
                         (step.h); NULL: none */
    luci_factor_demand_t demand; /* set by luci_auth_sign_in, luci_confirm and luci_password_change, with the
                                    result DENIED */
    luci_weakness_t weakness;    /* set by luci_auth_sign_up and luci_password_change: why the new password is
                                    INVALID */
} luci_auth_request_t;

/* The field that an INVALID or CONFLICT result refers to. */
typedef enum {
    LUCI_FIELD_NONE,
    LUCI_FIELD_USERNAME,
    LUCI_FIELD_PASSWORD,
    LUCI_FIELD_ATTRIBUTE /* checked by the caller of luci_auth_sign_up, or by the database: request->refused
                          */
} luci_field_t;

/* Tells whether a sign-up or sign-in would get as far as computing a hash, as far as that can be known
 * without waiting: OK, or the result that the request would get. Reports and counts nothing. */
luci_result_t luci_auth_look(const luci_auth_t *auth, luci_auth_request_t *request, int is_sign_up,
                             apr_pool_t *pool) LUCI_MUST_USE;

/* Creates user, key and session in one transaction. OK: *session is from pool and fresh. INVALID: see *field.
 * CONFLICT: the name is taken, or with *field ATTRIBUTE a value of which the column takes each once. DENIED:
 * the invitation that is needed cannot be used; nothing was looked up then, and no name is told about.
 * THROTTLED: refused before hashing, see attempt->retry_after. BUSY,
 * UNAVAILABLE (also if the block list of passwords cannot be read), INTERNAL. The password is checked before
 * the name is looked up, so that the time of a refusal tells nothing about accounts. */
luci_result_t luci_auth_sign_up(const luci_auth_t *auth, luci_auth_request_t *request,
                                luci_session_t *session, luci_field_t *field, apr_pool_t *pool) LUCI_MUST_USE;

/* Verifies name and password and creates a session. request->username is replaced by the normalised name
 * (luci_credential_resolve_name), on failure too. With may_be_address, an address belongs to the account that
 * has verified it, whatever other accounts are called, and counts as its name, for throttling, too; the
 * number of queries is the same for each address. DENIED: unknown user, wrong password, no password,
 * disabled user or too many failures in a row, all in equal time; or, if request->demand has kinds, the
 * password is right and a second factor is needed. Other results as above. */
luci_result_t luci_auth_sign_in(const luci_auth_t *auth, luci_auth_request_t *request,
                                luci_session_t *session, luci_field_t *field, apr_pool_t *pool) LUCI_MUST_USE;

/* After a sign-up that returned CONFLICT: detects a form that was submitted twice, for instance by a double
 * click, in which case browsers discard the first response and its cookie. If the account is less than a
 * minute old, has exactly this spelling and has a session, this is a sign-in, counted and reported as one,
 * and tells a guesser no more than the sign-in page does. OK: as luci_auth_sign_in. CONFLICT: anything else;
 * the sign-up's result stands. */
luci_result_t luci_auth_sign_up_twice(const luci_auth_t *auth, luci_auth_request_t *request,
                                      luci_session_t *session, apr_pool_t *pool) LUCI_MUST_USE;

/* Verifies name and password without creating a session (HTTP Basic). The name is normalised as above. OK:
 * *user is from pool. NOT_FOUND: no such user; takes as long as a wrong password, and the caller must call
 * luci_throttle_end. THROTTLED and DENIED as above; DENIED also for names and passwords of impossible length,
 * and for the password of a user who needs a second factor (app_access.h). */
luci_result_t luci_auth_check(const luci_auth_t *auth, luci_auth_request_t *request, luci_user_t *user,
                              apr_pool_t *pool) LUCI_MUST_USE;

/* Verifies an app password of a program that names no user (Authorization: Bearer): app->text, with app->now.
 * OK: app->user is from pool. NOT_FOUND: it is none. DENIED: its owner is disabled; this and OK are reported
 * as the check of a password. BUSY, UNAVAILABLE, INTERNAL. */
luci_result_t luci_auth_check_app(const luci_auth_t *auth, luci_app_access_t *app,
                                  apr_pool_t *pool) LUCI_MUST_USE;

/* The new value of the device cookie after a successful sign-up or sign-in of this request, from pool.
 * NOT_FOUND: no cookie is to be sent, because attempts are not counted by account. INTERNAL. */
luci_result_t luci_auth_device(const luci_auth_t *auth, const luci_auth_request_t *request,
                               const char **value, apr_pool_t *pool) LUCI_MUST_USE;

/* Ends a session that was validated. NOT_FOUND: it had already ended. BUSY, UNAVAILABLE, INTERNAL. */
luci_result_t luci_auth_sign_out(const luci_auth_t *auth, const luci_session_t *session, luci_ms_t now,
                                 apr_pool_t *pool) LUCI_MUST_USE;

/* Finds the active session of an id, with its token, if this process has found it in the cache lately, and it
 * has not changed since. NOT_FOUND: luci_auth_validate. */
luci_result_t luci_auth_recall(const luci_auth_t *auth, const char *id, luci_ms_t now,
                               luci_session_t *session, apr_pool_t *pool) LUCI_MUST_USE;

/* Finds the session of a claim in the cache or in the database. OK: an active session, an idle one that was
 * renewed (then it is fresh), or an idle one that could not be renewed now. EXPIRED: the session has expired;
 * its row was deleted if possible. NOT_FOUND, DENIED (user disabled), BUSY, UNAVAILABLE, INTERNAL. A row
 * written by Lucia gets a hashed id on the way. *written: the result of hashing, renewing or deleting; OK if
 * none of them was due or allowed. */
luci_result_t luci_auth_validate(const luci_auth_t *auth, const luci_session_claim_t *claim,
                                 luci_session_t *session, luci_result_t *written,
                                 apr_pool_t *pool) LUCI_MUST_USE;

#endif
