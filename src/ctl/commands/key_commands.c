/* SPDX-License-Identifier: Apache-2.0 */
#include "ctl/commands/commands.h"

#include "core/base/text.h"
#include "core/db/key_table.h"
#include "core/db/paging.h"
#include "core/password/password_hash.h"
#include "core/password/policy.h"
#include "ctl/cli/say.h"
#include "ctl/cli/secret_prompt.h"
#include "ctl/lib/account.h"
#include "ctl/lib/admin_audit.h"
#include "ctl/lib/session_notice.h"

#include <apr_strings.h>
#include <string.h>

#define KEY_BYTES_MAX 255 /* of an id; the width of the column on MariaDB and SQLite */

/* The username with which a key lets its user sign in; NULL if the key belongs to another provider. */
static const char *name_of(const char *written)
{
    return strchr(written, ':') ? luci_key_name(written) : written;
}

/* The id of a key that the command line names, as PROVIDER:ID or as a username. */
static luci_result_t key_id(const char *written, const char **id, apr_pool_t *pool)
{
    const char *name = name_of(written);

    if (name)
        return luci_key_id(name, id, pool);
    *id = written;
    return luci_text_valid_bytes(written, strlen(written)) == strlen(written) ? LUCI_OK : LUCI_INVALID;
}

static luci_exit_t take_key_id(luci_invocation_t *call, const char *written, const char **id)
{
    if (key_id(written, id, call->pool) == LUCI_OK && strlen(*id) <= KEY_BYTES_MAX)
        return LUCI_EXIT_DONE;
    return luci_command_misuse(call, apr_psprintf(call->pool,
                                                  "%s is not a key: PROVIDER:ID or a username is allowed, "
                                                  "UTF-8, at most %d bytes",
                                                  written, KEY_BYTES_MAX));
}

/* ---- key list ---- */

static const luci_column_t columns[] = {
    { "key", "Key", LUCI_CELL_TEXT, NULL },
    { "hash", "Hash", LUCI_CELL_TEXT, NULL },
    { "outdated", "Outdated", LUCI_CELL_FLAG, NULL },
    LUCI_COLUMNS_END,
};

/* Kinds of hashes by their prefix (password_hash.h). */
static const struct {
    const char *begins;
    const char *name;
} kinds[] = {
    { "s2:", "lucia-scrypt" }, { "$2", "bcrypt" },        { "$apr1$", "apr1" },      { "{SHA}", "sha1" },
    { "$1$", "md5-crypt" },    { "$5$", "sha256-crypt" }, { "$6$", "sha512-crypt" }, { "$y$", "yescrypt" },
};

/* Turns "$argon2id$v=19$m=19456,t=2,p=1$salt$hash" into "argon2id m=19456,t=2,p=1". */
static const char *describe_argon2(const char *stored, apr_pool_t *pool)
{
    char *rest, *copy = apr_pstrdup(pool, stored);
    const char *kind = apr_strtok(copy, "$", &rest), *part = apr_strtok(NULL, "$", &rest);

    while (part && strncmp(part, "m=", 2) != 0)
        part = apr_strtok(NULL, "$", &rest);
    return apr_pstrcat(pool, kind, part ? " " : "", part ? part : "", NULL);
}

/* Describes the kind and the cost of a hash, without any part of the salt or the hash itself. */
static const char *describe(const char *stored, apr_pool_t *pool)
{
    if (!stored)
        return NULL;
    if (strncmp(stored, "$argon2", 7) == 0)
        return describe_argon2(stored, pool);
    for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++) {
        if (strncmp(stored, kinds[i].begins, strlen(kinds[i].begins)) == 0)
            return kinds[i].name;
    }
    return strchr(stored, ':') ? "lucia-scrypt r=8" : "other";
}

typedef struct {
    luci_output_t *output;
    const luci_settings_t *settings;
} listing_t;

static int list_key(void *baton, const char *const *row, apr_pool_t *scratch)
{
    const listing_t *listing = baton;
    const char *cells[] = {
        row[0],
        describe(row[1], scratch),
        row[1] && luci_password_outdated(row[1], &listing->settings->hash) ? "1" : "0",
    };

    luci_output_row(listing->output, cells);
    return 1;
}

static luci_exit_t run_list(luci_invocation_t *call)
{
    luci_ctl_database_t database;
    listing_t listing = { call->output, &database.config.settings };
    luci_user_t user;
    luci_paging_walk_t walk = { &luci_sql_key_page, NULL, 1, list_key, &listing };
    luci_result_t result;
    luci_exit_t status = luci_account_open(call, &database, &user);

    if (status != LUCI_EXIT_DONE)
        return status;
    walk.user = user.id;
    luci_output_begin(call->output, columns, LUCI_COLUMNS_COUNT(columns));
    result = luci_paging_walk(database.db, &walk, call->pool);
    luci_output_end(call->output);
    return result == LUCI_OK ? LUCI_EXIT_DONE : luci_ctl_database_failed(&database, result);
}

static const luci_option_t list_options[] = { LUCI_ACCOUNT_BY_ID, { NULL, NULL, NULL, 0 } };

const luci_command_t luci_command_key_list = {
    "key list",
    "NAME",
    "Lists a user's keys",
    "A key identifies a user at sign-in; username:NAME is a name with a password. Only the kind and\n"
    "the cost of its hash are shown. The next sign-in replaces an outdated hash.\n",
    list_options,
    1,
    1,
    run_list,
    columns,
};

