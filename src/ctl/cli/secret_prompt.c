/* SPDX-License-Identifier: Apache-2.0 */
#include "ctl/cli/secret_prompt.h"

#include "core/base/secret.h"
#include "core/base/text.h"
#include "ctl/cli/say.h"

#include <apr_strings.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <termios.h>
#include <unistd.h>

#define CONTROL_C 3

#define NO_LINE (-1)
#define BAD_LINE (-2)

/* Reads a line, byte by byte so that the input after it stays unread. Returns its length; NO_LINE if there is
 * none, BAD_LINE if it is too long or contains a NUL, or Ctrl-C was pressed. */
static int read_line(int descriptor, char line[LUCI_SECRET_PROMPT_BYTES_MAX])
{
    size_t length = 0;
    ssize_t got;

    for (;;) {
        got = read(descriptor, line + length, 1);
        if (got < 0 && errno == EINTR)
            continue;
        if (got == 1 && line[length] == CONTROL_C)
            return BAD_LINE;
        if (got <= 0 || line[length] == '\n')
            break;
        if (++length == LUCI_SECRET_PROMPT_BYTES_MAX)
            return BAD_LINE;
    }
    if (got < 0 || (got == 0 && length == 0))
        return NO_LINE;
    line[length] = '\0';
    if (memchr(line, '\0', length))
        return BAD_LINE;
    if (length && line[length - 1] == '\r')
        line[--length] = '\0';
    return (int)length;
}

/* ---- The terminal ---- */

static int open_terminal(void)
{
    return open("/dev/tty", O_RDWR | O_NOCTTY | O_CLOEXEC);
}

static void write_text(int terminal, const char *text)
{
    size_t length = strlen(text);

    while (length > 0) {
        ssize_t written = write(terminal, text, length);

        if (written <= 0)
            return;
        text += written;
        length -= (size_t)written;
    }
}

/* Ctrl-C is read as a character that ends the line, and signals are delivered only after the echo is
 * restored, so that the terminal never stays without echo. */
static int ask_without_echo(int terminal, const char *prompt, char line[LUCI_SECRET_PROMPT_BYTES_MAX])
{
    struct termios usual, quiet;
    sigset_t held, before;
    int length;

    if (tcgetattr(terminal, &usual) != 0)
        return NO_LINE;
    quiet = usual;
    quiet.c_lflag &= ~(tcflag_t)(ECHO | ISIG);
    quiet.c_cc[VEOL] = CONTROL_C;
    sigfillset(&held);
    sigprocmask(SIG_BLOCK, &held, &before);
    tcsetattr(terminal, TCSAFLUSH, &quiet);
    write_text(terminal, prompt);
    length = read_line(terminal, line);
    tcsetattr(terminal, TCSAFLUSH, &usual);
    write_text(terminal, "\n");
    sigprocmask(SIG_SETMASK, &before, NULL);
    return length;
}

static luci_exit_t ask_twice(luci_invocation_t *call, int terminal, const char *prompt, char *first)
{
    char second[LUCI_SECRET_PROMPT_BYTES_MAX];
    const char *again = apr_pstrcat(call->pool, prompt, ", again: ", NULL);
    luci_exit_t status = LUCI_EXIT_DONE;

    if (ask_without_echo(terminal, apr_pstrcat(call->pool, prompt, ": ", NULL), first) < 0 ||
        ask_without_echo(terminal, again, second) < 0)
        status = luci_say_error(LUCI_EXIT_REFUSED, "no password was entered");
    else if (strcmp(first, second) != 0)
        status = luci_say_error(LUCI_EXIT_REFUSED, "the two passwords differ");
    luci_secret_wipe(second, sizeof second);
    return status;
}

static luci_exit_t from_terminal(luci_invocation_t *call, const char *prompt, char *line)
{
    int terminal = open_terminal();
    luci_exit_t status;

    if (terminal < 0)
        return luci_command_misuse(call, "there is no terminal for the password prompt; write the password "
                                         "on the first line of standard input");
    status = ask_twice(call, terminal, luci_say_printable(prompt, call->pool), line);
    close(terminal);
    return status;
}

/* In a loop over a file of names, standard input is that file. */
static luci_exit_t from_stdin(luci_invocation_t *call, char *line)
{
    int length = read_line(STDIN_FILENO, line);

    if (length >= 0 && !luci_command_has(call, "stdin"))
        luci_say_note("the password is the first line of standard input; --stdin says so on purpose");
    if (length == NO_LINE)
        return luci_command_misuse(call, "the password is missing: type it on a terminal, or write it on the "
                                         "first line of standard input, which is empty");
    if (length < 0)
        return luci_command_misuse(call, "the first line of standard input is not a password: it is too long "
                                         "or contains a control character");
    return LUCI_EXIT_DONE;
}

luci_exit_t luci_secret_prompt_new(luci_invocation_t *call, const char *prompt, char **password)
{
    char line[LUCI_SECRET_PROMPT_BYTES_MAX] = "";
    luci_exit_t status = luci_command_has(call, "stdin") || !isatty(STDIN_FILENO)
                             ? from_stdin(call, line)
                             : from_terminal(call, prompt, line);

    if (status == LUCI_EXIT_DONE && luci_text_valid_bytes(line, strlen(line)) < strlen(line))
        status = luci_say_error(LUCI_EXIT_REFUSED, "the password is not UTF-8");
    if (status == LUCI_EXIT_DONE)
        *password = apr_pstrdup(call->pool, line);
    luci_secret_wipe(line, sizeof line);
    return status;
}

luci_exit_t luci_secret_prompt_confirm(luci_invocation_t *call, const char *question)
{
    char line[LUCI_SECRET_PROMPT_BYTES_MAX] = "";
    int terminal = open_terminal(), length;

    if (terminal < 0)
        return luci_command_misuse(call, "there is no terminal to ask for confirmation; --yes confirms");
    write_text(terminal,
               apr_pstrcat(call->pool, luci_say_printable(question, call->pool), " Type yes: ", NULL));
    length = read_line(terminal, line);
    close(terminal);
    if (length >= 0 && strcmp(line, "yes") == 0)
        return LUCI_EXIT_DONE;
    return luci_say_error(LUCI_EXIT_REFUSED, "not confirmed; nothing was changed");
}
