/* SPDX-License-Identifier: Apache-2.0 */
/* How luciactl ends. */
#ifndef LUCI_EXIT_STATUS_H
#define LUCI_EXIT_STATUS_H

typedef enum {
    LUCI_EXIT_DONE = 0,
    LUCI_EXIT_REFUSED = 1, /* refused, not found, interrupted; said on stderr */
    LUCI_EXIT_USAGE = 2,   /* the command line is wrong */
    LUCI_EXIT_DATABASE = 3 /* the database can't be reached, or does not do what is asked */
} luci_exit_t;

#endif
