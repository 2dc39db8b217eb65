/* SPDX-License-Identifier: Apache-2.0 */
/* Orders of the mails with links that verify an address or bring one back (email_token.h). Each adds a row to
 * the queue of mails, with the user's id as name, and the row of the link, in the transaction of the caller.
 * Nothing is looked up, so that an address that another user has verified is ordered like any other; the
 * sender of the mail finds out. */
#ifndef LUCI_EMAIL_ORDER_H
#define LUCI_EMAIL_ORDER_H

#include "core/email/email_token.h"

/* Strings are borrowed. */
typedef struct {
    const char *user_id;
    const char *address;  /* as typed, which luci_email_key_id accepts */
    const char *language; /* of the mail, a tag; NULL: the first of LuciaLanguages */
    luci_ms_t now;
} luci_email_order_t;

/* A link that verifies the address. It voids the earlier ones of the user, also those whose mail has not been
 * sent. UNAVAILABLE: also if there is no table of links or of mails. */
luci_result_t luci_email_order_verify(luci_db_t *db, const luci_email_order_t *order,
                                      apr_pool_t *scratch) LUCI_MUST_USE;

/* A link that brings the address back, which the user had verified before another one. */
luci_result_t luci_email_order_undo(luci_db_t *db, const luci_email_order_t *order,
                                    apr_pool_t *scratch) LUCI_MUST_USE;

#endif
