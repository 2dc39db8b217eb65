/* SPDX-License-Identifier: Apache-2.0 */
/* The exit status of luciactl. */
#ifndef LUCI_EXIT_STATUS_H
#define LUCI_EXIT_STATUS_H

typedef enum {
    LUCI_EXIT_DONE = 0,
    LUCI_EXIT_REFUSED = 1, /* refused, not found, interrupted; stderr has the reason */
    LUCI_EXIT_USAGE = 2,   /* an error of the command line or the configuration */
    LUCI_EXIT_DATABASE = 3 /* the database is unreachable, or returns an error */
} luci_exit_t;

#endif
