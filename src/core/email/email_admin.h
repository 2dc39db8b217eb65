/* SPDX-License-Identifier: Apache-2.0 */
/* Administration of addresses. */
#ifndef LUCI_EMAIL_ADMIN_H
#define LUCI_EMAIL_ADMIN_H

#include "core/account/admin.h"

/* Gives a user a verified address with its key, or none (NULL), in one transaction under the user's lock, and
 * voids all links of the user: to a new password, too, because they were sent to the address before. Then it
 * runs what then says (NULL: nothing). Sessions stay. NOT_FOUND: the user does not exist any more. CONFLICT:
 * another user has the address. INVALID: it is no address. */
luci_result_t luci_email_admin_set(luci_db_t *db, const luci_user_t *user, const char *address,
                                   const luci_admin_then_t *then, apr_pool_t *scratch) LUCI_MUST_USE;

#endif
