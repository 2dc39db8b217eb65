/* SPDX-License-Identifier: Apache-2.0 */
#include "ctl/cli/help.h"

#include "ctl/cli/say.h"

#include <stdio.h>
#include <string.h>

#define NAME_WIDTH 20   /* of a command in the overview */
#define COLUMN_WIDTH 38 /* of a column's title */
#define OPTION_WIDTH 28 /* of an option with its value */

static void put_options(const luci_option_t *options)
{
    for (; options && options->name; options++) {
        int width = printf("  --%s%s%s", options->name, options->value ? " " : "",
                           options->value ? options->value : "");

        printf("%*s%s%s\n", width < OPTION_WIDTH ? OPTION_WIDTH - width : 1, "", options->help,
               options->repeats ? " (repeatable)" : "");
    }
}

static void put_columns(const luci_column_t *columns)
{
    for (; columns->name; columns++)
        printf("  %-*s%s%s%s\n", COLUMN_WIDTH, columns->title, columns->object ? columns->object : "",
               columns->object ? "." : "", columns->name);
}

static void put_command(const luci_command_t *command)
{
    printf("  %-*s %s\n", NAME_WIDTH, command->name, command->summary);
}

void luci_help_all(const luci_command_t *const *commands)
{
    printf("luciactl manages users and sessions of mod_luciauth.\n\n"
           "Usage: luciactl [--database DRIVER:PARAMS | --config FILE] COMMAND ...\n\nCommands:\n");
    for (; *commands; commands++)
        put_command(*commands);
    printf("\nOptions of every command:\n");
    put_options(luci_command_global_options);
    printf("\nExit status: 0 done, 1 refused or not found, 2 usage error, 3 database error.\n"
           "More about a command: luciactl help COMMAND\n");
}

static void put_help(const luci_command_t *command)
{
    printf("Usage: luciactl %s%s%s\n\n%s.\n", command->name, *command->arguments ? " " : "",
           command->arguments, command->summary);
    if (*command->help)
        printf("\n%s", command->help);
    if (command->options) {
        printf("\nOptions:\n");
        put_options(command->options);
    }
    if (command->columns) {
        printf("\nColumns, and their members with --json:\n");
        put_columns(command->columns);
    }
    printf("\nOptions of every command:\n");
    put_options(luci_command_global_options);
}

/* Whether words are the name of a command or begin it; *whole is whether they are all of it. */
static int is_about(const char *name, const char *const *words, int count, int *whole)
{
    for (int i = 0; i < count; i++) {
        size_t length = strlen(words[i]);

        if (strncmp(name, words[i], length) != 0 || (name[length] != ' ' && name[length] != '\0'))
            return 0;
        name += name[length] ? length + 1 : length;
    }
    *whole = *name == '\0';
    return 1;
}

luci_exit_t luci_help_about(const luci_command_t *const *commands, const char *const *words, int count)
{
    int found = 0, whole = 0;

    for (const luci_command_t *const *command = commands; count == 1 && *command; command++) {
        if (is_about((*command)->name, words, count, &whole) && !whole) {
            printf("Usage: luciactl %s COMMAND ...\n\nCommands:\n", words[0]);
            break;
        }
    }
    for (const luci_command_t *const *command = commands; *command; command++) {
        if (!is_about((*command)->name, words, count, &whole))
            continue;
        found = 1;
        if (whole)
            put_help(*command);
        else
            put_command(*command);
    }
    if (found && !whole)
        printf("\nMore about a command: luciactl help %s COMMAND\n", words[0]);
    if (found)
        return LUCI_EXIT_DONE;
    return luci_say_error(LUCI_EXIT_USAGE, "there is no command %s%s%s; luciactl help lists all", words[0],
                          count > 1 ? " " : "", count > 1 ? words[1] : "");
}
