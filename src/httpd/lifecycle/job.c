/* SPDX-License-Identifier: Apache-2.0 */
#include "httpd/lifecycle/job.h"

#include "core/guard/times.h"
#include "httpd/base/mpm.h"

#define REST_MIN apr_time_from_msec(20)
#define REST_SLICE apr_time_from_msec(50) /* the longest until a pause notices that the process ends */

/* Leaves the server, and each lock that others wait for, to others for most of the time. */
static void rest(apr_interval_time_t took)
{
    apr_interval_time_t pause = (LUCI_JOB_SHARE - 1) * took;
    apr_time_t end = apr_time_now() + (pause > REST_MIN ? pause : REST_MIN);

    for (apr_time_t now = apr_time_now();
         now < end && end - now <= LUCI_JOB_RUN_MAX && !luci_mpm_is_stopping(); now = apr_time_now())
        apr_sleep(end - now < REST_SLICE ? end - now : REST_SLICE);
}

int luci_job_goes_on(luci_job_run_t *run)
{
    if (run->batch > 0)
        rest(apr_time_now() - run->batch);
    run->batch = apr_time_now();
    return run->batch < run->until && !luci_mpm_is_stopping();
}
