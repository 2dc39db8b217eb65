/* SPDX-License-Identifier: Apache-2.0 */
#include "ctl/commands/commands.h"

#include "core/base/secret.h"
#include "core/db/mail_table.h"
#include "core/mail/mailbox.h"
#include "core/mail/message.h"
#include "core/mail/transport.h"
#include "ctl/cli/say.h"
#include "ctl/lib/database.h"

#include <apr_strings.h>
#include <apr_time.h>

#define ID_LENGTH 25

/* ---- mail queue ---- */

static const luci_column_t queue_columns[] = {
    { "id", "Id", LUCI_CELL_TEXT, NULL },
    { "kind", "Kind", LUCI_CELL_TEXT, NULL },
    { "name", "Account", LUCI_CELL_TEXT, NULL },
    { "createdAt", "Asked for", LUCI_CELL_TIMESTAMP, NULL },
    { "expiresAt", "Until", LUCI_CELL_TIMESTAMP, NULL },
    { "nextTry", "Next try", LUCI_CELL_TIMESTAMP, NULL },
    { "tries", "Tries", LUCI_CELL_NUMBER, NULL },
    { "handedOver", "Handed over", LUCI_CELL_FLAG, NULL },
    LUCI_COLUMNS_END,
};

static luci_exit_t run_queue(luci_invocation_t *call)
{
    luci_ctl_database_t database;
    apr_array_header_t *rows;
    int found = 0;
    luci_result_t result;
    luci_exit_t status = luci_ctl_database_open(call, &database);

    if (status != LUCI_EXIT_DONE)
        return status;
    result = luci_db_has_table(database.db, &luci_table_mail, &found);
    if (result == LUCI_OK && !found)
        return luci_ctl_database_lacks_table(&database, &luci_table_mail,
                                             "there is no queue of mails:", "LuciaMail", call->pool);
    if (result == LUCI_OK)
        result = luci_db_select_all(database.db, &luci_sql_mail_list, LUCI_ARGUMENTS({ NULL, NULL }), &rows,
                                    call->pool);
    if (result != LUCI_OK)
        return luci_ctl_database_failed(&database, result);
    luci_output_begin(call->output, queue_columns, LUCI_COLUMNS_COUNT(queue_columns));
    for (int i = 0; i < rows->nelts; i++)
        luci_output_row(call->output, APR_ARRAY_IDX(rows, i, const char **));
    luci_output_end(call->output);
    return LUCI_EXIT_DONE;
}

const luci_command_t luci_command_mail_queue = {
    "mail queue",
    "",
    "Lists the mails that wait to be sent",
    "The oldest comes first, at most 500. A mail that was handed over waits for the answer of the\n"
    "mail server.\n",
    NULL,
    0,
    0,
    run_queue,
    queue_columns,
};

/* ---- mail test ---- */

static const luci_column_t columns[] = {
    { "address", "Address", LUCI_CELL_TEXT, NULL },
    { "messageId", "Message-ID", LUCI_CELL_TEXT, NULL },
};

static luci_exit_t find_server(const luci_settings_t *settings)
{
    if (!settings->mail)
        return luci_say_error(LUCI_EXIT_REFUSED, "LuciaMail is off: there is no server to test");
    if (!settings->mail_from.address)
        return luci_say_error(LUCI_EXIT_REFUSED, "LuciaMailFrom is missing");
    return LUCI_EXIT_DONE;
}

/* Writes the mail. */
static luci_exit_t write_test(const luci_ctl_config_t *config, luci_mail_message_t *message, char **bytes,
                              apr_pool_t *pool)
{
    char *id = apr_palloc(pool, ID_LENGTH + 1);
    const char *site = config->settings.site.name ? config->settings.site.name
                       : config->site             ? config->site
                                                  : config->settings.mail_from.address;

    if (luci_secret_random_id(id, ID_LENGTH) != LUCI_OK)
        return luci_say_error(LUCI_EXIT_REFUSED, "OpenSSL has no random numbers");
    message->from = config->settings.mail_from.address;
    message->from_name = config->settings.mail_from.name;
    message->subject = apr_pstrcat(pool, "Test of the mails of ", site, NULL);
    message->text = apr_pstrcat(pool, "luciactl mail test has sent this mail. The mails of ", site,
                                " arrive at this address.\n", NULL);
    message->id = id;
    message->now = apr_time_as_msec(apr_time_now());
    return luci_message_write(message, bytes, pool) == LUCI_OK
               ? LUCI_EXIT_DONE
               : luci_say_error(LUCI_EXIT_REFUSED, "the name of the site cannot be written into a mail");
}

static luci_exit_t deliver(luci_invocation_t *call, const luci_mail_server_t *server,
                           const luci_mail_message_t *message, const char *bytes)
{
    luci_delivery_t delivery = { .from = message->from, .to = message->to, .bytes = bytes };
    const char *cells[] = { message->to, apr_pstrcat(call->pool, message->id, "@",
                                                     luci_mailbox_domain(message->from), NULL) };

    if (server->transport->send(server, &delivery, call->pool) != LUCI_OK)
        return luci_say_error(LUCI_EXIT_REFUSED, "the mail was %s: %s",
                              delivery.is_uncertain ? "handed over, but not confirmed" : "not sent",
                              delivery.why);
    luci_output_done(call->output,
                     apr_psprintf(call->pool, "The mail server has accepted a mail to %s.", message->to),
                     columns, sizeof columns / sizeof *columns, cells);
    return LUCI_EXIT_DONE;
}

static luci_exit_t run_test(luci_invocation_t *call)
{
    luci_mail_message_t message = { .to = NULL };
    luci_ctl_database_t database;
    char *bytes = NULL;
    luci_exit_t status;

    if (luci_mailbox_check(call->operand[0], &message.to, call->pool) != LUCI_OK)
        return luci_command_misuse(
            call, apr_pstrcat(call->pool, call->operand[0], " is not an e-mail address", NULL));
    status = luci_ctl_database_choose(call, &database);
    if (status == LUCI_EXIT_DONE)
        status = find_server(&database.config.settings);
    if (status == LUCI_EXIT_DONE)
        status = write_test(&database.config, &message, &bytes, call->pool);
    return status == LUCI_EXIT_DONE ? deliver(call, database.config.settings.mail, &message, bytes) : status;
}

const luci_command_t luci_command_mail_test = {
    "mail test",
    "ADDRESS",
    "Sends a mail to an address, as the directive LuciaMail says",
    "It waits for the answer of the mail server and prints it if that refuses the mail. An\n"
    "accepted mail can still be lost on its way: look whether it arrives. The program\n"
    "sendmail runs as the user who calls luciactl.\n",
    NULL,
    1,
    1,
    run_test,
    NULL,
};
