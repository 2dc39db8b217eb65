/* SPDX-License-Identifier: Apache-2.0 */
/* The table of what is known about the sign-ins of accounts, which only notices of new devices need
 * (core/mail_notice/device_notice.h), and its statements. The parameters of a statement are in its text, in
 * device_notice_table.c; the comments name the columns of its result. */
#ifndef LUCI_DEVICE_NOTICE_TABLE_H
#define LUCI_DEVICE_NOTICE_TABLE_H

#include "core/db/sql.h"

extern const luci_table_t luci_table_device_notice;

extern const luci_statement_t luci_sql_device_notice_insert; /* with no notice yet */
extern const luci_statement_t luci_sql_device_notice_get;    /* since, notices */
extern const luci_statement_t luci_sql_device_notice_set;

#endif
