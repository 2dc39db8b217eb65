/* SPDX-License-Identifier: Apache-2.0 */
/* Users, as the commands about them find and show them. */
#ifndef LUCI_ACCOUNT_H
#define LUCI_ACCOUNT_H

#include "core/account/admin.h"
#include "ctl/lib/database.h"

/* The option that makes NAME a user's id; for the tables of commands. */
#define LUCI_ACCOUNT_BY_ID                                                                                   \
    {                                                                                                        \
        "id", NULL, "NAME is a user id", 0                                                                   \
    }

/* The options that say what goes into columns of the user table. */
#define LUCI_ACCOUNT_ATTRIBUTE                                                                               \
    {                                                                                                        \
        "attribute", "COLUMN=VALUE", "the value of an attribute", 1                                          \
    }
#define LUCI_ACCOUNT_CLEAR                                                                                   \
    {                                                                                                        \
        "clear", "COLUMN", "the attribute has no value", 1                                                   \
    }

/* Opens the database and finds the user whom the first operand names. DONE: *user lasts as long as the call.
 * REFUSED: there is none; USAGE, DATABASE. Said. */
luci_exit_t luci_account_open(luci_invocation_t *call, luci_ctl_database_t *database, luci_user_t *user);

/* The same for a command that changes something: the audit log is opened, too. */
luci_exit_t luci_account_open_to_change(luci_invocation_t *call, luci_ctl_database_t *database,
                                        luci_user_t *user);

/* The first for any name, in a database that is open. */
luci_exit_t luci_account_find(luci_invocation_t *call, luci_ctl_database_t *database, const char *name,
                              luci_user_t *user);

/* What --attribute and --clear say. The columns are added to the settings, so that they are looked for when
 * the database is connected, and shown. USAGE: said why. */
typedef struct {
    luci_admin_value_t *values;
    int count;
} luci_account_values_t;
luci_exit_t luci_account_values(luci_invocation_t *call, luci_ctl_database_t *database,
                                luci_account_values_t *values);

/* The columns that every user has, and what stands for the others in the help. */
#define LUCI_ACCOUNT_COLUMNS                                                                                 \
    { "username", "Username", LUCI_CELL_TEXT, NULL }, { "userId", "User id", LUCI_CELL_TEXT, NULL },         \
        { "disabled", "Disabled", LUCI_CELL_FLAG, NULL },                                                    \
    {                                                                                                        \
        "createdAt", "Created", LUCI_CELL_TIMESTAMP, NULL                                                    \
    }
#define LUCI_ACCOUNT_ATTRIBUTE_COLUMN                                                                        \
    {                                                                                                        \
        "NAME", "each attribute's name", LUCI_CELL_TEXT, "attributes"                                        \
    }

/* The columns of a list of users and the cells of one; *count of each. From pool. */
const luci_column_t *luci_account_columns(const luci_settings_t *settings, int *count, apr_pool_t *pool);
const char **luci_account_cells(const luci_user_t *user, const luci_settings_t *settings, int count,
                                apr_pool_t *pool);

/* The user as it is in the table now, as what was done: people read the sentence. */
luci_exit_t luci_account_done(luci_invocation_t *call, luci_ctl_database_t *database, const char *user_id,
                              const char *sentence);

/* Says why a name or a new password is not taken: INVALID, CONFLICT, NOT_FOUND (the user is gone); or why the
 * database could not be used. */
luci_exit_t luci_account_refused(luci_invocation_t *call, const luci_ctl_database_t *database,
                                 luci_result_t result, const char *name);

/* Asks for a new password and hashes it. DONE: *stored lasts as long as the call. REFUSED, USAGE: said why.
 */
luci_exit_t luci_account_password(luci_invocation_t *call, const luci_ctl_database_t *database,
                                  const char *prompt, const char **stored);

#endif
