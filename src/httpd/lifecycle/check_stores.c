/* SPDX-License-Identifier: Apache-2.0 */
#include "httpd/lifecycle/check_stores.h"

#include "httpd/base/audit.h"
#include "httpd/base/config.h"
#include "httpd/base/server_name.h"
#include "httpd/cache/cache.h"
#include "httpd/lifecycle/database_check.h"

#include <http_core.h>

#include <apr_strings.h>

#include <string.h>

/* ---- Caches ---- */

/* what: the log id and the directive. */
static void check_cache(luci_check_t *check, server_rec *server, const char *what,
                        const luci_cache_name_t *name)
{
    const char *problem = luci_cache_problem(name, check->pool);

    if (problem)
        luci_check_fail(check,
                        apr_psprintf(check->pool, "%s: \"%s%s%s\" is not allowed: %s, in %s", what,
                                     name->provider, name->args ? ":" : "", name->args ? name->args : "",
                                     problem, luci_server_name(server, check->pool)));
}

static void check_caches(luci_check_t *check, server_rec *server)
{
    const luci_server_config_t *config = luci_config_server(server);
    luci_cache_name_t sessions = config->cache_name;

    if (luci_cache_wanted(&sessions))
        check_cache(check, server, "LUCI0507: LuciaSessionCache", &sessions);
    if (config->throttle_store.provider)
        check_cache(check, server, "LUCI0513: LuciaThrottleStore", &config->throttle_store);
}

/* ---- The database ---- */

static void check_database(luci_check_t *check, server_rec *server)
{
    const luci_server_config_t *config = luci_config_server(server);
    const char *problem;

    if (ap_state_query(AP_SQ_RUN_MODE) != AP_SQ_RM_CONFIG_TEST)
        return; /* it is asked then, and may come later */
    problem = luci_database_problem(&config->database, config->create_schema, check->pool);
    if (problem)
        luci_check_fail(check, apr_psprintf(check->pool, "LUCI0714: LuciaDatabase: %s, in %s", problem,
                                            luci_server_name(server, check->pool)));
}

/* ---- The audit log ---- */

static void check_audit(luci_check_t *check, server_rec *server)
{
    const char *target = luci_config_server(server)->audit_log;
    const char *problem;

    if (ap_state_query(AP_SQ_RUN_MODE) != AP_SQ_RM_CONFIG_TEST)
        return; /* it is opened then */
    problem = luci_audit_problem(target, check->pool);
    if (problem)
        luci_check_fail(check, apr_psprintf(check->pool,
                                            "LUCI0614: LuciaAuditLog: \"%s\" can't be opened: %s, in %s",
                                            target, problem, luci_server_name(server, check->pool)));
}

void luci_check_stores(luci_check_t *check, server_rec *server)
{
    check_caches(check, server);
    check_database(check, server);
    check_audit(check, server);
}
