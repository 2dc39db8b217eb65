/* SPDX-License-Identifier: Apache-2.0 */
/* Notices of sign-ins from new devices. A device is new if the browser has no device cookie of the account
 * (core/throttle/device.h). The first sign-in of an account is not told, and of later ones only so many
 * within a day, of which the last one says so: people whose browsers keep no cookies are not flooded. */
#ifndef LUCI_DEVICE_NOTICE_H
#define LUCI_DEVICE_NOTICE_H

#include "core/mail_notice/mail_notice.h"

#define LUCI_DEVICE_NOTICES_MAX 3 /* within LUCI_DEVICE_NOTICES_PERIOD, for an account */
#define LUCI_DEVICE_NOTICES_PERIOD LUCI_MS_DAY

/* A sign-in that is about to store its session. */
typedef struct {
    const luci_user_t *user; /* with attributes, as the lock has read it */
    int is_known;            /* 1: nothing is to be told: the browser has a device cookie of the account, or
                                this is the sign-up */
    const luci_mail_origin_t *origin;
    luci_ms_t now;
} luci_device_sign_in_t;

/* Remembers that the account has signed in, and queues the notice, if one is due. Call it in the transaction,
 * under the user's lock, before the session is inserted. Results as luci_mail_notice_queue. */
luci_result_t luci_device_notice(luci_db_t *db, const luci_settings_t *settings,
                                 const luci_device_sign_in_t *sign_in, apr_pool_t *scratch) LUCI_MUST_USE;

#endif
