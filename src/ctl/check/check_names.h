/* SPDX-License-Identifier: Apache-2.0 */
/* Names that are in a database already: those that no new account could have, and those that a
 * reader takes for another account's. Memory is bounded: of names that are not plain, the first 10,000 are
 * compared. */
#ifndef LUCI_CHECK_NAMES_H
#define LUCI_CHECK_NAMES_H

#include "core/account/user.h"
#include "ctl/check/finding.h"

typedef struct luci_check_names_t luci_check_names_t;

luci_check_names_t *luci_check_names_begin(const luci_settings_t *settings, luci_findings_t *findings);

/* First all users, then the ids of all keys. */
luci_result_t luci_check_names_user(luci_check_names_t *names, const luci_user_t *user,
                                    apr_pool_t *scratch) LUCI_MUST_USE;
luci_result_t luci_check_names_key(luci_check_names_t *names, const char *key_id,
                                   apr_pool_t *scratch) LUCI_MUST_USE;

/* Says what was found. It asks the database whether a plain name looks like one that is not. */
luci_result_t luci_check_names_end(luci_check_names_t *names, luci_db_t *db) LUCI_MUST_USE;

#endif
