/* SPDX-License-Identifier: Apache-2.0 */
/* Periodic jobs: a const record each, beside its code, and one row of the list in jobs.c. One process of this
 * server runs them at a time, in a thread that mod_watchdog owns; another process takes over when that one
 * ends. A job runs once for all virtual hosts that share what it works on. Other servers may run the same job
 * on the same database, so intervals are jittered. A run is bounded in time, borrows a handle for one small
 * batch at a time, works only one part of its time (LUCI_JOB_SHARE), and stops as soon as its process is
 * about to end. */
#ifndef LUCI_JOB_H
#define LUCI_JOB_H

#include "httpd/server/runtime.h"

typedef struct luci_job_run_t luci_job_run_t;

typedef struct {
    const char *failed;   /* what did not happen when a run failed, for a log line */
    const char *unloaded; /* what does not happen without mod_watchdog, and what to do then, for a log line */

    /* How often a virtual host asks for a run, in milliseconds; 0: never. */
    luci_ms_t (*interval)(const luci_server_config_t *config);

    /* 1: a run for the one virtual host is a run for the other, too. */
    int (*is_shared)(const luci_server_config_t *one, const luci_server_config_t *other);

    /* 1: the run is to have the one virtual host rather than the other. Of two that are alike it has that
     * which comes first in the configuration. NULL: it does not matter which. */
    int (*is_better)(const luci_server_config_t *one, const luci_server_config_t *other);

    size_t state_size; /* bytes that are kept from run to run; zeros at first */

    /* Runs. Failing, it sets *why to a phrase from run->pool. */
    luci_result_t (*run)(luci_job_run_t *run, const char **why);
} luci_job_t;

/* One run of a job. */
struct luci_job_run_t {
    server_rec *server; /* one that asks for the job */
    server_rec *main_server;
    void *state;
    luci_db_source_t source; /* lends handles while no request needs them */
    apr_pool_t *pool;        /* of this run */
    apr_time_t until;        /* when it must end */
    apr_time_t batch;        /* when the current batch began; 0: there was none */
    int is_behind;           /* set by the job: the next run follows at once, after those of other jobs that
                                are due */
};

/* Called before each batch, while no handle is borrowed. Pauses after the batch before. 0: the run must
 * end. */
int luci_job_goes_on(luci_job_run_t *run);

#endif
