/* SPDX-License-Identifier: Apache-2.0 */
/* What the letters share whose row has the user's id as name, and the address to which they go: those whose
 * link verifies the address or brings it back (core/email/email_token.h), and the one to an address that has
 * an account already. */
#ifndef LUCI_LETTER_LINK_H
#define LUCI_LETTER_LINK_H

#include "core/letter/letter.h"

#define LUCI_LETTER_VERIFY_TAKEN "verify_taken" /* a kind: the address has an account already */

/* Finds the user and the recipient, and sets the value "until". NOT_FOUND: the user is gone. DENIED: the user
 * is disabled. INVALID: the row has no address. */
luci_result_t luci_letter_link_prepare(luci_db_t *db, luci_letter_t *letter, apr_pool_t *pool) LUCI_MUST_USE;

/* Makes the token of a link, whose kind is that of the letter. NOT_FOUND: the link is void. */
luci_result_t luci_letter_link_make(luci_db_t *db, luci_letter_t *letter, apr_pool_t *pool) LUCI_MUST_USE;

#endif
