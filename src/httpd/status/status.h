/* SPDX-License-Identifier: Apache-2.0 */
/* The counters for people: a section in mod_status, where that is loaded. doc/status.md says what
 * each figure means. */
#ifndef LUCI_STATUS_H
#define LUCI_STATUS_H

/* Adds the section; in register_hooks, whether or not mod_status is there. */
void luci_status_register(void);

#endif
