/* SPDX-License-Identifier: Apache-2.0 */
/* A command of luciactl is one record beside its function; an invocation is one command with its operands and
 * options.
 *
 * The option parser is our own because the help, the manual page and the completion are made from the same
 * records: getopt_long and apr_getopt_long take tables of options only, support no commands of two words, and
 * cannot list in their messages what a command allows. */
#ifndef LUCI_COMMAND_H
#define LUCI_COMMAND_H

#include "ctl/cli/exit_status.h"
#include "ctl/cli/output.h"

#include <apr_pools.h>
#include <apr_tables.h>

/* An option, written "--name", "--name VALUE" or "--name=VALUE". A record without a name ends a list. */
typedef struct {
    const char *name;
    const char *value; /* the placeholder of the value in the help; NULL: it takes none */
    const char *help;  /* one line */
    int repeats;       /* may be given more than once */
} luci_option_t;

typedef struct luci_invocation_t luci_invocation_t;
typedef luci_exit_t luci_command_fn(luci_invocation_t *call);

typedef struct {
    const char *name;             /* one or two words: "check", "user add" */
    const char *arguments;        /* as the synopsis shows them: "NAME" */
    const char *summary;          /* one line, without a full stop */
    const char *help;             /* paragraphs, lines of at most 80 characters */
    const luci_option_t *options; /* NULL: none of its own */
    int min, max;                 /* number of operands; max -1: any number */
    luci_command_fn *run;
    const luci_column_t *columns; /* of its output; NULL: it has no table */
} luci_command_t;

struct luci_invocation_t {
    apr_pool_t *pool; /* of the whole call */
    const luci_command_t *command;
    int operands;
    const char **operand;
    apr_array_header_t *given; /* luci_given_t: the options, in order */
    luci_output_t *output;
    const char *group;          /* given without its second word, as in "user --help"; else NULL */
    const char *implied_config; /* the configuration that is read without --config; NULL: none */
    const char *implied_by;     /* why that one, for messages */
};

typedef struct {
    const luci_option_t *option;
    const char *value; /* NULL: it takes none */
} luci_given_t;

/* Options that every command has; they may precede or follow it. */
extern const luci_option_t luci_command_global_options[];

/* Parses argv; commands ends with NULL. DONE: *call is set, except for its output; its command is NULL if
 * argv has none. USAGE: an error, with a message. */
luci_exit_t luci_command_parse(luci_invocation_t *call, const luci_command_t *const *commands, int argc,
                               const char *const *argv);

/* Whether an option was given; its first value, NULL if it was not given; all its values (const char *). */
int luci_command_has(const luci_invocation_t *call, const char *name);
const char *luci_command_value(const luci_invocation_t *call, const char *name);
apr_array_header_t *luci_command_values(const luci_invocation_t *call, const char *name);

/* Reads an option whose value is a whole number; *number is unchanged if the option is not given. USAGE: the
 * value is not a number from min to max, with a message. */
luci_exit_t luci_command_number(const luci_invocation_t *call, const char *name, apr_int64_t min,
                                apr_int64_t max, apr_int64_t *number);

#define LUCI_COMMAND_CONFIG_VARIABLE "LUCIACTL_CONFIG"

/* The path of the configuration: of --config; without --config and --database, of the environment variable,
 * or httpd's own. NULL: none, because --database is given, the variable is empty, or httpd's own does not
 * exist. */
const char *luci_command_config(luci_invocation_t *call);

#define LUCI_COMMAND_HTTPD_VARIABLE "LUCIACTL_HTTPD"

/* The httpd that reads the configuration: of --httpd, of the environment variable, or the one that luciactl
 * was built for. */
const char *luci_command_httpd(const luci_invocation_t *call);

/* The length of the group in the name of a command, "user" in "user add"; 0: it has none. */
size_t luci_command_group_length(const char *name);

/* 1 if a text is so many lower-case hexadecimal digits, as the tags that lists show. */
int luci_command_is_tag(const char *text, size_t digits);

/* Reports an error of the command line, with the usage of the command. Returns USAGE. */
luci_exit_t luci_command_misuse(const luci_invocation_t *call, const char *what);

#endif
