/* SPDX-License-Identifier: Apache-2.0 */
/* Checks the names in a database: reports those that are not valid for a new account, and pairs that look the
 * same. Memory is bounded: of the names whose appearance differs from their key, only the first 10,000 are
 * compared. */
#ifndef LUCI_CHECK_NAMES_H
#define LUCI_CHECK_NAMES_H

#include "core/account/user.h"
#include "ctl/check/finding.h"

typedef struct luci_check_names_t luci_check_names_t;

luci_check_names_t *luci_check_names_begin(const luci_settings_t *settings, luci_findings_t *findings);

/* The caller passes all users first, then the ids of all keys. */
luci_result_t luci_check_names_user(luci_check_names_t *names, const luci_user_t *user,
                                    apr_pool_t *scratch) LUCI_MUST_USE;
luci_result_t luci_check_names_key(luci_check_names_t *names, const char *key_id,
                                   apr_pool_t *scratch) LUCI_MUST_USE;

/* Adds the findings, after queries for plain names that look like one of those remembered. */
luci_result_t luci_check_names_end(luci_check_names_t *names, luci_db_t *db) LUCI_MUST_USE;

#endif
