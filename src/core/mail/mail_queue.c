/* SPDX-License-Identifier: Apache-2.0 */
#include "core/mail/mail_queue.h"

#include <apr_strings.h>
#include <string.h>

#define DELAY_FIRST (30 * LUCI_MS_SECOND) /* doubled with each try */
#define DELAY_DOUBLINGS 7

enum {
    DUE_ID,
    DUE_KIND,
    DUE_NAME,
    DUE_ADDRESS,
    DUE_DETAIL,
    DUE_LANGUAGE,
    DUE_EXPIRES,
    DUE_TRIES,
    DUE_CREATED
};
enum { OVER_ID, OVER_KIND, OVER_TRIES, OVER_HANDED_OVER };
enum { PART_ID, PART_NAME };

static luci_result_t need_table(luci_db_t *db)
{
    int found = 0;
    luci_result_t result = luci_db_has_table(db, &luci_table_mail, &found);

    return result == LUCI_OK && !found ? LUCI_NOT_FOUND : result;
}

/* Orders that are one mail have the same id, so that the database keeps one of them. */
static luci_result_t choose_id(const luci_mail_order_t *order, char id[LUCI_MAIL_ID_LENGTH + 1],
                               apr_pool_t *scratch)
{
    char hash[LUCI_SHA256_HEX + 1];
    const char *text;
    luci_result_t result;

    if (!order->gather)
        return luci_secret_random_id(id, LUCI_MAIL_ID_LENGTH);
    text = apr_psprintf(scratch, "%s\n%s\n%" APR_INT64_T_FMT, order->kind, order->address,
                        (apr_int64_t)(order->now / order->gather));
    result = luci_secret_sha256_hex(text, strlen(text), hash);
    apr_cpystrn(id, hash, LUCI_MAIL_ID_LENGTH + 1);
    return result;
}

luci_result_t luci_mail_queue_add(luci_db_t *db, const luci_mail_order_t *order, apr_pool_t *scratch)
{
    char id[LUCI_MAIL_ID_LENGTH + 1];
    luci_ms_t first =
        order->gather ? (order->now / order->gather + 1) * order->gather + LUCI_MAIL_GRACE : order->now;
    int changed;
    luci_result_t result = need_table(db);

    if (result == LUCI_OK)
        result = choose_id(order, id, scratch);
    return result == LUCI_OK
               ? luci_db_execute(db, &luci_sql_mail_insert,
                                 LUCI_ARGUMENTS({ "id", id }, { "kind", order->kind },
                                                { "name", order->name }, { "address", order->address },
                                                { "detail", order->detail }, { "language", order->language },
                                                { "now", luci_sql_number(order->now, scratch) },
                                                { "first", luci_sql_number(first, scratch) },
                                                { "expires", luci_sql_number(order->expires, scratch) }),
                                 &changed, scratch)
               : result;
}

luci_result_t luci_mail_queue_claim(luci_db_t *db, luci_ms_t now, luci_mail_claim_t *claim, apr_pool_t *pool)
{
    const char *const *row, *moment = luci_sql_number(now, pool);
    int changed = 0;
    luci_result_t result = need_table(db);

    if (result == LUCI_OK)
        result = luci_db_select(db, &luci_sql_mail_due, LUCI_ARGUMENTS({ "now", moment }), &row, pool);
    if (result == LUCI_OK)
        result = luci_secret_random_id(claim->claim, LUCI_MAIL_ID_LENGTH);
    if (result != LUCI_OK)
        return result;
    claim->id = row[DUE_ID];
    claim->kind = row[DUE_KIND];
    claim->name = row[DUE_NAME];
    claim->address = row[DUE_ADDRESS];
    claim->detail = row[DUE_DETAIL];
    claim->language = row[DUE_LANGUAGE];
    claim->expires = luci_sql_to_number(row[DUE_EXPIRES], 0);
    claim->created = luci_sql_to_number(row[DUE_CREATED], 0);
    claim->tries = (int)luci_sql_to_number(row[DUE_TRIES], 0) + 1;
    result = luci_db_execute(db, &luci_sql_mail_claim,
                             LUCI_ARGUMENTS({ "id", claim->id }, { "claim", claim->claim }, { "now", moment },
                                            { "until", luci_sql_number(now + LUCI_MAIL_CLAIM, pool) }),
                             &changed, pool);
    return result == LUCI_OK && changed != 1 ? LUCI_NOT_FOUND : result;
}

luci_result_t luci_mail_queue_hand_over(luci_db_t *db, const luci_mail_claim_t *claim, apr_pool_t *scratch)
{
    int changed = 0;
    luci_result_t result =
        luci_db_execute(db, &luci_sql_mail_hand_over,
                        LUCI_ARGUMENTS({ "id", claim->id }, { "claim", claim->claim }), &changed, scratch);

    return result == LUCI_OK && changed != 1 ? LUCI_CONFLICT : result;
}