/* ---- key add, key delete ---- */

static luci_exit_t say_key(luci_invocation_t *call, const char *id, const char *user_id, const char *what)
{
    static const luci_column_t done[] = {
        { "key", "Key", LUCI_CELL_TEXT, NULL },
        { "userId", "User id", LUCI_CELL_TEXT, NULL },
    };
    const char *cells[] = { id, user_id };

    luci_output_done(call->output, apr_psprintf(call->pool, "The key %s was %s.", id, what), done, 2, cells);
    return LUCI_EXIT_DONE;
}

static luci_exit_t run_add(luci_invocation_t *call)
{
    luci_ctl_database_t database;
    luci_user_t user;
    const char *id, *stored = NULL, *name = name_of(call->operand[1]);
    luci_result_t result;
    luci_exit_t status = take_key_id(call, call->operand[1], &id);

    if (status == LUCI_EXIT_DONE)
        status = luci_account_open_to_change(call, &database, &user);
    if (status == LUCI_EXIT_DONE && name && luci_policy_new_name(&database.config.settings, name) != LUCI_OK)
        status = luci_account_refused(call, &database, LUCI_INVALID, name);
    if (status == LUCI_EXIT_DONE && !luci_command_has(call, "no-password"))
        status = luci_account_password(call, &database, name ? name : user.username,
                                       apr_pstrcat(call->pool, "Password of ", id, NULL), &stored);
    if (status != LUCI_EXIT_DONE)
        return status;
    result = luci_admin_add_key(database.db, &user, id, stored, call->pool);
    luci_admin_audit_write(&database, LUCI_EVENT_KEY_ADD, &user, result, 0);
    if (result == LUCI_CONFLICT)
        return luci_say_error(LUCI_EXIT_REFUSED, "the key %s is taken", id);
    return result == LUCI_OK ? say_key(call, id, user.id, "added")
                             : luci_account_refused(call, &database, result, user.username);
}

static const luci_option_t add_options[] = {
    LUCI_SECRET_PROMPT_STDIN,
    { "no-password", NULL, "add a key without a password, as for other providers", 0 },
    LUCI_ACCOUNT_BY_ID,
    { NULL, NULL, NULL, 0 },
};

const luci_command_t luci_command_key_add = {
    "key add",
    "NAME KEY",
    "Adds a key to a user",
    "KEY is PROVIDER:ID, such as github:583231 for an application that uses Lucia, or an additional\n"
    "name for sign-in. The password of the key is read as user passwd reads one.\n",
    add_options,
    2,
    2,
    run_add,
    NULL,
};

static int count_key(void *baton, const char *const *row, apr_pool_t *scratch)
{
    (void)row;
    (void)scratch;
    return ++*(int *)baton < 2;
}

/* Asks for confirmation before the last key of a user is deleted, because the user cannot sign in without
 * one. *result is that of the database. REFUSED, USAGE: not confirmed, with a message. */
static luci_exit_t confirm_last(luci_invocation_t *call, luci_ctl_database_t *database,
                                const luci_user_t *user, luci_result_t *result)
{
    int keys = 0;
    luci_paging_walk_t walk = { &luci_sql_key_page, user->id, 1, count_key, &keys };

    *result = luci_paging_walk(database->db, &walk, call->pool);
    if (*result != LUCI_OK || keys > 1 || luci_command_has(call, "yes"))
        return LUCI_EXIT_DONE;
    return luci_secret_prompt_confirm(
        call,
        apr_psprintf(call->pool, "This is the last key of %s, who cannot sign in without it. Delete it?",
                     user->username));
}

static luci_exit_t run_delete(luci_invocation_t *call)
{
    luci_ctl_database_t database;
    luci_key_t key = { 0 };
    const char *id;
    luci_result_t result;
    luci_exit_t status = take_key_id(call, call->operand[0], &id);

    if (status == LUCI_EXIT_DONE)
        status = luci_ctl_database_open(call, &database);
    if (status == LUCI_EXIT_DONE)
        status = luci_admin_audit_open(call, &database);
    if (status != LUCI_EXIT_DONE)
        return status;
    result = luci_key_get(database.db, id, &key, call->pool);
    if (result == LUCI_OK)
        status = confirm_last(call, &database, &key.user, &result);
    if (status != LUCI_EXIT_DONE)
        return status;
    if (result == LUCI_OK)
        result = luci_admin_delete_key(database.db, &key, call->pool);
    if (result == LUCI_NOT_FOUND)
        return luci_say_error(LUCI_EXIT_REFUSED, "there is no key %s", id);
    luci_admin_audit_write(&database, LUCI_EVENT_KEY_DELETE, &key.user, result, 0);
    if (result == LUCI_OK)
        luci_session_notice_ended(call, &database, key.user.id, NULL);
    return result == LUCI_OK ? say_key(call, id, key.user.id, "deleted")
                             : luci_ctl_database_failed(&database, result);
}

static const luci_option_t delete_options[] = {
    { "yes", NULL, "delete even the user's last key without confirmation", 0 },
    { NULL, NULL, NULL, 0 },
};

const luci_command_t luci_command_key_delete = {
    "key delete",
    "KEY",
    "Deletes a key",
    "Sign-in with the key is no longer possible. The user and the sessions stay.\n",
    delete_options,
    1,
    1,
    run_delete,
    NULL,
};
