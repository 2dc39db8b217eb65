/* SPDX-License-Identifier: Apache-2.0 */
#include "core/totp/totp_seed.h"

#include "core/base/secret.h"
#include "core/base/timestamp.h"
#include "core/db/totp_table.h"

#include <string.h>

#define USE "totp seed"

enum { COLUMN_SEED, COLUMN_FAILURES, COLUMN_CREATED, COLUMN_STEP };

static luci_seal_t seal_of(const luci_totp_owner_t *owner)
{
    return (luci_seal_t){ .keys = owner->keys, .use = USE, .owner = owner->user_id };
}

luci_result_t luci_totp_store(luci_db_t *db, const luci_totp_owner_t *owner,
                              const unsigned char seed[LUCI_TOTP_SEED_BYTES], apr_int64_t step,
                              apr_pool_t *scratch)
{
    luci_seal_t seal = seal_of(owner);
    const char *sealed;
    int changed = 0;
    luci_result_t result = luci_seal_close(&seal, seed, LUCI_TOTP_SEED_BYTES, &sealed, scratch);

    if (result == LUCI_OK)
        result = luci_db_execute(db, &luci_sql_totp_insert,
                                 LUCI_ARGUMENTS({ "user", owner->user_id }, { "seed", sealed },
                                                { "now", luci_sql_number(owner->now, scratch) },
                                                { "step", luci_sql_number(step, scratch) }),
                                 &changed, scratch);
    return result == LUCI_OK && changed != 1 ? LUCI_CONFLICT : result;
}

/* ---- Accepting ---- */

/* What is known of a code while it is judged. */
typedef struct {
    const luci_totp_owner_t *owner;
    const char *stored; /* the sealed seed, as it was read */
    const char *sealed; /* the seed as it is to be stored: again, if its secret is not the first one */
    luci_totp_refusal_t *refusal;
} judging_t;

static luci_result_t refuse(const judging_t *judging, luci_totp_refusal_t refusal)
{
    *judging->refusal = refusal;
    return LUCI_DENIED;
}

static luci_result_t count_wrong(luci_db_t *db, const judging_t *judging, apr_pool_t *scratch)
{
    const luci_argument_t *user = LUCI_ARGUMENTS({ "user", judging->owner->user_id });
    int changed = 0, is_last = 0;
    luci_result_t result = luci_db_execute(db, &luci_sql_totp_fail, user, &changed, scratch);

    if (result == LUCI_OK && changed == 0)
        result = luci_db_execute(db, &luci_sql_totp_fail_last, user, &is_last, scratch);
    if (result != LUCI_OK)
        return result;
    return refuse(judging, is_last ? LUCI_TOTP_LAST_WRONG : LUCI_TOTP_WRONG);
}

static luci_result_t accept_step(luci_db_t *db, const judging_t *judging, apr_int64_t step,
                                 apr_pool_t *scratch)
{
    int changed = 0;
    luci_result_t result = luci_db_execute(
        db, &luci_sql_totp_accept,
        LUCI_ARGUMENTS({ "step", luci_sql_number(step, scratch) }, { "user", judging->owner->user_id },
                       { "seed", judging->stored }, { "new_seed", judging->sealed }),
        &changed, scratch);

    return result == LUCI_OK && changed != 1 ? refuse(judging, LUCI_TOTP_USED) : result;
}

/* Opens the seed, and seals it again if that is due. */
static luci_result_t open_seed(judging_t *judging, unsigned char seed[LUCI_TOTP_SEED_BYTES],
                               apr_pool_t *scratch)
{
    luci_seal_t seal = seal_of(judging->owner);
    unsigned char *plain = NULL;
    size_t length = 0;
    luci_result_t result =
        seal.keys ? luci_seal_open(&seal, judging->stored, &plain, &length, scratch) : LUCI_DENIED;

    judging->sealed = judging->stored;
    if (result == LUCI_OK && length != LUCI_TOTP_SEED_BYTES)
        result = LUCI_DENIED;
    if (result == LUCI_OK)
        memcpy(seed, plain, LUCI_TOTP_SEED_BYTES);
    luci_secret_wipe(plain, length);
    if (result == LUCI_OK && !luci_seal_is_current(seal.keys, judging->stored))
        result = luci_seal_close(&seal, seed, LUCI_TOTP_SEED_BYTES, &judging->sealed, scratch);
    return result == LUCI_DENIED ? refuse(judging, LUCI_TOTP_UNREADABLE) : result;
}

