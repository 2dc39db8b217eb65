/* SPDX-License-Identifier: Apache-2.0 */
/* The list of all periodic jobs (job.h), and the thread that runs them. */
#ifndef LUCI_JOBS_H
#define LUCI_JOBS_H

#include <httpd.h>

/* Called by the post_config hook: asks mod_watchdog for a thread if any virtual host wants a job. Without
 * mod_watchdog, warnings say what does not happen. */
void luci_jobs_prepare(apr_pool_t *conf_pool, server_rec *main_server);

/* Called by the child_init hook: the child's pool is destroyed after the run that is under way, which ends
 * with its batch. */
void luci_jobs_start(apr_pool_t *child_pool);

#endif
