/* SPDX-License-Identifier: Apache-2.0 */
#include "httpd/request/app_use.h"

#include "httpd/server/runtime.h"

#include <http_log.h>

APLOG_USE_MODULE(luciauth);

int luci_app_use_may_be_written(request_rec *r, luci_ms_t now)
{
    return luci_pool_may_write(luci_runtime_of(r)->pool, LUCI_WRITE_TIMES, now);
}

void luci_app_use_note(request_rec *r, const luci_app_access_t *app, luci_ms_t now)
{
    if (app->written != LUCI_BUSY && app->written != LUCI_UNAVAILABLE)
        return;
    luci_pool_write_failed(luci_runtime_of(r)->pool, LUCI_WRITE_TIMES, now);
    ap_log_rerror(APLOG_MARK, APLOG_WARNING, 0, r,
                  "LUCI0246: the use of an app password could not be written down: %s; a later request tries "
                  "again",
                  luci_result_name(app->written));
}
