/* SPDX-License-Identifier: Apache-2.0 */
#include "core/db/mail_table.h"

#include <stddef.h>

static const luci_table_column_t columns[] = {
    { "id", LUCI_COLUMN_TEXT, 31, 0, LUCI_COLUMN_PRIMARY, NULL },
    { "kind", LUCI_COLUMN_TEXT, 31, 0, 0, NULL },
    { "name", LUCI_COLUMN_TEXT, 320, 0, 0, NULL },
    { "address", LUCI_COLUMN_TEXT, 320, 0, LUCI_COLUMN_NULLABLE, NULL },
    { "detail", LUCI_COLUMN_TEXT, 2000, 0, LUCI_COLUMN_NULLABLE, NULL },
    { "language", LUCI_COLUMN_TEXT, 35, 0, LUCI_COLUMN_NULLABLE, NULL },
    { "created_at", LUCI_COLUMN_INTEGER, 0, 0, 0, NULL },
    { "expires_at", LUCI_COLUMN_INTEGER, 0, 0, 0, NULL },
    { "next_try", LUCI_COLUMN_INTEGER, 0, 0, 0, NULL },
    { "tries", LUCI_COLUMN_INTEGER, 0, 0, 0, NULL },
    { "claim", LUCI_COLUMN_TEXT, 31, 0, LUCI_COLUMN_NULLABLE, NULL },
    { "claimed_until", LUCI_COLUMN_INTEGER, 0, 0, 0, NULL },
    { "handed_over", LUCI_COLUMN_INTEGER, 0, 0, 0, NULL },
    { NULL, LUCI_COLUMN_TEXT, 0, 0, 0, NULL },
};

static const luci_table_index_t indexes[] = { { "next_try", ", so that sending mails is slow" },
                                              { NULL, NULL } };

static int is_wanted(const luci_settings_t *settings)
{
    return settings->mail != NULL;
}

const luci_table_t luci_table_mail = {
    .name = "mail",
    .suffix = "mail",
    .columns = columns,
    .indexes = indexes,
    .is_wanted = is_wanted,
    .failure = "LuciaMail needs it: no mail is sent; requests for a link, sign-up with an address and "
               "changes of the address are answered with 503",
};

/* ---- Statements ---- */

#define NUMBER(number) LUCI_SQL_TEXT_OF(number)

const luci_statement_t luci_sql_mail_insert = {
    .text = "INSERT INTO {mail} (id, kind, name, address, detail, language, created_at, expires_at, "
            "next_try, tries, claimed_until, handed_over) "
            "VALUES (:id, :kind, :name, :address, :detail, :language, :now:int, :expires:int, "
            ":first:int, 0, 0, 0){or_nothing}",
    .may_conflict = 1,
};

const luci_statement_t luci_sql_mail_due = {
    .text =
        "SELECT m.id, m.kind, m.name, m.address, m.detail, m.language, m.expires_at, m.tries, m.created_at "
        "FROM {mail} m "
        "WHERE m.next_try <= :now:int AND m.expires_at > :now:int AND m.claimed_until <= :now:int "
        "AND m.handed_over = 0 ORDER BY m.next_try, m.id LIMIT 1",
    .repeatable = 1,
};

const luci_statement_t luci_sql_mail_claim = {
    .text = "UPDATE {mail} SET claim = :claim, claimed_until = :until:int, tries = tries + 1 "
            "WHERE id = :id AND claimed_until <= :now:int AND next_try <= :now:int AND handed_over = 0",
};

const luci_statement_t luci_sql_mail_hand_over = {
    .text = "UPDATE {mail} SET handed_over = 1 WHERE id = :id AND claim = :claim AND handed_over = 0",
};

const luci_statement_t luci_sql_mail_postpone = {
    .text = "UPDATE {mail} SET next_try = :next:int, claimed_until = 0, handed_over = 0 "
            "WHERE id = :id AND claim = :claim",
};

const luci_statement_t luci_sql_mail_delete = {
    .text = "DELETE FROM {mail} WHERE id = :id AND claim = :claim",
};

/* A claim that has ended after the mail was handed over tells that its sender did not live to hear the
 * answer. */
#define IS_OVER "claimed_until <= :now:int AND (expires_at <= :now:int OR handed_over = 1)"

const luci_statement_t luci_sql_mail_over = {
    .text =
        "SELECT m.id, m.kind, m.tries, m.handed_over FROM {mail} m WHERE " IS_OVER " ORDER BY m.id LIMIT 50",
    .repeatable = 1,
};

const luci_statement_t luci_sql_mail_delete_over = {
    .text = "DELETE FROM {mail} WHERE id = :id AND " IS_OVER,
};

const luci_statement_t luci_sql_mail_count = {
    .text =
        "SELECT COUNT(*) FROM (SELECT m.id FROM {mail} m LIMIT " NUMBER(LUCI_MAIL_COUNTED_MAX) ") counted",
    .repeatable = 1,
};

#define IS_FREE "claimed_until <= :now:int AND handed_over = 0"

const luci_statement_t luci_sql_mail_part = {
    .text = "SELECT m.id, m.name FROM {mail} m WHERE m.id >= :from AND m.kind = :kind AND " IS_FREE
            " ORDER BY m.id LIMIT " NUMBER(LUCI_MAIL_PART_ROWS),
    .repeatable = 1,
};

const luci_statement_t luci_sql_mail_drop = {
    .text = "DELETE FROM {mail} WHERE id = :id AND " IS_FREE,
    .repeatable = 1,
};

const luci_statement_t luci_sql_mail_list = {
    .text = "SELECT m.id, m.kind, m.name, m.created_at, m.expires_at, m.next_try, m.tries, m.handed_over "
            "FROM {mail} m ORDER BY m.created_at, m.id LIMIT " NUMBER(LUCI_MAIL_LISTED_MAX),
    .repeatable = 1,
};
