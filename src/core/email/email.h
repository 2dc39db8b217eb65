/* SPDX-License-Identifier: Apache-2.0 */
/* The e-mail address of an account: the columns email and email_verified of the user table, as in Lucia's
 * guides. With LuciaEmail, a verified address owns a row of the key table, without a password: so it belongs
 * to one account only, and the account is found by it. An address that is not verified owns nothing; anyone
 * may have typed it. */
#ifndef LUCI_EMAIL_H
#define LUCI_EMAIL_H

#include "core/account/key.h"

#define LUCI_EMAIL_COLUMN "email"
#define LUCI_EMAIL_VERIFIED_COLUMN "email_verified" /* 1: verified; 0 or NULL: not */

/* The key id of an address, from pool: "email:" and the address in lower case, as Lucia's provider "email";
 * or, if that is longer than a key id may be, "email:sha256-" and the hash of the address. INVALID: not an
 * address. */
luci_result_t luci_email_key_id(const char *address, const char **id, apr_pool_t *pool) LUCI_MUST_USE;

/* Finds the account of a verified address. Without LuciaEmail no address has an account. NOT_FOUND: none, or
 * the text is not an address. */
luci_result_t luci_email_find(luci_db_t *db, const luci_settings_t *settings, const char *address,
                              luci_user_t *user, apr_pool_t *pool) LUCI_MUST_USE;

/* Finds the account that a person names, by its verified address or its username, from pool. Blanks at the
 * ends do not count. NOT_FOUND: there is none. */
luci_result_t luci_email_find_named(luci_db_t *db, const luci_settings_t *settings, const char *name,
                                    luci_user_t *user, apr_pool_t *pool) LUCI_MUST_USE;

/* The address of a user to which mails may go, as luci_mailbox_check returns it: a verified one. Where
 * neither LuciaEmail nor LuciaUserAttributes reads email_verified, the site vouches for the column email.
 * NOT_FOUND: there is none. INVALID: it is not an address. */
luci_result_t luci_email_verified(const luci_user_t *user, const luci_settings_t *settings,
                                  const char **address, apr_pool_t *pool) LUCI_MUST_USE;

/* 1: the user has an address, and it was verified. Only with LuciaEmail. */
int luci_email_is_proved(const luci_user_t *user, const luci_settings_t *settings);

/* 1: LuciaEmail demands a verified address, and the user has none, so that neither a session nor a password
 * identifies the user. */
int luci_email_is_missing(const luci_user_t *user, const luci_settings_t *settings);

/* 1: with LuciaEmail, this is the column of the address, about which an unverified value says nothing. */
int luci_email_is_column(const luci_settings_t *settings, const char *column);

/* 1: both texts are addresses, and they are the same one. */
int luci_email_is_same(const char *one, const char *other, apr_pool_t *scratch);

#endif
