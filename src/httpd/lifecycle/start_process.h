/* SPDX-License-Identifier: Apache-2.0 */
/* The short-lived processes of a start, for calls that may hang or that need the rights of the children. */
#ifndef LUCI_START_PROCESS_H
#define LUCI_START_PROCESS_H

/* To be called first in such a process. httpd may continue before the process ends, so that it must not keep
 * httpd's ports, ends at httpd's signals, and ends itself after so many seconds. */
void luci_start_process_become_independent(int seconds);

#endif
