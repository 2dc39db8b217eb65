/* SPDX-License-Identifier: Apache-2.0 */
#include "core/auth/totp_again.h"

#include "core/auth/auth_int.h"
#include "core/base/secret.h"
#include "core/factor/factor.h"
#include "core/seal/seal.h"
#include "core/session/session_end.h"
#include "core/session/session_list.h"
#include "core/totp/totp_seed.h"

#include <string.h>

#define USE "totp form"
#define TICKET_LASTS LUCI_MS_DAY /* a page that was open for longer leads to sign-in */

/* The transaction. */
typedef struct {
    const luci_auth_t *auth;
    luci_totp_again_t *again;
    const char *user_id;
    luci_session_t *renewed;
    luci_totp_recall_t recall;
    luci_session_token_t made; /* output: of the session that the first form has made */
    int is_found;              /* output: made is set */
    apr_pool_t *pool;
} writing_t;

/* ---- The ticket ---- */

/* hex is of LUCI_SHA256_HEX + 1 bytes, for the owner. */
static luci_seal_t seal_of(const luci_seal_keys_t *keys, const luci_session_token_t *token, char *hex)
{
    luci_secret_hex(token->digest, LUCI_SHA256_BYTES, hex);
    return (luci_seal_t){ .keys = keys, .use = USE, .owner = hex };
}

luci_result_t luci_totp_again_ticket(const luci_auth_t *auth, const luci_session_t *session, luci_ms_t now,
                                     const char **ticket, apr_pool_t *pool)
{
    char hex[LUCI_SHA256_HEX + 1];
    luci_seal_t seal = seal_of(auth->settings->seal_keys, &session->token, hex);

    return seal.keys ? luci_seal_sign(&seal, session->user.id, now + TICKET_LASTS, ticket, pool)
                     : LUCI_INTERNAL;
}

static luci_result_t find_user(const luci_auth_t *auth, const luci_totp_again_t *again, const char **user_id,
                               apr_pool_t *pool)
{
    char hex[LUCI_SHA256_HEX + 1];
    luci_seal_t seal;
    luci_result_t result;

    if (!again->token)
        return LUCI_DENIED;
    *user_id = again->user_id;
    if (again->user_id)
        return LUCI_OK;
    seal = seal_of(auth->settings->seal_keys, again->token, hex);
    if (!seal.keys || !again->ticket)
        return LUCI_DENIED;
    result = luci_seal_verify(&seal, again->ticket, again->now, user_id, pool);
    return result == LUCI_EXPIRED ? LUCI_DENIED : result;
}

/* ---- The transaction ---- */

/* A recovery code that was used was seen. */
static luci_result_t check_codes(luci_db_t *db, const writing_t *writing, apr_pool_t *scratch)
{
    luci_factors_t found = { 0 };
    luci_result_t result = luci_factor_read(db, writing->user_id, &found, scratch);

    return result == LUCI_OK && found.recovery_codes != LUCI_RECOVERY_CODES ? LUCI_DENIED : result;
}

/* The request presents the session that the first form has made, or one that has ended. */
static luci_result_t check_presented(luci_db_t *db, const writing_t *writing, apr_pool_t *scratch)
{
    const luci_session_token_t *token = writing->again->token;
    luci_session_claim_t claim = { .token = token, .now = writing->again->now };
    luci_session_t found;
    luci_result_t result;

    if (memcmp(token->digest, writing->made.digest, sizeof token->digest) == 0)
        return LUCI_OK;
    result = luci_session_get(db, &claim, writing->auth->settings, &found, scratch);
    if (result == LUCI_NOT_FOUND)
        return LUCI_OK;
    return result == LUCI_OK || result == LUCI_EXPIRED ? LUCI_DENIED : result;
}

