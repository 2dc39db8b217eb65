/* SPDX-License-Identifier: Apache-2.0 */
#include "ctl/cli/command.h"

#include "ctl/cli/say.h"

#include <apr_strings.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

const luci_option_t luci_command_global_options[] = {
    { "database", "DRIVER:PARAMS", "the database, as LuciaDatabase, with a colon between the words", 0 },
    { "config", "FILE", "httpd.conf; default $LUCIACTL_CONFIG, then " LUCI_HTTPD_CONF, 0 },
    { "httpd", "FILE", "httpd's program; default $LUCIACTL_HTTPD, then " LUCI_HTTPD, 0 },
    { "vhost", "NAME[:PORT]", "with --config: the server, if several databases are configured", 0 },
    { "tables", "USER,KEY,SESSION", "with --database: names of the tables, as LuciaTables", 0 },
    { "attributes", "COLUMN,...", "with --database: columns of the user table, as LuciaUserAttributes", 0 },
    { "audit-log", "FILE", "the audit log for changes; default LuciaAuditLog, then syslog", 0 },
    { "json", NULL, "print JSON instead of tables", 0 },
    { "help", NULL, "show help about the command", 0 },
    { "version", NULL, "show the version", 0 },
    { NULL, NULL, NULL, 0 },
};

static const luci_option_t *find_option(const luci_option_t *options, const char *name, size_t length)
{
    for (; options && options->name; options++) {
        if (strlen(options->name) == length && strncmp(options->name, name, length) == 0)
            return options;
    }
    return NULL;
}

int luci_command_is_tag(const char *text, size_t digits)
{
    return strlen(text) == digits && strspn(text, "0123456789abcdef") == digits;
}

luci_exit_t luci_command_misuse(const luci_invocation_t *call, const char *what)
{
    luci_say_error(LUCI_EXIT_USAGE, "%s", what);
    if (call->command)
        luci_say_note("Usage: luciactl %s%s%s; more: luciactl help %s", call->command->name,
                      *call->command->arguments ? " " : "", call->command->arguments, call->command->name);
    else
        luci_say_note("More: luciactl help");
    return LUCI_EXIT_USAGE;
}

/* ---- Lists of what is allowed, for messages ---- */

static const char *list_options(const luci_option_t *options, const char *list, apr_pool_t *pool)
{
    for (; options && options->name; options++)
        list = apr_pstrcat(pool, list, *list ? ", --" : "--", options->name, NULL);
    return list;
}

size_t luci_command_group_length(const char *name)
{
    const char *blank = strchr(name, ' ');

    return blank ? (size_t)(blank - name) : 0;
}

/* Lists the second words of a group's commands; with group NULL the first words of all commands. */
static const char *list_commands(const luci_command_t *const *commands, const char *group, apr_pool_t *pool)
{
    const char *list = "", *last = "";

    for (; *commands; commands++) {
        const char *name = (*commands)->name;
        size_t length = luci_command_group_length(name);
        const char *word =
            group ? name + length + 1 : apr_pstrmemdup(pool, name, length ? length : strlen(name));

        if (group && (strlen(group) != length || strncmp(name, group, length) != 0))
            continue;
        if (strcmp(word, last) != 0)
            list = apr_pstrcat(pool, list, *list ? ", " : "", word, NULL);
        last = word;
    }
    return list;
}

/* ---- Options ---- */

/* The state of parsing. */
typedef struct {
    luci_invocation_t *call;
    const luci_command_t *const *commands;
    const char *const *argv;
    int argc;
    int at;
    int only_operands; /* "--" was found */
} parser_t;

static luci_exit_t unknown_option(const parser_t *parser, const char *word)
{
    luci_invocation_t *call = parser->call;
    const char *allowed = "";

    if (call->command)
        allowed = list_options(call->command->options, allowed, call->pool);
    allowed = list_options(luci_command_global_options, allowed, call->pool);
    return luci_command_misuse(call, apr_psprintf(call->pool, "unknown option %s%s; allowed are %s", word,
                                                  call->command ? " of this command" : " before a command",
                                                  allowed));
}

