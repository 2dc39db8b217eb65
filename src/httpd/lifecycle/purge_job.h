/* SPDX-License-Identifier: Apache-2.0 */
/* LuciaCleanup: dead sessions go every few minutes. One process of this server does it at a time,
 * in a thread of its own that mod_watchdog runs; another one takes over when that ends. Each database is
 * cleaned once, whatever number of virtual hosts share it. Other servers may clean the same one: each row
 * goes once, and they draw their moments by lot. A run is bounded in time, borrows a handle for one small
 * batch at a time, rests at least as long as that took, and stops as soon as its process is to end. */
#ifndef LUCI_PURGE_JOB_H
#define LUCI_PURGE_JOB_H

#include <httpd.h>

/* The post_config hook's work: asks mod_watchdog for a thread when any server wants to be cleaned. Without
 * mod_watchdog a warning says that nothing is cleaned. */
void luci_purge_job_prepare(apr_pool_t *conf_pool, server_rec *main_server);

/* The child_init hook's work: the child's pool is destroyed after the run that is under way, which ends with
 * its batch. */
void luci_purge_job_start(apr_pool_t *child_pool);

#endif
