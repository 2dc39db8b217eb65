/* SPDX-License-Identifier: Apache-2.0 */
/* Passwords are read from the terminal without echo, or from the first line of standard input if that is not
 * a terminal; never from the command line, which every user of the machine can read.
 *
 * readpassphrase(3) of libbsd is not used, because it truncates a password that is too long and ends the
 * process at Ctrl-C; this code refuses such a password, and returns with a message after Ctrl-C. */
#ifndef LUCI_SECRET_PROMPT_H
#define LUCI_SECRET_PROMPT_H

#include "ctl/cli/command.h"

#define LUCI_SECRET_PROMPT_BYTES_MAX 4096 /* of a password */

/* The option --stdin, for the tables of commands. */
#define LUCI_SECRET_PROMPT_STDIN                                                                             \
    {                                                                                                        \
        "stdin", NULL, "read the password from standard input, even if that is a terminal", 0                \
    }

/* Reads a new password: if standard input is a terminal, and --stdin is not given, a prompt asks for it
 * twice; otherwise it is the first line of standard input. DONE: *password is from the call's pool, and the
 * caller wipes it (luci_secret_wipe_string). USAGE: standard input has no usable first line, or no terminal
 * can be asked. REFUSED: the two differ, or it is not UTF-8. Errors are reported. */
luci_exit_t luci_secret_prompt_new(luci_invocation_t *call, const char *prompt, char **password);

/* Asks for confirmation on the terminal. DONE: the answer is "yes". REFUSED: any other answer. USAGE: there
 * is no terminal. Errors are reported. */
luci_exit_t luci_secret_prompt_confirm(luci_invocation_t *call, const char *question);

#endif
