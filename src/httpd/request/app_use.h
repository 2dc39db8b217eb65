/* SPDX-License-Identifier: Apache-2.0 */
/* Writes down that app passwords are used, as rarely as the times of sessions while the database takes no
 * writes. */
#ifndef LUCI_APP_USE_H
#define LUCI_APP_USE_H

#include "core/auth/auth.h"

#include <httpd.h>

int luci_app_use_may_be_written(request_rec *r, luci_ms_t now);

/* Notes a write that failed. */
void luci_app_use_note(request_rec *r, const luci_app_access_t *app, luci_ms_t now);

#endif