luci_result_t luci_mail_queue_wait(luci_db_t *db, const luci_mail_claim_t *claim, luci_ms_t until,
                                   apr_pool_t *scratch)
{
    int changed;

    return luci_db_execute(db, &luci_sql_mail_postpone,
                           LUCI_ARGUMENTS({ "id", claim->id }, { "claim", claim->claim },
                                          { "next", luci_sql_number(until, scratch) }),
                           &changed, scratch);
}

luci_result_t luci_mail_queue_postpone(luci_db_t *db, const luci_mail_claim_t *claim, luci_ms_t now,
                                       apr_pool_t *scratch)
{
    int doublings = claim->tries - 1 < DELAY_DOUBLINGS ? claim->tries - 1 : DELAY_DOUBLINGS;

    return luci_mail_queue_wait(db, claim, now + DELAY_FIRST * ((luci_ms_t)1 << doublings), scratch);
}

luci_result_t luci_mail_queue_finish(luci_db_t *db, const luci_mail_claim_t *claim, apr_pool_t *scratch)
{
    int changed;

    return luci_db_execute(db, &luci_sql_mail_delete,
                           LUCI_ARGUMENTS({ "id", claim->id }, { "claim", claim->claim }), &changed, scratch);
}

luci_result_t luci_mail_queue_is_full(luci_db_t *db, int *is_full, apr_pool_t *scratch)
{
    const char *const *row;
    luci_result_t result = need_table(db);

    if (result == LUCI_OK)
        result = luci_db_select(db, &luci_sql_mail_count, LUCI_ARGUMENTS({ NULL, NULL }), &row, scratch);
    if (result == LUCI_OK)
        *is_full = luci_sql_to_number(row[0], 0) >= LUCI_MAIL_WAITING_MAX;
    return result;
}

luci_result_t luci_mail_queue_part(luci_db_t *db, const char *from, luci_ms_t now, apr_array_header_t **rows,
                                   apr_pool_t *pool)
{
    apr_array_header_t *found;
    luci_result_t result = luci_db_select_all(
        db, &luci_sql_mail_part,
        LUCI_ARGUMENTS({ "from", from }, { "kind", LUCI_MAIL_RESET }, { "now", luci_sql_number(now, pool) }),
        &found, pool);

    if (result != LUCI_OK)
        return result;
    *rows = apr_array_make(pool, found->nelts + 1, sizeof(luci_mail_waiting_t));
    for (int i = 0; i < found->nelts; i++) {
        const char *const *row = APR_ARRAY_IDX(found, i, const char *const *);

        APR_ARRAY_PUSH(*rows, luci_mail_waiting_t) = (luci_mail_waiting_t){ row[PART_ID], row[PART_NAME] };
    }
    return found->nelts > 0 ? LUCI_OK : LUCI_NOT_FOUND;
}

luci_result_t luci_mail_queue_drop(luci_db_t *db, const char *id, luci_ms_t now, apr_pool_t *scratch)
{
    int changed;

    return luci_db_execute(db, &luci_sql_mail_drop,
                           LUCI_ARGUMENTS({ "id", id }, { "now", luci_sql_number(now, scratch) }), &changed,
                           scratch);
}

luci_result_t luci_mail_queue_give_up(luci_db_t *db, luci_ms_t now, apr_array_header_t **rows,
                                      apr_pool_t *pool)
{
    const char *moment = luci_sql_number(now, pool);
    apr_array_header_t *found;
    luci_result_t result = need_table(db);

    *rows = apr_array_make(pool, 4, sizeof(luci_mail_given_up_t));
    if (result == LUCI_OK)
        result = luci_db_select_all(db, &luci_sql_mail_over, LUCI_ARGUMENTS({ "now", moment }), &found, pool);
    for (int i = 0; result == LUCI_OK && i < found->nelts; i++) {
        const char *const *row = APR_ARRAY_IDX(found, i, const char *const *);
        int changed = 0;

        result = luci_db_execute(db, &luci_sql_mail_delete_over,
                                 LUCI_ARGUMENTS({ "id", row[OVER_ID] }, { "now", moment }), &changed, pool);
        if (result == LUCI_OK && changed == 1)
            APR_ARRAY_PUSH(*rows, luci_mail_given_up_t) = (luci_mail_given_up_t){
                .id = row[OVER_ID],
                .kind = row[OVER_KIND],
                .tries = (int)luci_sql_to_number(row[OVER_TRIES], 0),
                .is_uncertain = luci_sql_to_number(row[OVER_HANDED_OVER], 0) != 0,
            };
    }
    return result;
}
