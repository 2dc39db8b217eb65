/* SPDX-License-Identifier: Apache-2.0 */
#include "core/auth/passkey_proof.h"

#include <string.h>

typedef struct {
    luci_passkey_proof_t *proof;
    luci_challenge_t challenge;
    luci_passkey_t passkey;
    int is_copied;
} proving_t;

static luci_result_t refuse(proving_t *proving, luci_reason_t reason, luci_passkey_fault_t fault)
{
    proving->proof->reason = reason;
    proving->proof->fault = fault;
    return LUCI_DENIED;
}

static luci_result_t read_challenge(const luci_auth_t *auth, proving_t *proving, apr_pool_t *pool)
{
    const luci_passkey_proof_t *proof = proving->proof;
    luci_challenge_use_t use = { auth->settings->seal_keys, LUCI_CHALLENGE_FACTOR, proof->user_id };
    luci_result_t result = luci_challenge_read(&use, proof->token, proof->now, &proving->challenge, pool);

    if (result == LUCI_DENIED || result == LUCI_EXPIRED)
        return refuse(proving, LUCI_REASON_WRONG_PASSKEY, LUCI_PASSKEY_FAULT_CHALLENGE);
    return result;
}

/* A passkey of another user is as good as none. */
static luci_result_t find(luci_db_t *db, proving_t *proving, apr_pool_t *pool)
{
    luci_user_t user;
    luci_result_t result = luci_passkey_find(db, &proving->proof->answer.id, &proving->passkey, &user, pool);

    if (result == LUCI_NOT_FOUND || (result == LUCI_OK && strcmp(user.id, proving->proof->user_id) != 0))
        return refuse(proving, LUCI_REASON_UNKNOWN_PASSKEY, LUCI_PASSKEY_FAULT_NONE);
    return result;
}

/* Authenticators return the handle only of discoverable credentials. */
static luci_result_t check_handle(proving_t *proving)
{
    const luci_bytes_t *handle = &proving->proof->answer.user_handle;
    luci_result_t result =
        handle->length ? luci_passkey_check_handle(handle, proving->proof->user_id) : LUCI_OK;

    return result == LUCI_DENIED ? refuse(proving, LUCI_REASON_WRONG_PASSKEY, LUCI_PASSKEY_FAULT_USER)
                                 : result;
}

static luci_result_t verify(proving_t *proving)
{
    luci_passkey_proof_t *proof = proving->proof;
    luci_ceremony_t ceremony = { proof->party, proving->challenge.text, 0 };
    luci_passkey_fault_t fault = LUCI_PASSKEY_FAULT_NONE;
    luci_result_t result = luci_assertion_verify(&ceremony, &proof->answer, &proving->passkey.credential,
                                                 &proving->is_copied, &fault);

    if (result == LUCI_DENIED)
        return refuse(proving, LUCI_REASON_WRONG_PASSKEY, fault);
    return result == LUCI_OK ? check_handle(proving) : result;
}

static luci_result_t spend(luci_db_t *db, void *baton, apr_pool_t *scratch)
{
    proving_t *proving = baton;
    luci_ms_t now = proving->proof->now;
    luci_result_t result = luci_challenge_spend(db, &proving->challenge, now, scratch);

    if (result == LUCI_DENIED)
        return refuse(proving, LUCI_REASON_WRONG_PASSKEY, LUCI_PASSKEY_FAULT_CHALLENGE);
    if (result == LUCI_OK)
        result = luci_passkey_used(db, &proving->passkey, now, scratch);
    return result == LUCI_NOT_FOUND ? refuse(proving, LUCI_REASON_UNKNOWN_PASSKEY, LUCI_PASSKEY_FAULT_NONE)
                                    : result;
}

static luci_result_t prove_in(luci_db_t *db, proving_t *proving, apr_pool_t *pool)
{
    luci_result_t result = find(db, proving, pool);

    if (result == LUCI_OK)
        result = verify(proving);
    return result == LUCI_OK ? luci_db_transaction(db, spend, proving, pool) : result;
}

luci_result_t luci_passkey_prove(const luci_auth_t *auth, luci_passkey_proof_t *proof, apr_pool_t *pool)
{
    proving_t proving = { .proof = proof };
    luci_db_t *db;
    luci_result_t result;

    proof->fault = LUCI_PASSKEY_FAULT_NONE;
    proof->reason = LUCI_REASON_NONE;
    result = read_challenge(auth, &proving, pool);
    if (result == LUCI_OK)
        result = auth->source.borrow(auth->source.baton, &db);
    if (result == LUCI_OK) {
        result = prove_in(db, &proving, pool);
        auth->source.give_back(auth->source.baton, db);
    }
    if (result == LUCI_OK && proving.is_copied)
        luci_event_notice(&auth->events,
                          &(luci_notice_t){ .kind = LUCI_NOTICE_PASSKEY_COPIED, .user_id = proof->user_id });
    if (result != LUCI_OK && proof->reason == LUCI_REASON_NONE)
        proof->reason = luci_reason_of(result);
    return result;
}
