/* SPDX-License-Identifier: Apache-2.0 */
#include "ctl/commands/commands.h"

#include "core/passkey/passkey.h"
#include "core/db/passkey_table.h"
#include "ctl/cli/say.h"
#include "ctl/lib/account.h"
#include "ctl/lib/admin_audit.h"
#include "ctl/lib/admin_notice.h"

#include <apr_strings.h>

#define FACTOR "passkey"

static luci_exit_t say_no_table(luci_invocation_t *call, const luci_ctl_database_t *database)
{
    return luci_ctl_database_lacks_table(database, &luci_table_passkey, "there are no passkeys, because",
                                         "LuciaPasskeys on", call->pool);
}

/* ---- passkey list ---- */

static const luci_column_t columns[] = {
    { "tag", "Passkey", LUCI_CELL_TEXT, NULL },
    { "name", "Name", LUCI_CELL_TEXT, NULL },
    { "createdAt", "Created", LUCI_CELL_TIMESTAMP, NULL },
    { "lastUsed", "Last used", LUCI_CELL_TIMESTAMP, NULL },
    { "backedUp", "Backed up", LUCI_CELL_FLAG, NULL },
    LUCI_COLUMNS_END,
};

static luci_exit_t run_list(luci_invocation_t *call)
{
    luci_ctl_database_t database;
    luci_user_t user;
    apr_array_header_t *list;
    luci_result_t result;
    luci_exit_t status = luci_account_open(call, &database, &user);

    if (status != LUCI_EXIT_DONE)
        return status;
    result = luci_passkey_list(database.db, user.id, &list, call->pool);
    if (result == LUCI_NOT_FOUND)
        return say_no_table(call, &database);
    if (result != LUCI_OK)
        return luci_ctl_database_failed(&database, result);
    luci_output_begin(call->output, columns, LUCI_COLUMNS_COUNT(columns));
    for (int i = 0; i < list->nelts; i++) {
        const luci_passkey_t *listed = &APR_ARRAY_IDX(list, i, luci_passkey_t);
        const char *cells[] = { listed->tag, listed->name, luci_sql_number(listed->created_at, call->pool),
                                listed->last_used ? luci_sql_number(listed->last_used, call->pool) : NULL,
                                listed->credential.flags & LUCI_CREDENTIAL_BACKED_UP ? "1" : "0" };

        luci_output_row(call->output, cells);
    }
    luci_output_end(call->output);
    return LUCI_EXIT_DONE;
}

static const luci_option_t options[] = { LUCI_ACCOUNT_BY_ID, { NULL, NULL, NULL, 0 } };

const luci_command_t luci_command_passkey_list = {
    "passkey list",
    "NAME",
    "Lists the passkeys of a user",
    "Each is identified by the first digits of the SHA-256 of its credential id, as in JSON. One that is\n"
    "backed up is synchronised to other devices of the user. Only with LuciaPasskeys.\n",
    options,
    1,
    1,
    run_list,
    columns,
};

/* ---- passkey delete ---- */

static luci_exit_t say_deleted(luci_invocation_t *call, const char *tag, const char *user_id)
{
    static const luci_column_t done[] = {
        { "tag", "Passkey", LUCI_CELL_TEXT, NULL },
        { "userId", "User id", LUCI_CELL_TEXT, NULL },
    };
    const char *cells[] = { tag, user_id };

    luci_output_done(call->output, apr_psprintf(call->pool, "The passkey %s was deleted.", tag), done, 2,
                     cells);
    return LUCI_EXIT_DONE;
}

typedef struct {
    const char *tag;
    luci_admin_notice_t notice;
} deleting_t;

static luci_result_t delete_told(luci_db_t *db, void *baton, const luci_user_t *user, apr_pool_t *scratch)
{
    deleting_t *deleting = baton;
    luci_result_t result = luci_passkey_delete(db, user->id, deleting->tag, scratch);

    return result == LUCI_OK ? luci_admin_notice_queue(db, &deleting->notice, user, scratch) : result;
}

static luci_exit_t run_delete(luci_invocation_t *call)
{
    luci_ctl_database_t database;
    luci_user_t user;
    const char *tag = call->operand[1];
    deleting_t deleting = {
        tag, { .settings = &database.config.settings, .event = LUCI_EVENT_FACTOR_REMOVE, .factor = FACTOR }
    };
    luci_admin_then_t then = { delete_told, &deleting };
    luci_result_t result;
    luci_exit_t status;

    if (!luci_command_is_tag(tag, LUCI_PASSKEY_TAG_HEX))
        return luci_command_misuse(call, "TAG is the 12 digits that passkey list shows");
    status = luci_account_open_to_change(call, &database, &user);
    if (status != LUCI_EXIT_DONE)
        return status;
    result = luci_passkey_has_table(database.db);
    if (result == LUCI_NOT_FOUND)
        return say_no_table(call, &database);
    if (result == LUCI_OK)
        result = luci_admin_run(database.db, &user, &then, call->pool);
    luci_admin_audit_factor(&database, FACTOR, &user, result);
    if (result == LUCI_NOT_FOUND)
        return luci_say_error(LUCI_EXIT_REFUSED, "%s has no passkey %s", user.username, tag);
    return result == LUCI_OK ? say_deleted(call, tag, user.id) : luci_ctl_database_failed(&database, result);
}

const luci_command_t luci_command_passkey_delete = {
    "passkey delete",
    "NAME TAG",
    "Deletes a passkey of a user",
    "TAG is what passkey list shows. The passkey no longer signs in; sessions stay.\n",
    options,
    2,
    2,
    run_delete,
    NULL,
};
