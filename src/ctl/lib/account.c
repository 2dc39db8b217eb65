/* SPDX-License-Identifier: Apache-2.0 */
#include "ctl/lib/account.h"

#include "core/auth/password_credential.h"
#include "core/base/text.h"
#include "core/config/directive_types.h"
#include "core/email/email_address.h"
#include "core/password/block_list.h"
#include "core/password/new_password.h"
#include "core/password/policy.h"
#include "ctl/cli/say.h"
#include "ctl/cli/secret_prompt.h"
#include "ctl/lib/admin_audit.h"

#include <apr_strings.h>
#include <apr_time.h>
#include <string.h>

/* ---- Finding ---- */

luci_exit_t luci_account_find(luci_invocation_t *call, luci_ctl_database_t *database, const char *name,
                              luci_user_t *user)
{
    int by_id = luci_command_has(call, "id");
    luci_result_t result = LUCI_NOT_FOUND;

    if (luci_text_valid_bytes(name, strlen(name)) == strlen(name))
        result = by_id ? luci_user_get(database->db, name, user, call->pool)
                       : luci_admin_find(database->db, name, user, call->pool);
    if (result == LUCI_NOT_FOUND)
        return luci_say_error(LUCI_EXIT_REFUSED, "there is no user %s%s", by_id ? "with the id " : "", name);
    return result == LUCI_OK ? LUCI_EXIT_DONE : luci_ctl_database_failed(database, result);
}

luci_exit_t luci_account_open(luci_invocation_t *call, luci_ctl_database_t *database, luci_user_t *user)
{
    luci_exit_t status = luci_ctl_database_open(call, database);

    return status == LUCI_EXIT_DONE ? luci_account_find(call, database, call->operand[0], user) : status;
}

luci_exit_t luci_account_open_to_change(luci_invocation_t *call, luci_ctl_database_t *database,
                                        luci_user_t *user)
{
    luci_exit_t status = luci_account_open(call, database, user);

    return status == LUCI_EXIT_DONE ? luci_admin_audit_open(call, database) : status;
}

/* ---- Attributes ---- */

/* Columns that other commands change, or that must not change at all. */
static const char *const kept_columns[] = { "id", "username", "disabled", "created_at", "hashed_password" };

static int is_kept(const char *column)
{
    for (size_t i = 0; i < sizeof kept_columns / sizeof *kept_columns; i++) {
        if (strcasecmp(kept_columns[i], column) == 0)
            return 1;
    }
    return 0;
}

int luci_account_is_attribute(const char *column)
{
    return luci_word_is_identifier(column) && !is_kept(column);
}

int luci_account_is_email(const luci_settings_t *settings, const char *column)
{
    return settings->email != LUCI_EMAIL_OFF && (strcasecmp(column, LUCI_EMAIL_COLUMN) == 0 ||
                                                 strcasecmp(column, LUCI_EMAIL_VERIFIED_COLUMN) == 0);
}

static void add_to_settings(luci_settings_t *settings, const char *column)
{
    for (int i = 0; i < settings->attributes->nelts; i++) {
        if (strcmp(APR_ARRAY_IDX(settings->attributes, i, const char *), column) == 0)
            return;
    }
    APR_ARRAY_PUSH(settings->attributes, const char *) = column;
}

static luci_exit_t take_value(luci_invocation_t *call, luci_account_values_t *values, const char *column,
                              const char *value)
{
    if (!luci_account_is_attribute(column))
        return luci_command_misuse(
            call,
            apr_psprintf(call->pool,
                         "\"%s\" is not an attribute; columns of the user table are allowed, except id, "
                         "username, disabled, created_at, hashed_password",
                         column));
    if (value && luci_text_valid_bytes(value, strlen(value)) < strlen(value))
        return luci_command_misuse(call, apr_psprintf(call->pool, "the value of %s is not UTF-8", column));
    for (int i = 0; i < values->count; i++) {
        if (strcmp(values->values[i].column, column) == 0)
            return luci_command_misuse(call, apr_psprintf(call->pool, "attribute %s is given twice", column));
    }
    values->values[values->count++] = (luci_user_value_t){ column, value };
    return LUCI_EXIT_DONE;
}

