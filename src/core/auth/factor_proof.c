/* SPDX-License-Identifier: Apache-2.0 */
#include "core/auth/factor_proof.h"

#include "core/base/secret.h"
#include "core/db/totp_table.h"
#include "core/recovery/recovery.h"
#include "core/totp/totp_seed.h"

/* The transaction. It commits also if the code is refused, so that a wrong one is counted. */
typedef struct {
    const luci_auth_t *auth;
    const luci_factor_proof_t *proof;
    int kind;                        /* the shape of proof->code */
    char code[LUCI_TOTP_DIGITS + 1]; /* its digits, if it is one of the app */
    luci_result_t outcome;
    luci_totp_refusal_t refusal; /* of a code of the app with the outcome DENIED */
} proving_t;

/* ---- The transaction ---- */

static luci_result_t prove_app(luci_db_t *db, proving_t *proving, apr_pool_t *scratch)
{
    const luci_totp_owner_t owner = { proving->auth->settings->seal_keys, proving->proof->user_id,
                                      proving->proof->now };

    return luci_totp_accept(db, &owner, proving->code, &proving->refusal, scratch);
}

static luci_result_t prove_recovery(luci_db_t *db, const proving_t *proving, apr_pool_t *scratch)
{
    const char *user_id = proving->proof->user_id;
    luci_result_t result = luci_recovery_spend(db, user_id, proving->proof->code, scratch);

    return result == LUCI_OK ? luci_totp_forgive(db, user_id, scratch) : result;
}

static luci_result_t prove(luci_db_t *db, void *baton, apr_pool_t *scratch)
{
    proving_t *proving = baton;

    proving->refusal = LUCI_TOTP_WRONG;
    proving->outcome =
        *proving->code ? prove_app(db, proving, scratch) : prove_recovery(db, proving, scratch);
    switch (proving->outcome) {
    case LUCI_NOT_FOUND:
    case LUCI_INVALID: proving->outcome = LUCI_DENIED; return LUCI_OK;
    case LUCI_DENIED: return LUCI_OK;
    case LUCI_OK:
    case LUCI_EXPIRED:
    case LUCI_CONFLICT:
    case LUCI_THROTTLED:
    case LUCI_BUSY:
    case LUCI_UNAVAILABLE:
    case LUCI_INTERNAL: break;
    }
    return proving->outcome;
}

/* ---- The use case ---- */

static luci_reason_t reason_of(luci_totp_refusal_t refusal)
{
    switch (refusal) {
    case LUCI_TOTP_WRONG:
    case LUCI_TOTP_LAST_WRONG: break;
    case LUCI_TOTP_USED: return LUCI_REASON_USED_CODE;
    case LUCI_TOTP_LOCKED: return LUCI_REASON_TOO_MANY_FAILURES;
    case LUCI_TOTP_UNREADABLE: return LUCI_REASON_INTERNAL;
    }
    return LUCI_REASON_WRONG_CODE;
}

static void notice(const luci_auth_t *auth, const proving_t *proving)
{
    luci_notice_t notice = { .user_id = proving->proof->user_id, .count = LUCI_TOTP_FAILURES_MAX };

    if (proving->refusal == LUCI_TOTP_LAST_WRONG)
        notice.kind = LUCI_NOTICE_FACTOR_LOCKED;
    else if (proving->refusal == LUCI_TOTP_UNREADABLE)
        notice.kind = LUCI_NOTICE_SEED_UNREADABLE;
    else
        return;
    luci_event_notice(&auth->events, &notice);
}

static luci_result_t finish(const proving_t *proving, luci_factor_proof_t *proof, luci_result_t result)
{
    if (result == LUCI_OK)
        result = proving->outcome;
    if (result == LUCI_DENIED && proving->refusal == LUCI_TOTP_UNREADABLE)
        result = LUCI_INTERNAL;
    proof->reason = result == LUCI_DENIED ? reason_of(proving->refusal) : luci_reason_of(result);
    if (result == LUCI_OK)
        proof->kind = proving->kind;
    return result;
}

luci_result_t luci_factor_prove(const luci_auth_t *auth, luci_factor_proof_t *proof, apr_pool_t *pool)
{
    proving_t proving = { .auth = auth, .proof = proof, .outcome = LUCI_INTERNAL };
    luci_db_t *db;
    luci_result_t result;

    proof->kind = 0;
    proof->reason = LUCI_REASON_WRONG_CODE;
    if (!proof->code)
        return LUCI_DENIED;
    proving.kind =
        luci_totp_read_code(proof->code, proving.code) == LUCI_OK ? LUCI_FACTOR_TOTP : LUCI_FACTOR_RECOVERY;
    result = auth->source.borrow(auth->source.baton, &db);
    if (result != LUCI_OK) {
        proof->reason = luci_reason_of(result);
        return result;
    }
    result = luci_db_transaction(db, prove, &proving, pool);
    auth->source.give_back(auth->source.baton, db);
    luci_secret_wipe(proving.code, sizeof proving.code);
    if (result == LUCI_OK)
        notice(auth, &proving);
    return finish(&proving, proof, result);
}