static luci_exit_t take_option(parser_t *parser, const char *word)
{
    luci_invocation_t *call = parser->call;
    const char *name = word + 2, *equals = strchr(name, '=');
    size_t length = equals ? (size_t)(equals - name) : strlen(name);
    const luci_option_t *option = find_option(luci_command_global_options, name, length);
    luci_given_t given = { NULL, equals ? equals + 1 : NULL };

    if (!option && call->command)
        option = find_option(call->command->options, name, length);
    if (!option)
        return unknown_option(parser, apr_pstrmemdup(call->pool, word, length + 2));
    if (!option->value && equals)
        return luci_command_misuse(call,
                                   apr_psprintf(call->pool, "option --%s takes no value", option->name));
    if (option->value && !equals) {
        if (parser->at == parser->argc)
            return luci_command_misuse(
                call, apr_psprintf(call->pool, "option --%s needs a value: %s", option->name, option->value));
        given.value = parser->argv[parser->at++];
    }
    if (!option->repeats && luci_command_has(call, option->name))
        return luci_command_misuse(call,
                                   apr_psprintf(call->pool, "option --%s is given twice", option->name));
    given.option = option;
    APR_ARRAY_PUSH(call->given, luci_given_t) = given;
    return LUCI_EXIT_DONE;
}

static int is_option(const parser_t *parser, const char *word)
{
    return !parser->only_operands && word[0] == '-' && word[1] != '\0';
}

/* Takes options until the next word that is not one; *word is NULL at the end. */
static luci_exit_t next_word(parser_t *parser, const char **word)
{
    *word = NULL;
    while (parser->at < parser->argc) {
        const char *next = parser->argv[parser->at++];
        luci_exit_t status;

        if (!is_option(parser, next)) {
            *word = next;
            return LUCI_EXIT_DONE;
        }
        if (strcmp(next, "--") == 0) {
            parser->only_operands = 1;
            continue;
        }
        if (strcmp(next, "-h") == 0)
            next = "--help";
        status = next[1] == '-' ? take_option(parser, next) : unknown_option(parser, next);
        if (status != LUCI_EXIT_DONE)
            return status;
    }
    return LUCI_EXIT_DONE;
}

/* ---- Commands ---- */

static int is_group(const luci_command_t *const *commands, const char *word)
{
    for (; *commands; commands++) {
        size_t length = luci_command_group_length((*commands)->name);

        if (length && strlen(word) == length && strncmp((*commands)->name, word, length) == 0)
            return 1;
    }
    return 0;
}

static const luci_command_t *find_command(const luci_command_t *const *commands, const char *name)
{
    for (; *commands; commands++) {
        if (strcmp((*commands)->name, name) == 0)
            return *commands;
    }
    return NULL;
}

/* Reports that a group needs a second word, and lists its commands with their summaries. */
static luci_exit_t second_missing(const parser_t *parser, const char *group, const char *allowed)
{
    size_t length = strlen(group);
    apr_pool_t *pool = parser->call->pool;

    luci_say_error(LUCI_EXIT_USAGE, "%s needs one of %s", group, allowed);
    for (const luci_command_t *const *command = parser->commands; *command; command++) {
        if (luci_command_group_length((*command)->name) == length &&
            strncmp((*command)->name, group, length) == 0)
            luci_say_note("%s",
                          apr_psprintf(pool, "  luciactl %-20s %s", (*command)->name, (*command)->summary));
    }
    luci_say_note("More: luciactl help %s", group);
    return LUCI_EXIT_USAGE;
}

/* The command that the name of its group alone stands for; NULL: there is none. */
static const luci_command_t *find_alone(const luci_command_t *const *commands, const char *group)
{
    return strcmp(group, "import") == 0 ? find_command(commands, "import users") : NULL;
}

/* Takes the second word of a group's command. A word that is none of them is the operand of the
 * command that the group alone stands for. */
static luci_exit_t take_second(parser_t *parser, const char *group)
{
    luci_invocation_t *call = parser->call;
    const char *allowed = list_commands(parser->commands, group, call->pool), *word;
    const luci_command_t *alone = find_alone(parser->commands, group);
    luci_exit_t status;

    call->command = alone;
    status = next_word(parser, &word);
    if (status != LUCI_EXIT_DONE)
        return status;
    call->command = NULL;
    call->group = group;
    if (!word && luci_command_has(call, "help"))
        return LUCI_EXIT_DONE;
    if (!word)
        return second_missing(parser, group, allowed);
    call->group = NULL;
    call->command = find_command(parser->commands, apr_pstrcat(call->pool, group, " ", word, NULL));
    if (!call->command && alone) {
        call->command = alone;
        parser->at--;
    }
    if (call->command)
        return LUCI_EXIT_DONE;
    return luci_command_misuse(
        call, apr_psprintf(call->pool, "%s %s is not a command; %s has %s", group, word, group, allowed));
}