/* option: "--attribute ", or "" for an operand. */
static luci_exit_t split_value(luci_invocation_t *call, luci_account_values_t *values, const char *option,
                               const char *written)
{
    const char *equals = strchr(written, '=');

    if (!equals)
        return luci_command_misuse(
            call, apr_psprintf(call->pool, "%s%s: write COLUMN=VALUE, such as role=admin", option, written));
    return take_value(call, values, apr_pstrmemdup(call->pool, written, (apr_size_t)(equals - written)),
                      equals + 1);
}

luci_exit_t luci_account_values(luci_invocation_t *call, luci_ctl_database_t *database,
                                luci_account_values_t *values)
{
    const apr_array_header_t *set = luci_command_values(call, "attribute"),
                             *clear = luci_command_values(call, "clear");
    luci_exit_t status = LUCI_EXIT_DONE;

    values->count = 0;
    values->values = apr_pcalloc(call->pool, (apr_size_t)(call->operands + set->nelts + clear->nelts + 1) *
                                                 sizeof *values->values);
    for (int i = 1; i < call->operands && status == LUCI_EXIT_DONE; i++)
        status = split_value(call, values, "", call->operand[i]);
    for (int i = 0; i < set->nelts && status == LUCI_EXIT_DONE; i++)
        status = split_value(call, values, "--attribute ", APR_ARRAY_IDX(set, i, const char *));
    for (int i = 0; i < clear->nelts && status == LUCI_EXIT_DONE; i++)
        status = take_value(call, values, APR_ARRAY_IDX(clear, i, const char *), NULL);
    for (int i = 0; i < values->count && status == LUCI_EXIT_DONE; i++) {
        if (luci_account_is_email(&database->config.settings, values->values[i].column))
            status = luci_command_misuse(call, "with LuciaEmail, user email sets the address of a user");
    }
    for (int i = 0; i < values->count && status == LUCI_EXIT_DONE; i++)
        add_to_settings(&database->config.settings, values->values[i].column);
    if (status == LUCI_EXIT_DONE && database->config.settings.attributes->nelts > LUCI_ATTRIBUTES_READ_MAX)
        return luci_command_misuse(
            call, apr_psprintf(call->pool, "at most %d attributes are allowed", LUCI_ATTRIBUTES_READ_MAX));
    return status;
}

/* ---- Showing ---- */

static const luci_column_t columns_of_all[] = { LUCI_ACCOUNT_COLUMNS, LUCI_COLUMNS_END };

#define OF_ALL LUCI_COLUMNS_COUNT(columns_of_all)

const luci_column_t *luci_account_columns(const luci_settings_t *settings, int *count, apr_pool_t *pool)
{
    luci_column_t *columns;

    *count = OF_ALL + luci_settings_values(settings);
    columns = apr_pcalloc(pool, (apr_size_t)*count * sizeof *columns);
    memcpy(columns, columns_of_all, OF_ALL * sizeof *columns);
    if (settings->groups)
        columns[*count - 1] = (luci_column_t)LUCI_ACCOUNT_GROUPS_COLUMN;
    for (int i = OF_ALL; i < *count - settings->groups; i++) {
        const char *name = APR_ARRAY_IDX(settings->attributes, i - OF_ALL, const char *);

        columns[i] = (luci_column_t){ name, name, LUCI_CELL_TEXT, "attributes" };
    }
    return columns;
}

int luci_account_is_disabled(const luci_user_t *user)
{
    return luci_user_is_disabled(user, apr_time_as_msec(apr_time_now()));
}

const char **luci_account_cells(const luci_user_t *user, const luci_settings_t *settings, int count,
                                apr_pool_t *pool)
{
    const char **cells = luci_output_cells(count, pool);

    cells[0] = user->username;
    cells[1] = user->id;
    cells[LUCI_ACCOUNT_DISABLED] = luci_account_is_disabled(user) ? "1" : "0";
    cells[3] = user->created_at;
    cells[LUCI_ACCOUNT_EXPIRES] =
        user->disabled_from > LUCI_USER_WAITING ? luci_sql_number(user->disabled_from, pool) : NULL;
    for (int i = 0; i < luci_settings_values(settings); i++)
        cells[OF_ALL + i] = user->attributes[i];
    return cells;
}

