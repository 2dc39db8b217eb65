/* SPDX-License-Identifier: Apache-2.0 */
/* The section of the counters in mod_status. doc/status.md explains each figure. */
#ifndef LUCI_STATUS_H
#define LUCI_STATUS_H

/* Registers the section; called in register_hooks, whether or not mod_status is loaded. */
void luci_status_register(void);

#endif
