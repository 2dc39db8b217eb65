/* SPDX-License-Identifier: Apache-2.0 */
#include "ctl/check/check_pool.h"

#include "core/config/pool_fit.h"

void luci_check_pool(const luci_ctl_config_t *config, int at, const luci_capacity_t *capacity,
                     luci_findings_t *findings)
{
    luci_pool_fits_t fits = { .pools = apr_array_make(findings->pool, 2, sizeof(luci_pool_fit_t)),
                              .children = config->children,
                              .threads = config->threads,
                              .pool = findings->pool };
    const luci_pool_problem_t *problem;
    int number = -1;

    if (config->children < 1 ||
        config->threads < 1) /* another version of the module wrote the configuration */
        return;
    for (int i = 0; i < config->servers->nelts; i++) {
        const luci_server_config_t *server =
            APR_ARRAY_IDX(config->servers, i, const luci_ctl_server_t *)->config;
        int found = server->database.driver ? luci_pool_fit_add(&fits, server) : -1;

        if (i == at)
            number = found;
    }
    if (number < 0)
        return;
    APR_ARRAY_IDX(fits.pools, number, luci_pool_fit_t).capacity = *capacity;
    luci_pool_fit_all(&fits);
    problem = luci_pool_fit_problem(&fits, number);
    if (problem)
        luci_findings_add(findings, LUCI_FINDING_ADVICE, "database", problem->remedy, "%s", problem->what);
}
