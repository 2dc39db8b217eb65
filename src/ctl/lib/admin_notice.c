/* SPDX-License-Identifier: Apache-2.0 */
#include "ctl/lib/admin_notice.h"

#include "core/mail_notice/mail_notice.h"

#include <apr_time.h>

luci_result_t luci_admin_notice_queue(luci_db_t *db, void *notice, const luci_user_t *user,
                                      apr_pool_t *scratch)
{
    const luci_admin_notice_t *wanted = notice;
    luci_mail_notice_t mail = { .event = wanted->event,
                                .factor = wanted->factor,
                                .user = user,
                                .now = apr_time_as_msec(apr_time_now()) };

    return luci_mail_notice_queue(db, wanted->settings, &mail, scratch);
}
