/* SPDX-License-Identifier: Apache-2.0 */
/* A command of luciactl is one record beside its function; an invocation is one command with its operands and
 * options.
 *
 * The option parser is our own because the records also make the help, the manual page and the completion:
 * getopt_long and apr_getopt_long take tables of options only, know no commands of two words, and can't name
 * in their messages what a command allows. */
#ifndef LUCI_COMMAND_H
#define LUCI_COMMAND_H

#include "ctl/cli/exit_status.h"
#include "ctl/cli/output.h"

#include <apr_pools.h>
#include <apr_tables.h>

/* Written "--name", "--name VALUE" or "--name=VALUE". A list of them is closed by one without a name. */
typedef struct {
    const char *name;
    const char *value; /* what stands for the value in the help; NULL: it takes none */
    const char *help;  /* one line */
    int repeats;       /* may be given more than once */
} luci_option_t;

typedef struct luci_invocation_t luci_invocation_t;
typedef luci_exit_t luci_command_fn(luci_invocation_t *call);

typedef struct {
    const char *name;             /* one or two words: "check", "user add" */
    const char *arguments;        /* behind the name, as the synopsis shows them: "NAME" */
    const char *summary;          /* one line, without a full stop */
    const char *help;             /* paragraphs, lines of at most 80 characters */
    const luci_option_t *options; /* NULL: none of its own */
    int least, most;              /* operands; most -1: any number */
    luci_command_fn *run;
    const luci_column_t *columns; /* of what it lists or shows; NULL: nothing */
} luci_command_t;

struct luci_invocation_t {
    apr_pool_t *pool; /* of the whole call */
    const luci_command_t *command;
    int operands;
    const char **operand;
    apr_array_header_t *given; /* luci_given_t: the options, in order */
    luci_output_t *output;
    const char *group;          /* written without its second word, as in "user --help"; else NULL */
    const char *implied_config; /* read without --config; NULL: none was */
    const char *implied_by;     /* where it is named, for messages */
};

typedef struct {
    const luci_option_t *option;
    const char *value; /* NULL: it takes none */
} luci_given_t;

/* Understood before and behind every command. */
extern const luci_option_t luci_command_global_options[];

/* Takes argv apart; commands is the table, closed by NULL. DONE: *call is from its pool, without output; its
 * command is NULL where none was written. USAGE: said why. */
luci_exit_t luci_command_parse(luci_invocation_t *call, const luci_command_t *const *commands, int argc,
                               const char *const *argv);

/* Whether an option was given; its value, NULL when it was not; all its values (const char *). */
int luci_command_has(const luci_invocation_t *call, const char *name);
const char *luci_command_value(const luci_invocation_t *call, const char *name);
apr_array_header_t *luci_command_values(const luci_invocation_t *call, const char *name);

/* The value of an option that is a whole number; *number stays as it is when it was not given. USAGE: it is
 * none between least and most, said. */
luci_exit_t luci_command_number(const luci_invocation_t *call, const char *name, apr_int64_t least,
                                apr_int64_t most, apr_int64_t *number);

#define LUCI_COMMAND_CONFIG_VARIABLE "LUCIACTL_CONFIG"

/* The configuration that a call is about: that of --config, or where neither that nor --database is given the
 * one that the environment variable names, or the one that httpd reads. NULL: none, as an empty variable
 * wants it. */
const char *luci_command_config(luci_invocation_t *call);

#define LUCI_COMMAND_HTTPD_VARIABLE "LUCIACTL_HTTPD"

/* The program that reads configurations: of --httpd, of the environment variable, or the httpd that luciactl
 * was built for. */
const char *luci_command_httpd(const luci_invocation_t *call);

/* Says what is wrong with the command line, and where help is. Returns USAGE. */
luci_exit_t luci_command_misuse(const luci_invocation_t *call, const char *what);

#endif
