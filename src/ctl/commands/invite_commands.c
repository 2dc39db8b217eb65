/* SPDX-License-Identifier: Apache-2.0 */
#include "ctl/commands/commands.h"

#include "core/base/timestamp.h"
#include "core/config/directive_types.h"
#include "core/db/invitation_table.h"
#include "core/db/paging.h"
#include "core/group/group.h"
#include "core/invitation/invitation.h"
#include "core/mail/mail_queue.h"
#include "core/mail/mailbox.h"
#include "ctl/cli/say.h"
#include "ctl/lib/account.h"
#include "ctl/lib/admin_audit.h"
#include "ctl/lib/one_time_link.h"

#include <apr_strings.h>
#include <apr_time.h>
#include <stdlib.h>
#include <string.h>

#define VALID (7 * LUCI_MS_DAY)
#define VALID_MAX (3650 * LUCI_MS_DAY)
#define USES_MAX 1000000

/* ---- invite add ---- */

static luci_exit_t read_expiry(luci_invocation_t *call, luci_invitation_wanted_t *wanted)
{
    const char *text = luci_command_value(call, "expires");
    luci_ms_t valid = VALID;

    if (text && (!luci_word_ms(text, &valid) || valid < LUCI_MS_MINUTE || valid > VALID_MAX))
        return luci_command_misuse(
            call, apr_psprintf(call->pool,
                               "--expires %s: write a time such as 24h or 7d, of at least a minute", text));
    wanted->expires = wanted->now + valid;
    return LUCI_EXIT_DONE;
}

static int in_order(const void *a, const void *b)
{
    return strcmp(*(const char *const *)a, *(const char *const *)b);
}

static luci_exit_t read_groups(luci_invocation_t *call, luci_invitation_wanted_t *wanted)
{
    apr_array_header_t *names = luci_command_values(call, "group");
    const char *list = "";

    qsort(names->elts, (size_t)names->nelts, sizeof(const char *), in_order);
    for (int i = 0; i < names->nelts; i++) {
        const char *name = APR_ARRAY_IDX(names, i, const char *);

        if (!luci_group_is_name(name))
            return luci_command_misuse(
                call, apr_psprintf(call->pool, "--group %s: that is not the name of a group", name));
        if (!luci_group_list_has(list, name))
            list = apr_pstrcat(call->pool, list, *list ? "," : "", name, NULL);
    }
    if (strlen(list) >= LUCI_GROUPS_BYTES_MAX)
        return luci_command_misuse(call, "these are too many groups");
    wanted->groups = *list ? list : NULL;
    return LUCI_EXIT_DONE;
}

static luci_exit_t read_address(luci_invocation_t *call, luci_invitation_wanted_t *wanted)
{
    const char *address = luci_command_value(call, "mail");

    if (!address)
        return LUCI_EXIT_DONE;
    if (luci_command_has(call, "url"))
        return luci_command_misuse(call, "--mail and --url exclude each other: the link of a mail leads to "
                                         "the page below LuciaSiteURL");
    if (luci_mailbox_check(address, &wanted->address, call->pool) != LUCI_OK)
        return luci_command_misuse(call, apr_pstrcat(call->pool, address, " is not an e-mail address", NULL));
    return LUCI_EXIT_DONE;
}

static luci_exit_t read_options(luci_invocation_t *call, luci_invitation_wanted_t *wanted)
{
    apr_int64_t uses = 1;
    luci_exit_t status = luci_command_number(call, "uses", 1, USES_MAX, &uses);

    wanted->uses = (int)uses;
    if (status == LUCI_EXIT_DONE)
        status = read_expiry(call, wanted);
    if (status == LUCI_EXIT_DONE)
        status = read_groups(call, wanted);
    return status == LUCI_EXIT_DONE ? read_address(call, wanted) : status;
}

/* page: NULL for a mail, whose link httpd writes. */
static luci_exit_t open_table(luci_invocation_t *call, luci_ctl_database_t *database,
                              const luci_invitation_wanted_t *wanted, const char **page)
{
    luci_exit_t status = luci_ctl_database_open(call, database);

    if (status == LUCI_EXIT_DONE)
        status = luci_admin_audit_open(call, database);
    if (status == LUCI_EXIT_DONE && wanted->groups)
        status = luci_account_need_groups(database);
    if (status == LUCI_EXIT_DONE && page)
        status = luci_one_time_link_page(call, &database->config, "signup", page);
    return status == LUCI_EXIT_DONE
               ? luci_one_time_link_table(call, database, &luci_table_invitation, "invitations need")
               : status;
}