static luci_exit_t take_command(parser_t *parser)
{
    luci_invocation_t *call = parser->call;
    const char *word;
    luci_exit_t status = next_word(parser, &word);

    if (status != LUCI_EXIT_DONE || !word)
        return status;
    if (is_group(parser->commands, word))
        return take_second(parser, word);
    call->command = find_command(parser->commands, word);
    if (call->command)
        return LUCI_EXIT_DONE;
    return luci_command_misuse(call, apr_psprintf(call->pool, "%s is not a command; the commands are %s",
                                                  word, list_commands(parser->commands, NULL, call->pool)));
}

static luci_exit_t take_operands(parser_t *parser)
{
    luci_invocation_t *call = parser->call;
    const char *word;
    luci_exit_t status;

    call->operand = apr_pcalloc(call->pool, (apr_size_t)(parser->argc + 1) * sizeof *call->operand);
    while ((status = next_word(parser, &word)) == LUCI_EXIT_DONE && word)
        call->operand[call->operands++] = word;
    if (status != LUCI_EXIT_DONE || !call->command || luci_command_has(call, "help"))
        return status;
    if (call->operands < call->command->min)
        return luci_command_misuse(call, apr_psprintf(call->pool, "%s is missing", call->command->arguments));
    if (call->command->max >= 0 && call->operands > call->command->max)
        return luci_command_misuse(
            call, apr_psprintf(call->pool, "unexpected argument %s", call->operand[call->command->max]));
    return status;
}

luci_exit_t luci_command_parse(luci_invocation_t *call, const luci_command_t *const *commands, int argc,
                               const char *const *argv)
{
    parser_t parser = { call, commands, argv, argc, 1, 0 };
    luci_exit_t status;

    call->given = apr_array_make(call->pool, 4, sizeof(luci_given_t));
    status = take_command(&parser);
    return status == LUCI_EXIT_DONE ? take_operands(&parser) : status;
}

/* ---- The given options ---- */

apr_array_header_t *luci_command_values(const luci_invocation_t *call, const char *name)
{
    apr_array_header_t *values = apr_array_make(call->pool, 1, sizeof(const char *));

    for (int i = 0; i < call->given->nelts; i++) {
        const luci_given_t *given = &APR_ARRAY_IDX(call->given, i, luci_given_t);

        if (strcmp(given->option->name, name) == 0)
            APR_ARRAY_PUSH(values, const char *) = given->value;
    }
    return values;
}

int luci_command_has(const luci_invocation_t *call, const char *name)
{
    return luci_command_values(call, name)->nelts > 0;
}

const char *luci_command_value(const luci_invocation_t *call, const char *name)
{
    apr_array_header_t *values = luci_command_values(call, name);

    return values->nelts ? APR_ARRAY_IDX(values, 0, const char *) : NULL;
}

const char *luci_command_config(luci_invocation_t *call)
{
    const char *path = luci_command_value(call, "config"), *named = getenv(LUCI_COMMAND_CONFIG_VARIABLE);

    if (path || luci_command_has(call, "database"))
        return path;
    if (named && !*named)
        return NULL;
    if (!named && access(LUCI_HTTPD_CONF, F_OK) != 0)
        return NULL;
    call->implied_config = named ? named : LUCI_HTTPD_CONF;
    call->implied_by = named ? "named by the environment variable " LUCI_COMMAND_CONFIG_VARIABLE
                             : "the one that httpd reads";
    return call->implied_config;
}

const char *luci_command_httpd(const luci_invocation_t *call)
{
    const char *program = luci_command_value(call, "httpd"), *named = getenv(LUCI_COMMAND_HTTPD_VARIABLE);

    if (program)
        return program;
    return named && *named ? named : LUCI_HTTPD;
}

luci_exit_t luci_command_number(const luci_invocation_t *call, const char *name, apr_int64_t min,
                                apr_int64_t max, apr_int64_t *number)
{
    const char *value = luci_command_value(call, name);
    apr_int64_t parsed;
    char *end;

    if (!value)
        return LUCI_EXIT_DONE;
    parsed = apr_strtoi64(value, &end, 10);
    if (!*value || *end || parsed < min || parsed > max)
        return luci_command_misuse(call, apr_psprintf(call->pool,
                                                      "--%s %s: a whole number from %" APR_INT64_T_FMT
                                                      " to %" APR_INT64_T_FMT " is allowed",
                                                      name, value, min, max));
    *number = parsed;
    return LUCI_EXIT_DONE;
}
