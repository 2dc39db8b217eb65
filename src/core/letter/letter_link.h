/* SPDX-License-Identifier: Apache-2.0 */
/* What the letters share whose link verifies an address or brings one back. Their row has the user's id as
 * name, and the address. */
#ifndef LUCI_LETTER_LINK_H
#define LUCI_LETTER_LINK_H

#include "core/account/user.h"
#include "core/email/email_token.h"
#include "core/letter/letter.h"

#define LUCI_LETTER_VERIFY_TAKEN "verify_taken" /* a kind: the address has an account already */

/* Finds the user, and the recipient, the address itself. NOT_FOUND: the user is gone or disabled. INVALID:
 * the row has no address. */
luci_result_t luci_letter_link_user(luci_db_t *db, luci_letter_t *letter, luci_user_t *user,
                                    apr_pool_t *pool) LUCI_MUST_USE;

/* Makes the token of a link of this kind (email_token.h), and sets the value "until". NOT_FOUND: the link is
 * void. */
luci_result_t luci_letter_link_make(luci_db_t *db, luci_letter_t *letter, const char *kind,
                                    apr_pool_t *pool) LUCI_MUST_USE;

#endif
