/* SPDX-License-Identifier: Apache-2.0 */
#include "ctl/lib/admin_notice.h"

#include "core/email/email.h"
#include "core/mail_notice/mail_notice.h"

#include <apr_time.h>
#include <string.h>

luci_result_t luci_admin_notice_queue(luci_db_t *db, void *notice, const luci_user_t *user,
                                      apr_pool_t *scratch)
{
    const luci_admin_notice_t *wanted = notice;
    luci_mail_notice_t mail = { .event = wanted->event,
                                .factor = wanted->factor,
                                .new_address = wanted->new_address,
                                .new_username = wanted->new_username,
                                .user = user,
                                .now = apr_time_as_msec(apr_time_now()) };

    return luci_mail_notice_queue(db, wanted->settings, &mail, scratch);
}

/* ---- Attributes ---- */

typedef struct {
    const luci_settings_t *settings;
    const luci_account_values_t *values;
} setting_t;

static luci_result_t set_values(luci_db_t *db, void *baton, const luci_user_t *user, apr_pool_t *scratch)
{
    const setting_t *setting = baton;
    const luci_account_values_t *values = setting->values;
    luci_result_t result = luci_user_set_values(db, user->id, values->values, values->count, scratch);

    for (int i = 0; i < values->count && result == LUCI_OK; i++) {
        luci_admin_notice_t notice = { .settings = setting->settings,
                                       .event = LUCI_EVENT_USER_EMAIL,
                                       .new_address = values->values[i].value };

        if (strcasecmp(values->values[i].column, LUCI_EMAIL_COLUMN) == 0)
            result = luci_admin_notice_queue(db, &notice, user, scratch);
    }
    return result;
}

luci_result_t luci_admin_notice_set_values(const luci_ctl_database_t *database, const luci_user_t *user,
                                           const luci_account_values_t *values, apr_pool_t *scratch)
{
    setting_t setting = { &database->config.settings, values };
    luci_admin_then_t then = { set_values, &setting };

    return luci_admin_run(database->db, user, &then, scratch);
}