static const char *tag_of(const char *id, apr_pool_t *pool)
{
    return apr_pstrmemdup(pool, id, LUCI_INVITATION_TAG_HEX);
}

static void print(luci_invocation_t *call, const luci_invitation_wanted_t *wanted, const char *url)
{
    static const luci_column_t columns[] = {
        { "invitation", "Invitation", LUCI_CELL_TEXT, NULL },
        { "url", "Link", LUCI_CELL_TEXT, NULL },
        { "uses", "Uses", LUCI_CELL_NUMBER, NULL },
        { "expiresAt", "Expires", LUCI_CELL_TIMESTAMP, NULL },
        { "groups", "Groups", LUCI_CELL_WORDS, NULL },
    };
    const char *cells[] = { tag_of(wanted->id, call->pool), url, luci_sql_number(wanted->uses, call->pool),
                            luci_sql_number(wanted->expires, call->pool), wanted->groups };
    const char *people =
        wanted->uses == 1 ? "one person signs" : apr_psprintf(call->pool, "%d people sign", wanted->uses);
    char until[LUCI_TIMESTAMP_TEXT];

    luci_timestamp_to_text(wanted->expires, until);
    luci_output_done(
        call->output,
        apr_psprintf(call->pool, "With this link, which works until %s, %s up: %s", until, people, url),
        columns, sizeof columns / sizeof *columns, cells);
}

/* Lets the server make the invitation when it sends the mail. */
static luci_exit_t order_mail(luci_invocation_t *call, luci_invitation_wanted_t *wanted)
{
    static const luci_column_t columns[] = {
        { "address", "Address", LUCI_CELL_TEXT, NULL },
        { "uses", "Uses", LUCI_CELL_NUMBER, NULL },
        { "groups", "Groups", LUCI_CELL_WORDS, NULL },
    };
    const char *cells[] = { wanted->address, luci_sql_number(wanted->uses, call->pool), wanted->groups };
    luci_mail_order_t order = { .kind = LUCI_MAIL_INVITATION,
                                .name = wanted->address,
                                .address = wanted->address,
                                .detail = luci_invitation_detail(wanted, call->pool),
                                .now = wanted->now,
                                .expires = wanted->expires };
    luci_ctl_database_t database;
    luci_result_t result;
    luci_exit_t status = open_table(call, &database, wanted, NULL);

    if (status != LUCI_EXIT_DONE)
        return status;
    result = luci_mail_queue_add(database.db, &order, call->pool);
    luci_admin_audit_invitation(&database, LUCI_EVENT_INVITE_ADD, NULL, result);
    if (result == LUCI_NOT_FOUND)
        return luci_say_error(LUCI_EXIT_REFUSED, "there is no queue of mails: write LuciaMail and restart "
                                                 "httpd, or run luciactl init");
    if (result != LUCI_OK)
        return luci_ctl_database_failed(&database, result);
    luci_output_done(call->output, apr_psprintf(call->pool, "%s is sent an invitation.", wanted->address),
                     columns, sizeof columns / sizeof *columns, cells);
    return LUCI_EXIT_DONE;
}

static luci_exit_t run_add(luci_invocation_t *call)
{
    luci_ctl_database_t database;
    luci_invitation_wanted_t wanted = { .now = apr_time_as_msec(apr_time_now()) };
    const char *page;
    luci_result_t result;
    luci_exit_t status = read_options(call, &wanted);

    if (status == LUCI_EXIT_DONE && wanted.address)
        return order_mail(call, &wanted);
    if (status == LUCI_EXIT_DONE)
        status = open_table(call, &database, &wanted, &page);
    if (status != LUCI_EXIT_DONE)
        return status;
    result = luci_invitation_purge(database.db, wanted.now, call->pool);
    if (result == LUCI_OK)
        result = luci_invitation_make(database.db, &wanted, call->pool);
    luci_admin_audit_invitation(&database, LUCI_EVENT_INVITE_ADD, result == LUCI_OK ? wanted.id : NULL,
                                result);
    if (result != LUCI_OK)
        return luci_ctl_database_failed(&database, result);
    print(call, &wanted, apr_pstrcat(call->pool, page, "?invite=", wanted.text, NULL));
    luci_one_time_link_note(call, &database.config);
    luci_secret_wipe(wanted.text, sizeof wanted.text);
    return LUCI_EXIT_DONE;
}

