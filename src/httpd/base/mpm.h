/* SPDX-License-Identifier: Apache-2.0 */
/* What httpd's processing module (MPM) is configured for, and what it does. An MPM that does not answer a
 * question counts as one process with one thread, which has just started. */
#ifndef LUCI_MPM_H
#define LUCI_MPM_H

/* The maximum number of threads of a child, and of children; each at least 1. */
int luci_mpm_threads(void);
int luci_mpm_children(void);

/* 1 while this process ends, which may take hours after a graceful restart. */
int luci_mpm_is_stopping(void);

/* 1 if httpd has restarted since it was started. */
int luci_mpm_has_restarted(void);

#endif
