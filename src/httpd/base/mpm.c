/* SPDX-License-Identifier: Apache-2.0 */
#include "httpd/base/mpm.h"

#include <ap_mpm.h>

static int at_least_one(int query)
{
    int number;

    return ap_mpm_query(query, &number) == APR_SUCCESS && number > 1 ? number : 1;
}

int luci_mpm_threads(void)
{
    return at_least_one(AP_MPMQ_MAX_THREADS);
}

int luci_mpm_children(void)
{
    return at_least_one(AP_MPMQ_MAX_DAEMONS);
}

int luci_mpm_is_stopping(void)
{
    int state;

    return ap_mpm_query(AP_MPMQ_MPM_STATE, &state) == APR_SUCCESS && state == AP_MPMQ_STOPPING;
}

int luci_mpm_has_restarted(void)
{
    int generation = 0;

    (void)ap_mpm_query(AP_MPMQ_GENERATION, &generation);
    return generation != 0;
}