static luci_result_t judge(luci_db_t *db, judging_t *judging, const char *code, apr_pool_t *scratch)
{
    unsigned char seed[LUCI_TOTP_SEED_BYTES];
    apr_int64_t step = 0;
    luci_result_t result = open_seed(judging, seed, scratch), found;

    if (result != LUCI_OK)
        return result;
    found = luci_totp_find(seed, code, judging->owner->now, &step);
    luci_secret_wipe(seed, sizeof seed);
    if (found == LUCI_OK)
        return accept_step(db, judging, step, scratch);
    return found == LUCI_DENIED ? count_wrong(db, judging, scratch) : found;
}

luci_result_t luci_totp_accept(luci_db_t *db, const luci_totp_owner_t *owner,
                               const char code[LUCI_TOTP_DIGITS + 1], luci_totp_refusal_t *refusal,
                               apr_pool_t *scratch)
{
    judging_t judging = { .owner = owner, .refusal = refusal };
    const char *const *row;
    luci_result_t result =
        luci_db_select(db, &luci_sql_totp_get, LUCI_ARGUMENTS({ "user", owner->user_id }), &row, scratch);

    if (result != LUCI_OK)
        return result;
    if (luci_sql_to_number(row[COLUMN_FAILURES], LUCI_TOTP_FAILURES_MAX) >= LUCI_TOTP_FAILURES_MAX)
        return refuse(&judging, LUCI_TOTP_LOCKED);
    judging.stored = row[COLUMN_SEED] ? row[COLUMN_SEED] : "";
    return judge(db, &judging, code, scratch);
}

/* ---- Recalling ---- */

static luci_result_t open_same(judging_t *judging, const luci_totp_recall_t *recall, apr_pool_t *scratch)
{
    unsigned char seed[LUCI_TOTP_SEED_BYTES];
    luci_result_t result = open_seed(judging, seed, scratch);

    if (result == LUCI_OK && !luci_secret_equal(seed, recall->seed, sizeof seed))
        result = LUCI_DENIED;
    luci_secret_wipe(seed, sizeof seed);
    return result;
}

luci_result_t luci_totp_recall(luci_db_t *db, const luci_totp_owner_t *owner, luci_totp_recall_t *recall,
                               apr_pool_t *scratch)
{
    luci_totp_refusal_t refusal;
    judging_t judging = { .owner = owner, .refusal = &refusal };
    const char *const *row;
    apr_int64_t step;
    luci_ms_t age;
    luci_result_t result =
        luci_db_select(db, &luci_sql_totp_get, LUCI_ARGUMENTS({ "user", owner->user_id }), &row, scratch);

    if (result != LUCI_OK)
        return result;
    recall->stored_at = luci_timestamp_clamp(luci_sql_to_number(row[COLUMN_CREATED], 0));
    age = owner->now - recall->stored_at;
    if (age >= recall->within || age <= -recall->within)
        return LUCI_DENIED;
    judging.stored = row[COLUMN_SEED] ? row[COLUMN_SEED] : "";
    result = open_same(&judging, recall, scratch);
    if (result == LUCI_OK)
        result = luci_totp_find(recall->seed, recall->code, recall->stored_at, &step);
    if (result == LUCI_OK && step != luci_sql_to_number(row[COLUMN_STEP], -1))
        return LUCI_DENIED;
    return result;
}

/* ---- The rest ---- */

luci_result_t luci_totp_about(luci_db_t *db, const char *user_id, luci_totp_about_t *about,
                              apr_pool_t *scratch)
{
    const char *const *row;
    luci_result_t result =
        luci_db_select(db, &luci_sql_totp_get, LUCI_ARGUMENTS({ "user", user_id }), &row, scratch);

    if (result == LUCI_OK)
        *about = (luci_totp_about_t){
            .created_at = luci_timestamp_clamp(luci_sql_to_number(row[COLUMN_CREATED], 0)),
            .failures = (int)luci_sql_to_number(row[COLUMN_FAILURES], 0),
        };
    return result;
}

luci_result_t luci_totp_forgive(luci_db_t *db, const char *user_id, apr_pool_t *scratch)
{
    int changed;

    return luci_db_execute(db, &luci_sql_totp_forgive, LUCI_ARGUMENTS({ "user", user_id }), &changed,
                           scratch);
}

luci_result_t luci_totp_remove(luci_db_t *db, const char *user_id, int *removed, apr_pool_t *scratch)
{
    *removed = 0;
    return luci_db_execute(db, &luci_sql_totp_delete, LUCI_ARGUMENTS({ "user", user_id }), removed, scratch);
}
