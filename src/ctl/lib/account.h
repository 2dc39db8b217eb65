/* SPDX-License-Identifier: Apache-2.0 */
/* What the commands about users share: finding a user, attributes, output, and passwords. Every function
 * reports its errors. */
#ifndef LUCI_ACCOUNT_H
#define LUCI_ACCOUNT_H

#include "core/account/admin.h"
#include "ctl/lib/database.h"

/* The option --id, for the tables of commands. */
#define LUCI_ACCOUNT_BY_ID                                                                                   \
    {                                                                                                        \
        "id", NULL, "NAME is a user id, not a username", 0                                                   \
    }

/* The options that set attributes, which are columns of the user table. */
#define LUCI_ACCOUNT_ATTRIBUTE                                                                               \
    {                                                                                                        \
        "attribute", "COLUMN=VALUE", "set an attribute", 1                                                   \
    }
#define LUCI_ACCOUNT_CLEAR                                                                                   \
    {                                                                                                        \
        "clear", "COLUMN", "set an attribute to NULL", 1                                                     \
    }

/* Opens the database and finds the user that the first operand names. DONE: *user is from the call's pool.
 * REFUSED: there is no such user. USAGE, DATABASE: as luci_ctl_database_open. */
luci_exit_t luci_account_open(luci_invocation_t *call, luci_ctl_database_t *database, luci_user_t *user);

/* Does the same for a command that changes the user, and opens the audit log as well. */
luci_exit_t luci_account_open_to_change(luci_invocation_t *call, luci_ctl_database_t *database,
                                        luci_user_t *user);

/* Finds the user named name in an open database, with --id the user with that id. */
luci_exit_t luci_account_find(luci_invocation_t *call, luci_ctl_database_t *database, const char *name,
                              luci_user_t *user);

/* The values of --attribute and --clear, and of operands after the first. luci_account_values also adds their
 * columns to the settings, so that luci_ctl_database_connect looks for them and the output shows them. USAGE:
 * a column is not allowed, or given twice. */
typedef struct {
    luci_user_value_t *values;
    int count;
} luci_account_values_t;
luci_exit_t luci_account_values(luci_invocation_t *call, luci_ctl_database_t *database,
                                luci_account_values_t *values);

/* 1 if a column is left to user email, because verified addresses have keys (LuciaEmail). */
int luci_account_is_email(const luci_settings_t *settings, const char *column);

/* 1 if a column of this name may be an attribute that these commands set. */
int luci_account_is_attribute(const char *column);

/* The columns that every user has, the placeholder of the attributes in the help, and with LuciaGroups the
 * groups. */
#define LUCI_ACCOUNT_COLUMNS                                                                                 \
    { "username", "Username", LUCI_CELL_TEXT, NULL }, { "userId", "User id", LUCI_CELL_TEXT, NULL },         \
        { "disabled", "Disabled", LUCI_CELL_FLAG, NULL },                                                    \
        { "createdAt", "Created", LUCI_CELL_TIMESTAMP, NULL },                                               \
    {                                                                                                        \
        "expiresAt", "Expires", LUCI_CELL_TIMESTAMP, NULL                                                    \
    }
#define LUCI_ACCOUNT_DISABLED 2 /* the place of the flag among them */
#define LUCI_ACCOUNT_EXPIRES 4  /* that of the date */
#define LUCI_ACCOUNT_ATTRIBUTE_COLUMN                                                                        \
    {                                                                                                        \
        "NAME", "each attribute's name", LUCI_CELL_TEXT, "attributes"                                        \
    }

#define LUCI_ACCOUNT_GROUPS_COLUMN                                                                           \
    {                                                                                                        \
        "groups", "Groups", LUCI_CELL_WORDS, NULL                                                            \
    }

/* The columns of a list of users, *count of them, and the cells of one user; from pool. */
const luci_column_t *luci_account_columns(const luci_settings_t *settings, int *count, apr_pool_t *pool);
const char **luci_account_cells(const luci_user_t *user, const luci_settings_t *settings, int count,
                                apr_pool_t *pool);

/* 1 if the user is disabled now, also because the account has expired. */
int luci_account_is_disabled(const luci_user_t *user);

/* Whether there are groups. REFUSED: there are none. */
luci_exit_t luci_account_need_groups(const luci_ctl_database_t *database);

/* Reports a change: people get the sentence, programs the user as it is in the table now. REFUSED: the user
 * has been deleted since. DATABASE: the user could not be read. */
luci_exit_t luci_account_done(luci_invocation_t *call, luci_ctl_database_t *database, const char *user_id,
                              const char *sentence);

/* Reports why a change failed: the name is INVALID or taken (CONFLICT), the user has been deleted
 * (NOT_FOUND), or the error of the database. Returns REFUSED or DATABASE. */
luci_exit_t luci_account_refused(luci_invocation_t *call, const luci_ctl_database_t *database,
                                 luci_result_t result, const char *name);

/* Asks for a new password of the user with this name, checks it as at sign-up and hashes it. DONE: *stored is
 * from the call's pool. REFUSED: the password is not allowed. USAGE: there is no terminal to ask on. */
luci_exit_t luci_account_password(luci_invocation_t *call, const luci_ctl_database_t *database,
                                  const char *username, const char *prompt, const char **stored);

#endif
