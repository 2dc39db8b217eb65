/* SPDX-License-Identifier: Apache-2.0 */
#include "core/mail/notice_kind.h"

#include "core/base/settings.h"

#include <stddef.h>

const luci_mail_notice_kind_t luci_mail_notice_kind_list[] = {
    { LUCI_MAIL_NOTICE_DEVICE, "device", "notice_device" },
    { LUCI_MAIL_NOTICE_PASSWORD, "password", "notice_password" },
    { LUCI_MAIL_NOTICE_EMAIL, "email", "notice_email" },
    { LUCI_MAIL_NOTICE_FACTOR, "factor", "notice_factor" },
    { LUCI_MAIL_NOTICE_USERNAME, "username", "notice_username" },
    { 0, NULL, NULL },
};
