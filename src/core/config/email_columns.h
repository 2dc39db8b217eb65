/* SPDX-License-Identifier: Apache-2.0 */
/* What LuciaEmail adds to the attributes of a user. */
#ifndef LUCI_EMAIL_COLUMNS_H
#define LUCI_EMAIL_COLUMNS_H

#include "core/base/settings.h"

/* With LuciaEmail, replaces settings->attributes by a list that has the columns email and email_verified as
 * well, from pool. */
void luci_email_columns_add(luci_settings_t *settings, apr_pool_t *pool);

#endif
