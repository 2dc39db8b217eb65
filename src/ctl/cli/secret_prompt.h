/* SPDX-License-Identifier: Apache-2.0 */
/* Passwords: asked for on the terminal, without echo, or the first line of standard input. Never from the
 * command line, which every user of the machine can read.
 *
 * This is not readpassphrase(3) of libbsd: that cuts off a password that does not fit, where this refuses it,
 * and ends the process at Ctrl-C, where this says that no password was entered and returns. */
#ifndef LUCI_SECRET_PROMPT_H
#define LUCI_SECRET_PROMPT_H

#include "ctl/cli/command.h"

#define LUCI_SECRET_PROMPT_BYTES_MAX 4096 /* of a password */

/* The option that makes a command read standard input; for its table. */
#define LUCI_SECRET_PROMPT_STDIN                                                                             \
    {                                                                                                        \
        "stdin", NULL, "the password is the first line of standard input", 0                                 \
    }

/* A new password: the first line of standard input with --stdin, else asked for twice. DONE: *password is
 * from the call's pool, and the caller wipes it (luci_secret_wipe_string). USAGE: no terminal and no --stdin,
 * or nothing there. REFUSED: the two differ, or it is no UTF-8. Each said. */
luci_exit_t luci_secret_prompt_new(luci_invocation_t *call, const char *prompt, char **password);

/* Asks on the terminal whether to go on. DONE: the answer is "yes". REFUSED: it is another one. USAGE: there
 * is no terminal. Each said. */
luci_exit_t luci_secret_prompt_confirm(luci_invocation_t *call, const char *question);

#endif