static const luci_option_t add_options[] = {
    { "uses", "N", "how many people may sign up with it; 1 without this option", 0 },
    { "expires", "TIME", "how long it is valid, such as 24h; 7d without this option", 0 },
    { "group", "GROUP", "put each new user into this group, with LuciaGroups", 1 },
    { "mail", "ADDRESS", "send the link to this address instead of printing it (LuciaMail)", 0 },
    { "url", "URL", "the page of sign-up, such as https://example.org/account/signup", 0 },
    { NULL, NULL, NULL, 0 },
};

const luci_command_t luci_command_invite_add = {
    "invite add",
    "",
    "Prints a link with which people sign up, or mails it",
    "For a site with LuciaSignup invite. Opening the link uses nothing up; a sign-up does. The link\n"
    "leads to the page \"signup\" below LuciaMount, at LuciaSiteURL, otherwise at the ServerName of\n"
    "the virtual host, or to the page of --url. It cannot be shown again. With --mail,\n"
    "httpd makes the invitation when it sends the mail; it voids an earlier one to the same address.\n",
    add_options,
    0,
    0,
    run_add,
    NULL,
};

/* ---- invite list ---- */

static const luci_column_t columns[] = {
    { "invitation", "Invitation", LUCI_CELL_TEXT, NULL },
    { "uses", "Uses left", LUCI_CELL_NUMBER, NULL },
    { "createdAt", "Created", LUCI_CELL_TIMESTAMP, NULL },
    { "expiresAt", "Expires", LUCI_CELL_TIMESTAMP, NULL },
    { "groups", "Groups", LUCI_CELL_WORDS, NULL },
    { "address", "Mailed to", LUCI_CELL_TEXT, NULL },
    LUCI_COLUMNS_END,
};

static int list_one(void *baton, const char *const *row, apr_pool_t *scratch)
{
    luci_invocation_t *call = baton;
    const char *cells[] = { tag_of(row[0], scratch), row[1], row[4], row[2], row[3], row[5] };

    luci_output_row(call->output, cells);
    return 1;
}

static luci_exit_t run_list(luci_invocation_t *call)
{
    luci_ctl_database_t database;
    luci_paging_walk_t walk = { &luci_sql_invitation_page, NULL, 1, list_one, call };
    int found = 0;
    luci_result_t result;
    luci_exit_t status = luci_ctl_database_open(call, &database);

    if (status != LUCI_EXIT_DONE)
        return status;
    result = luci_invitation_has_table(database.db, &found);
    luci_output_begin(call->output, columns, LUCI_COLUMNS_COUNT(columns));
    if (result == LUCI_OK && found)
        result = luci_paging_walk(database.db, &walk, call->pool);
    luci_output_end(call->output);
    return result == LUCI_OK ? LUCI_EXIT_DONE : luci_ctl_database_failed(&database, result);
}

const luci_command_t luci_command_invite_list = {
    "invite list",
    "",
    "Lists the invitations",
    "Each is identified by the first digits of the SHA-256 of its token; the token itself is not\n"
    "known. Those that have expired stay until purge or the next invite add.\n",
    NULL,
    0,
    0,
    run_list,
    columns,
};

/* ---- invite delete ---- */

static luci_exit_t run_delete(luci_invocation_t *call)
{
    static const luci_column_t done = { "invitation", "Invitation", LUCI_CELL_TEXT, NULL };
    luci_ctl_database_t database;
    const char *tag = call->operand[0];
    int removed;
    luci_result_t result;
    luci_exit_t status;

    if (!luci_command_is_tag(tag, LUCI_INVITATION_TAG_HEX))
        return luci_command_misuse(call, "INVITATION is the 12 digits that invite list shows");
    status = luci_ctl_database_open(call, &database);
    if (status == LUCI_EXIT_DONE)
        status = luci_admin_audit_open(call, &database);
    if (status != LUCI_EXIT_DONE)
        return status;
    result = luci_invitation_delete(database.db, tag, &removed, call->pool);
    if (result == LUCI_NOT_FOUND || (result == LUCI_OK && !removed))
        return luci_say_error(LUCI_EXIT_REFUSED, "there is no invitation %s", tag);
    luci_admin_audit_invitation(&database, LUCI_EVENT_INVITE_DELETE, tag, result);
    if (result != LUCI_OK)
        return luci_ctl_database_failed(&database, result);
    luci_output_done(call->output, apr_psprintf(call->pool, "The invitation %s was deleted.", tag), &done, 1,
                     &tag);
    return LUCI_EXIT_DONE;
}

const luci_command_t luci_command_invite_delete = {
    "invite delete",
    "INVITATION",
    "Deletes an invitation",
    "INVITATION is what invite list shows. No person signs up with it any more; accounts stay.\n",
    NULL,
    1,
    1,
    run_delete,
    NULL,
};
