/* SPDX-License-Identifier: Apache-2.0 */
/* Groups of users, which access may depend on (Require lucia-group). Only administrators change them: no page
 * does. A name has 1 to LUCI_GROUP_BYTES_MAX lower-case letters, digits, '.', '_' and '-', and begins with a
 * letter or a digit, so that all engines compare it alike. */
#ifndef LUCI_GROUP_H
#define LUCI_GROUP_H

#include "core/account/user.h"
#include "core/db/user_group_table.h"

#define LUCI_GROUPS_BYTES_MAX 1000 /* of all groups of a user, with commas between them */

/* 1 if the text is a valid name of a group. */
int luci_group_is_name(const char *name);

/* 1 if a list with commas (luci_user_groups; NULL: empty) has the name. */
int luci_group_list_has(const char *list, const char *name);

/* The groups of a user, in order; *names: const char *, from pool. */
luci_result_t luci_group_list(luci_db_t *db, const char *user_id, apr_array_header_t **names,
                              apr_pool_t *pool) LUCI_MUST_USE;

/* In a transaction that holds the user's lock: puts the user into a group. *added: 0: the user was in it.
 * INVALID: the user would have more groups than LUCI_GROUPS_BYTES_MAX. */
luci_result_t luci_group_join(luci_db_t *db, const char *user_id, const char *name, int *added,
                              apr_pool_t *scratch) LUCI_MUST_USE;

/* The same, in a transaction of its own. NOT_FOUND: the user does not exist any more. */
luci_result_t luci_group_add(luci_db_t *db, const char *user_id, const char *name, int *added,
                             apr_pool_t *scratch) LUCI_MUST_USE;

/* Takes the user out of a group. *removed: 0: the user was not in it. NOT_FOUND as above. */
luci_result_t luci_group_remove(luci_db_t *db, const char *user_id, const char *name, int *removed,
                                apr_pool_t *scratch) LUCI_MUST_USE;

#endif
