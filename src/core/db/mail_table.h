/* SPDX-License-Identifier: Apache-2.0 */
/* The table of mails that wait, which only LuciaMail needs, and its statements. The parameters of a statement
 * are in its text, in mail_table.c; the comments name the columns of its result. */
#ifndef LUCI_MAIL_TABLE_H
#define LUCI_MAIL_TABLE_H

#include "core/db/sql.h"

extern const luci_table_t luci_table_mail;

#define LUCI_MAIL_LISTED_MAX 500    /* rows of a list */
#define LUCI_MAIL_COUNTED_MAX 10000 /* rows that a count counts */
#define LUCI_MAIL_PART_ROWS 100     /* rows of a part of the table */

extern const luci_statement_t luci_sql_mail_insert;
/* The row that has been due for the longest time: id, kind, name, address, detail,
 * language, expires_at, tries, created_at. */
extern const luci_statement_t luci_sql_mail_due;
extern const luci_statement_t luci_sql_mail_claim;     /* unless another sender has claimed it */
extern const luci_statement_t luci_sql_mail_hand_over; /* while this sender's claim is the last one */
extern const luci_statement_t luci_sql_mail_postpone;  /* of this sender's claim */
extern const luci_statement_t luci_sql_mail_delete;    /* the same */
/* Rows that no sender may send any more: id, kind, tries, handed_over. */
extern const luci_statement_t luci_sql_mail_over;
extern const luci_statement_t luci_sql_mail_delete_over; /* one of them */
/* The number of rows, as far as they are counted. */
extern const luci_statement_t luci_sql_mail_count;
/* Part of the rows of a kind that no sender has claimed, from an id on: id, name. */
extern const luci_statement_t luci_sql_mail_part;
extern const luci_statement_t luci_sql_mail_drop; /* one of them, unless a sender has claimed it */
/* All rows, the oldest first: id, kind, name, created_at, expires_at, next_try, tries, handed_over. */
extern const luci_statement_t luci_sql_mail_list;

#endif