luci_exit_t luci_account_need_groups(const luci_ctl_database_t *database)
{
    if (database->config.settings.groups)
        return LUCI_EXIT_DONE;
    return luci_say_error(
        LUCI_EXIT_REFUSED,
        "there are no groups: write LuciaGroups On and restart httpd, or run luciactl init");
}

luci_exit_t luci_account_done(luci_invocation_t *call, luci_ctl_database_t *database, const char *user_id,
                              const char *sentence)
{
    const luci_settings_t *settings = &database->config.settings;
    luci_user_t user;
    int count;
    const luci_column_t *columns = luci_account_columns(settings, &count, call->pool);
    luci_result_t result = luci_user_get(database->db, user_id, &user, call->pool);

    if (result != LUCI_OK && result != LUCI_NOT_FOUND)
        return luci_ctl_database_failed(database, result);
    if (result == LUCI_NOT_FOUND)
        return luci_say_error(LUCI_EXIT_REFUSED, "%s The user has been deleted since", sentence);
    luci_output_done(call->output, sentence, columns, count,
                     luci_account_cells(&user, settings, count, call->pool));
    return LUCI_EXIT_DONE;
}

/* ---- Names and passwords ---- */

luci_exit_t luci_account_refused(luci_invocation_t *call, const luci_ctl_database_t *database,
                                 luci_result_t result, const char *name)
{
    if (result == LUCI_NOT_FOUND)
        return luci_say_error(LUCI_EXIT_REFUSED, "%s has been deleted meanwhile; nothing was changed", name);
    if (result == LUCI_CONFLICT)
        return luci_say_error(LUCI_EXIT_REFUSED, "the name %s is taken", name);
    if (result == LUCI_INVALID)
        return luci_say_error(LUCI_EXIT_REFUSED, "%s is not a valid username: UTF-8 of %s", name,
                              luci_policy_name_rule(&database->config.settings, call->pool));
    return luci_ctl_database_failed(database, result);
}

/* Says why a new password is refused. */
static luci_exit_t refuse_password(const luci_settings_t *settings, luci_weakness_t weakness)
{
    switch (weakness) {
    case LUCI_WEAKNESS_COMMON:
        return luci_say_error(LUCI_EXIT_REFUSED, "the password is too common: it is in the list %s",
                              luci_block_list_path(settings->block_list));
    case LUCI_WEAKNESS_USERNAME:
        return luci_say_error(LUCI_EXIT_REFUSED, "the password is too similar to the username");
    case LUCI_WEAKNESS_SITE:
        return luci_say_error(LUCI_EXIT_REFUSED,
                              "the password is too similar to the name of the site, or to one of "
                              "LuciaPasswordWords");
    case LUCI_WEAKNESS_NONE:
    case LUCI_WEAKNESS_LENGTH: break;
    }
    return luci_say_error(LUCI_EXIT_REFUSED,
                          "the password is too short or too long: %d to %d characters are allowed",
                          settings->password_length.min, settings->password_length.max);
}

luci_exit_t luci_account_password(luci_invocation_t *call, const luci_ctl_database_t *database,
                                  const char *username, const char *prompt, const char **stored)
{
    luci_auth_t auth = { .settings = &database->config.settings };
    luci_new_password_t wanted = { .username = username, .site = database->config.site };
    luci_weakness_t weakness;
    char *password, *hash = NULL;
    luci_result_t result;
    luci_exit_t status = luci_secret_prompt_new(call, prompt, &password);

    if (status != LUCI_EXIT_DONE)
        return status;
    wanted.password = password;
    result = luci_new_password_check(auth.settings, &wanted, &weakness, call->pool);
    if (result == LUCI_UNAVAILABLE)
        status = luci_say_error(LUCI_EXIT_REFUSED, "the list %s cannot be read",
                                luci_block_list_path(auth.settings->block_list));
    if (result == LUCI_OK)
        result = luci_credential_hash(
            &auth, &(luci_credential_t){ .kind = &luci_credential_password, .presented = password }, &hash,
            call->pool);
    luci_secret_wipe_string(password);
    *stored = hash;
    if (status != LUCI_EXIT_DONE)
        return status;
    if (result == LUCI_INVALID)
        return refuse_password(auth.settings, weakness);
    return result == LUCI_OK ? LUCI_EXIT_DONE : luci_ctl_database_failed(database, result);
}