/* Deletes the session that the first form has made, and inserts another one of the same time. */
static luci_result_t replace_session(luci_db_t *db, const writing_t *writing, const luci_user_t *user,
                                     const char *made_id, apr_pool_t *scratch)
{
    const luci_settings_t *settings = writing->auth->settings;
    luci_session_t *renewed = writing->renewed;
    luci_result_t result = luci_session_list_delete(db, made_id, scratch);

    if (result == LUCI_OK)
        result = luci_session_new(renewed, user, settings, writing->recall.stored_at, writing->pool);
    renewed->factors = 2;
    renewed->user.lacks = luci_db_columns(db).lacks;
    return result == LUCI_OK ? luci_session_insert(db, renewed, settings, &writing->again->client, scratch)
                             : result;
}

static luci_result_t write_locked(luci_db_t *db, writing_t *writing, const luci_user_t *user,
                                  apr_pool_t *scratch)
{
    luci_totp_again_t *again = writing->again;
    const luci_totp_owner_t owner = { writing->auth->settings->seal_keys, user->id, again->now };
    const char *made_id = NULL;
    luci_result_t result = luci_totp_recall(db, &owner, &writing->recall, scratch);

    if (result == LUCI_OK)
        result = check_codes(db, writing, scratch);
    if (result == LUCI_OK)
        result = luci_session_find_made(db, user->id, writing->recall.stored_at, &made_id, scratch);
    if (result == LUCI_OK)
        result = luci_session_stored_token(&writing->made, made_id);
    writing->is_found = result == LUCI_OK;
    if (result == LUCI_OK)
        result = check_presented(db, writing, scratch);
    if (result == LUCI_OK)
        result = luci_recovery_replace(db, user->id, &again->codes, scratch);
    return result == LUCI_OK ? replace_session(db, writing, user, made_id, scratch) : result;
}

/* DENIED: it is not the second form of an enrolment. */
static luci_result_t write_again(luci_db_t *db, void *baton, apr_pool_t *scratch)
{
    writing_t *writing = baton;
    luci_user_t user;
    luci_result_t result = luci_user_lock(db, writing->user_id, &user, writing->pool);

    writing->is_found = 0; /* A transaction may run twice. */
    if (result == LUCI_OK && luci_user_is_disabled(&user, writing->again->now))
        return LUCI_DENIED;
    if (result == LUCI_OK)
        result = write_locked(db, writing, &user, scratch);
    return result == LUCI_NOT_FOUND ? LUCI_DENIED : result;
}

/* The caches forget on errors, too, because the row may have been deleted. */
static luci_result_t commit(writing_t *writing)
{
    luci_result_t result =
        luci_db_source_transaction(&writing->auth->source, write_again, writing, writing->pool);

    if (writing->is_found)
        luci_auth_forget(writing->auth, &writing->made, writing->pool);
    return result;
}

/* ---- The use case ---- */

static luci_result_t run(writing_t *writing)
{
    luci_totp_again_t *again = writing->again;
    unsigned char seed[LUCI_TOTP_SEED_BYTES];
    char code[LUCI_TOTP_DIGITS + 1];
    luci_result_t result = find_user(writing->auth, again, &writing->user_id, writing->pool);

    if (result != LUCI_OK)
        return result;
    if (!again->secret || luci_base32_decode(again->secret, seed, sizeof seed) != LUCI_OK || !again->code ||
        luci_totp_read_code(again->code, code) != LUCI_OK)
        return LUCI_DENIED;
    writing->recall = (luci_totp_recall_t){ .seed = seed, .code = code, .within = LUCI_TWICE_WITHIN };
    result = luci_recovery_new(&again->codes);
    if (result == LUCI_OK)
        result = commit(writing);
    luci_secret_wipe(seed, sizeof seed);
    luci_secret_wipe(code, sizeof code);
    return result;
}

luci_result_t luci_totp_again(const luci_auth_t *auth, luci_totp_again_t *again, luci_session_t *renewed,
                              apr_pool_t *pool)
{
    luci_event_t event = { .kind = LUCI_EVENT_RECOVERY_CODES, .at = again->now };
    writing_t writing = { .auth = auth, .again = again, .renewed = renewed, .pool = pool };
    luci_result_t result;

    *renewed = (luci_session_t){ 0 };
    result = run(&writing);
    if (result == LUCI_OK)
        luci_auth_report(auth, &event, &renewed->user, renewed);
    else
        luci_secret_wipe(&again->codes, sizeof again->codes);
    return result;
}
