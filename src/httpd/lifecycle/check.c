/* SPDX-License-Identifier: Apache-2.0 */
#include "httpd/lifecycle/check.h"

#include <apr_file_info.h>

APLOG_USE_MODULE(luciauth);

void luci_check_say(const luci_check_t *check, int level, const char *message)
{
    ap_log_error(APLOG_MARK, APLOG_STARTUP | level, 0, check->main_server, "%s", message);
}

void luci_check_fail(luci_check_t *check, const char *message)
{
    luci_check_say(check, APLOG_CRIT, message);
    check->failed = 1;
}

int luci_check_is_folder(const char *path, apr_pool_t *pool)
{
    apr_finfo_t info;

    return apr_stat(&info, path, APR_FINFO_TYPE, pool) == APR_SUCCESS && info.filetype == APR_DIR;
}
