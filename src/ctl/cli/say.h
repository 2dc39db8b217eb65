/* SPDX-License-Identifier: Apache-2.0 */
/* Text that is safe on a terminal, and messages on stderr. */
#ifndef LUCI_SAY_H
#define LUCI_SAY_H

#include "ctl/cli/exit_status.h"

#include <apr_pools.h>

/* Returns a copy of text that is safe to show: control characters, line separators and direction marks become
 * \u{XXXX}, bytes that are not UTF-8 become \xXX. */
const char *luci_say_printable(const char *text, apr_pool_t *pool);

/* The width of printable text in columns of a terminal. */
int luci_say_width(const char *text);

/* Prints "luciactl: MESSAGE" on stderr, made printable. Returns status, so that callers can return the call.
 */
luci_exit_t luci_say_error(luci_exit_t status, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* Prints a line on stderr, made printable. */
void luci_say_note(const char *format, ...) __attribute__((format(printf, 1, 2)));

#endif
