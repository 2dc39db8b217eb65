/* SPDX-License-Identifier: Apache-2.0 */
#include "ctl/cli/manual.h"

#include <apr_strings.h>
#include <stdio.h>
#include <string.h>

/* ---- The page ---- */

/* Escapes text for roff: hyphens that can be typed, and no line that looks like a roff request. */
static void put_text(const char *text)
{
    int at_start = 1;

    for (; *text; text++) {
        if (at_start && (*text == '.' || *text == '\''))
            fputs("\\&", stdout);
        if (*text == '-')
            fputs("\\-", stdout);
        else if (*text == '\\')
            fputs("\\e", stdout);
        else
            putchar(*text);
        at_start = *text == '\n';
    }
}

/* Indented lines are examples and are not filled; an empty line starts a paragraph. */
static void put_paragraphs(const char *text)
{
    int in_example = 0;

    while (*text) {
        size_t length = strcspn(text, "\n");
        int is_example = *text == ' ' || *text == '\t';
        char line[256];

        if (is_example != in_example)
            puts(is_example ? ".PP\n.nf" : ".fi");
        in_example = is_example;
        apr_cpystrn(line, text, length + 1 < sizeof line ? length + 1 : sizeof line);
        if (length == 0)
            fputs(".PP", stdout);
        put_text(line);
        putchar('\n');
        text += length + (text[length] == '\n');
    }
    if (in_example)
        puts(".fi");
}

static void put_options(const luci_option_t *options)
{
    for (; options && options->name; options++) {
        fputs(".TP\n\\fB\\-\\-", stdout);
        put_text(options->name);
        fputs("\\fR", stdout);
        if (options->value) {
            fputs(" \\fI", stdout);
            put_text(options->value);
            fputs("\\fR", stdout);
        }
        putchar('\n');
        put_text(options->help);
        puts(options->repeats ? " (repeatable)" : "");
    }
}

static void put_columns(const luci_column_t *columns)
{
    puts(".PP\nColumns, and their members with \\-\\-json:\n.RS");
    for (; columns->name; columns++) {
        put_text(columns->title);
        fputs(": \\fB", stdout);
        if (columns->object) {
            put_text(columns->object);
            putchar('.');
        }
        put_text(columns->name);
        puts("\\fR\n.br");
    }
    puts(".RE");
}

static void put_command(const luci_command_t *command)
{
    fputs(".SS \"", stdout);
    put_text(command->name);
    puts("\"");
    fputs("\\fBluciactl ", stdout);
    put_text(command->name);
    fputs("\\fR \\fI", stdout);
    put_text(command->arguments);
    puts("\\fR\n.PP");
    put_text(command->summary);
    puts(".\n.PP");
    put_paragraphs(command->help);
    put_options(command->options);
    if (command->columns)
        put_columns(command->columns);
}

void luci_manual_page(const luci_command_t *const *commands)
{
    printf(".TH LUCIACTL 8 \"\" \"mod_luciauth %s\" \"mod_luciauth\"\n", LUCI_VERSION);
    puts(
        ".SH NAME\nluciactl \\- manage users and sessions of mod_luciauth\n"
        ".SH SYNOPSIS\n"
        "\\fBluciactl\\fR [\\fB\\-\\-database\\fR \\fIDRIVER:PARAMS\\fR | \\fB\\-\\-config\\fR \\fIFILE\\fR] "
        "\\fICOMMAND\\fR ...\n"
        ".SH DESCRIPTION\n"
        "luciactl works on the database of mod_luciauth, whether httpd is running or not. It finds the\n"
        "database in httpd's configuration, or with \\-\\-database. A running httpd notices ended sessions\n"
        "and changed users at once if LuciaControl is on, otherwise within LuciaSessionCacheTTL.\n"
        ".SH COMMANDS");
    for (; *commands; commands++)
        put_command(*commands);
    puts(".SH \"OPTIONS OF EVERY COMMAND\"");
    put_options(luci_command_global_options);
    puts(".SH \"EXIT STATUS\"\n"
         ".TP\n0\nDone.\n"
         ".TP\n1\nRefused, not found, or interrupted.\n"
         ".TP\n2\nThe command line or the configuration is wrong.\n"
         ".TP\n3\nThe database cannot be reached, or returns an error.\n"
         ".SH \"SEE ALSO\"\n"
         ".BR apache2 (8),\n"
         ".BR htpasswd (1)");
}

/* ---- The completion ---- */

static const char *options_text(const luci_option_t *options, apr_pool_t *pool)
{
    const char *text = "";

    for (; options && options->name; options++)
        text = apr_pstrcat(pool, text, *text ? " --" : "--", options->name, NULL);
    return text;
}

/* Adds the options that take a value, or only those whose value is a file, to the pattern of a shell's case.
 */
