/* SPDX-License-Identifier: Apache-2.0 */
/* The mail to LuciaApprovalMail about the accounts that wait for approval: all that wait when it is sent,
 * not only the one whose sign-up ordered it. */
#include "core/account/user.h"
#include "core/base/text.h"
#include "core/db/user_table.h"
#include "core/letter/letter.h"
#include "core/mail/mailbox.h"

#include <apr_strings.h>
#include <string.h>

#define NAMES_MAX 50 /* LIMIT of luci_sql_users_waiting: one more, which tells that there are others */
#define INDENT "    "
#define AND_MORE "\xe2\x80\xa6"

_Static_assert(NAMES_MAX + 1 == LUCI_SQL_WAITING_ROWS, "the statement reads one name more");

/* A name that is not of this module's making may have anything in it. */
static const char *printable(const char *name, apr_pool_t *pool)
{
    size_t valid = luci_text_valid_bytes(name, strlen(name)), length = luci_text_printable_bytes(name, valid);

    return name[length] ? apr_pstrcat(pool, apr_pstrmemdup(pool, name, length), AND_MORE, NULL) : name;
}

static const char *list_of(const apr_array_header_t *rows, apr_pool_t *pool)
{
    const char *list = "";

    for (int i = 0; i < rows->nelts && i < NAMES_MAX; i++)
        list = apr_pstrcat(pool, list, *list ? "\n" INDENT : INDENT,
                           printable(APR_ARRAY_IDX(rows, i, const char *const *)[0], pool), NULL);
    return rows->nelts > NAMES_MAX ? apr_pstrcat(pool, list, "\n" INDENT AND_MORE, NULL) : list;
}

static luci_result_t prepare(luci_db_t *db, luci_letter_t *letter, apr_pool_t *pool)
{
    const luci_argument_t *waiting = LUCI_ARGUMENTS({ "waiting", luci_sql_number(LUCI_USER_WAITING, pool) });
    apr_array_header_t *rows;
    const char *const *count;
    luci_result_t result;

    if (!letter->claim->address || !luci_db_columns(db).disabled)
        return LUCI_NOT_FOUND;
    result = luci_mailbox_check(letter->claim->address, &letter->to, pool);
    if (result == LUCI_OK)
        result = luci_db_select_all(db, &luci_sql_users_waiting, waiting, &rows, pool);
    if (result == LUCI_OK && rows->nelts == 0)
        return LUCI_NOT_FOUND;
    if (result == LUCI_OK)
        result = luci_db_select(db, &luci_sql_users_waiting_count, waiting, &count, pool);
    if (result != LUCI_OK)
        return result;
    letter->list = list_of(rows, pool);
    letter->waiting = luci_sql_to_number(count[0], 0);
    apr_table_setn(letter->values, "count", count[0]);
    return LUCI_OK;
}

const luci_letter_kind_t luci_letter_approval = {
    .name = LUCI_MAIL_APPROVAL,
    .subject = LUCI_MESSAGE("mail_approval_subject"),
    .text = LUCI_MESSAGE("mail_approval_text"),
    .end = LUCI_MESSAGE("mail_approval_end"),
    .waits = 1,
    .prepare = prepare,
};
