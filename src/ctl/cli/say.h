/* SPDX-License-Identifier: Apache-2.0 */
/* What people read: text that is safe on a terminal, and messages on stderr. */
#ifndef LUCI_SAY_H
#define LUCI_SAY_H

#include "ctl/cli/exit_status.h"

#include <apr_pools.h>

/* text as it may be shown, from pool: control characters, line separators and marks that turn the direction
 * of writing as \u{XXXX}, bytes that are not UTF-8 as \xXX. */
const char *luci_say_printable(const char *text, apr_pool_t *pool);

/* How many columns of a terminal printable text takes. */
int luci_say_width(const char *text);

/* "luciactl: MESSAGE" on stderr, made printable. Returns status, for return statements. */
luci_exit_t luci_say_error(luci_exit_t status, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* A line on stderr, made printable. */
void luci_say_note(const char *format, ...) __attribute__((format(printf, 1, 2)));

#endif
