/* SPDX-License-Identifier: Apache-2.0 */
#include "core/db/device_notice_table.h"

/* An account has a row from its first sign-in on; notices is their number from the time since on. */
static const luci_table_column_t columns[] = {
    { "user_id", LUCI_COLUMN_TEXT, 15, 0, LUCI_COLUMN_PRIMARY | LUCI_COLUMN_USER | LUCI_COLUMN_CASCADE,
      NULL },
    { "since", LUCI_COLUMN_INTEGER, 0, 0, 0, NULL },
    { "notices", LUCI_COLUMN_INTEGER, 0, 0, 0, NULL },
    { NULL, LUCI_COLUMN_TEXT, 0, 0, 0, NULL },
};

static const luci_table_index_t indexes[] = { { NULL, NULL } };

static int is_wanted(const luci_settings_t *settings)
{
    return settings->mail && settings->mail_notices & LUCI_MAIL_NOTICE_DEVICE;
}

const luci_table_t luci_table_device_notice = {
    .name = "device_notice",
    .suffix = "device_notice",
    .columns = columns,
    .indexes = indexes,
    .is_wanted = is_wanted,
    .is_clustered = 1,
    .failure = "LuciaMailNotices needs it: users are not told of sign-ins on new devices",
};

/* ---- Statements ---- */

const luci_statement_t luci_sql_device_notice_insert = {
    .text = "INSERT INTO {device_notice} (user_id, since, notices) VALUES (:user, :now:int, 0){or_nothing}",
    .may_conflict = 1,
};

const luci_statement_t luci_sql_device_notice_get = {
    .text = "SELECT d.since, d.notices FROM {device_notice} d WHERE d.user_id = :user",
    .repeatable = 1,
};

const luci_statement_t luci_sql_device_notice_set = {
    .text = "UPDATE {device_notice} SET since = :since:int, notices = :notices:int WHERE user_id = :user",
    .repeatable = 1,
};
