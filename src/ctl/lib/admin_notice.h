/* SPDX-License-Identifier: Apache-2.0 */
/* Notices by mail of what administrators change (core/mail_notice). */
#ifndef LUCI_ADMIN_NOTICE_H
#define LUCI_ADMIN_NOTICE_H

#include "core/account/admin.h"
#include "core/event/event.h"
#include "ctl/lib/account.h"

typedef struct {
    const luci_settings_t *settings;
    luci_event_kind_t event;
    const char *factor;       /* of the event; NULL: none */
    const char *new_address;  /* of a change of the address; NULL: none */
    const char *new_username; /* of a change of the name; NULL: none */
} luci_admin_notice_t;

/* Queues a notice in the transaction of the change; to be called there, or as luci_admin_then_t.run with a
 * luci_admin_notice_t as its baton. Results as luci_mail_notice_queue. */
luci_result_t luci_admin_notice_queue(luci_db_t *db, void *notice, const luci_user_t *user,
                                      apr_pool_t *scratch) LUCI_MUST_USE;

/* Sets attributes of a user, in one transaction under the user's lock; a change of the column email is told
 * to the address before. NOT_FOUND: the user does not exist any more. */
luci_result_t luci_admin_notice_set_values(const luci_ctl_database_t *database, const luci_user_t *user,
                                           const luci_account_values_t *values,
                                           apr_pool_t *scratch) LUCI_MUST_USE;

#endif