static const char *valued(const luci_option_t *options, int only_files, const char *pattern, apr_pool_t *pool)
{
    for (; options && options->name; options++) {
        if (options->value && (!only_files || strcmp(options->value, "FILE") == 0) &&
            !strstr(apr_pstrcat(pool, pattern, "|", NULL), apr_pstrcat(pool, "--", options->name, "|", NULL)))
            pattern = apr_pstrcat(pool, pattern, *pattern ? "|--" : "--", options->name, NULL);
    }
    return pattern;
}

static const char *all_valued(const luci_command_t *const *commands, int only_files, apr_pool_t *pool)
{
    const char *pattern = valued(luci_command_global_options, only_files, "", pool);

    for (; *commands; commands++)
        pattern = valued((*commands)->options, only_files, pattern, pool);
    return pattern;
}

/* Lists the second words of a group's commands; with group NULL the first words of all commands. */
static const char *words_of(const luci_command_t *const *commands, const char *group, apr_pool_t *pool)
{
    const char *words = "", *last = "";

    for (; *commands; commands++) {
        const char *name = (*commands)->name;
        size_t length = luci_command_group_length(name);
        const char *word = length ? apr_pstrmemdup(pool, name, length) : name;

        if (group) {
            if (strcmp(word, group) != 0)
                continue;
            word = name + length + 1;
        }
        if (strcmp(word, last) != 0)
            words = apr_pstrcat(pool, words, *words ? " " : "", word, NULL);
        last = word;
    }
    return words;
}

static const char *groups_of(const luci_command_t *const *commands, apr_pool_t *pool)
{
    const char *groups = "", *last = "";

    for (; *commands; commands++) {
        const char *group =
            apr_pstrmemdup(pool, (*commands)->name, luci_command_group_length((*commands)->name));

        if (*group && strcmp(group, last) != 0)
            groups = apr_pstrcat(pool, groups, *groups ? " " : "", group, NULL);
        last = group;
    }
    return groups;
}

static void put_cases(const luci_command_t *const *commands, apr_pool_t *pool)
{
    const char *last = "";

    printf("        '') words='%s' ;;\n", words_of(commands, NULL, pool));
    for (const luci_command_t *const *at = commands; *at; at++) {
        const char *name = (*at)->name, *group = apr_pstrmemdup(pool, name, luci_command_group_length(name));

        if (*group && strcmp(group, last) != 0)
            printf("        '%s') words='%s' ;;\n", group, words_of(commands, group, pool));
        last = group;
        printf("        '%s') options='%s' words='%s' files=%d ;;\n", name,
               options_text((*at)->options, pool),
               strstr((*at)->arguments, "COMMAND") ? words_of(commands, NULL, pool) : "",
               strstr((*at)->arguments, "FILE") != NULL);
    }
}

void luci_manual_completion(const luci_command_t *const *commands, apr_pool_t *scratch)
{
    printf(
        "# bash completion of luciactl %s\n"
        "_luciactl()\n{\n"
        "    local cur=${COMP_WORDS[COMP_CWORD]} command= value= word words= options= files=0 i\n"
        "    COMPREPLY=()\n"
        "    for ((i = 1; i < COMP_CWORD; i++)); do\n"
        "        word=${COMP_WORDS[i]}\n"
        "        [[ $word == = ]] && continue\n"
        "        if [[ -n $value ]]; then\n"
        "            value=\n"
        "            continue\n"
        "        fi\n"
        "        case $word in\n"
        "            %s) value=$word ;;\n"
        "            -*) ;;\n"
        "            *) [[ -n $command && ' %s ' != *\" $command \"* ]] || command+=${command:+ }$word ;;\n"
        "        esac\n"
        "    done\n"
        "    [[ $cur == = ]] && cur=\n",
        LUCI_VERSION, all_valued(commands, 0, scratch), groups_of(commands, scratch));
    printf("    case $value in\n"
           "        '') ;;\n"
           "        %s) compopt -o filenames 2>/dev/null; mapfile -t COMPREPLY < <(compgen -f -- \"$cur\"); "
           "return ;;\n"
           "        *) return ;;\n"
           "    esac\n"
           "    case $command in\n",
           all_valued(commands, 1, scratch));
    put_cases(commands, scratch);
    printf("    esac\n"
           "    if [[ $cur == -* ]]; then\n"
           "        words=\"$options %s\"\n"
           "    elif ((files)); then\n"
           "        compopt -o filenames 2>/dev/null\n"
           "        mapfile -t COMPREPLY < <(compgen -f -- \"$cur\")\n"
           "        return\n"
           "    fi\n"
           "    mapfile -t COMPREPLY < <(compgen -W \"$words\" -- \"$cur\")\n"
           "}\n"
           "complete -F _luciactl luciactl\n",
           options_text(luci_command_global_options, scratch));
}
