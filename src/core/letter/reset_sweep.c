/* SPDX-License-Identifier: Apache-2.0 */
#include "core/letter/reset_sweep.h"

#include "core/email/email.h"

#include <apr_strings.h>

typedef struct {
    const apr_array_header_t *rows; /* const char *: ids */
    luci_ms_t now;
} dropping_t;

static luci_result_t drop(luci_db_t *db, void *baton, apr_pool_t *scratch)
{
    const dropping_t *dropping = baton;
    luci_result_t result = LUCI_OK;

    for (int i = 0; result == LUCI_OK && i < dropping->rows->nelts; i++)
        result =
            luci_mail_queue_drop(db, APR_ARRAY_IDX(dropping->rows, i, const char *), dropping->now, scratch);
    return result;
}

/* The ids of those rows whose name no account has. */
static luci_result_t find_nameless(luci_db_t *db, const apr_array_header_t *rows, apr_array_header_t *ids,
                                   apr_pool_t *pool)
{
    luci_result_t result = LUCI_OK;

    for (int i = 0; result == LUCI_OK && i < rows->nelts; i++) {
        const luci_mail_waiting_t *row = &APR_ARRAY_IDX(rows, i, luci_mail_waiting_t);
        luci_user_t user;

        result = luci_email_find_named(db, luci_db_target(db)->settings, row->name, &user, pool);
        if (result == LUCI_NOT_FOUND) {
            APR_ARRAY_PUSH(ids, const char *) = row->id;
            result = LUCI_OK;
        }
    }
    return result;
}

luci_result_t luci_reset_sweep(luci_db_t *db, const char **from, luci_ms_t now, int *dropped,
                               apr_pool_t *pool)
{
    apr_array_header_t *rows, *ids = apr_array_make(pool, 16, sizeof(const char *));
    dropping_t dropping = { ids, now };
    luci_result_t result = luci_mail_queue_part(db, *from, now, &rows, pool);

    *dropped = 0;
    if (result != LUCI_OK)
        return result;
    *from = apr_pstrcat(pool, APR_ARRAY_IDX(rows, rows->nelts - 1, luci_mail_waiting_t).id, "0", NULL);
    result = find_nameless(db, rows, ids, pool);
    if (result == LUCI_OK && ids->nelts > 0)
        result = luci_db_transaction(db, drop, &dropping, pool);
    if (result == LUCI_OK)
        *dropped = ids->nelts;
    return result;
}
