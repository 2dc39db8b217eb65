/* SPDX-License-Identifier: Apache-2.0 */
#include "httpd/request/activity_note.h"

#include "core/activity/activity.h"
#include "core/web/cookie.h"
#include "httpd/base/httpd_log.h"

#include <http_log.h>

APLOG_USE_MODULE(luciauth);

/* A write, with a handle that is borrowed for it. */
typedef struct {
    const luci_db_source_t *source;
    luci_activity_t row;
    apr_pool_t *pool;
} writing_t;

static luci_result_t write_row(void *baton)
{
    const writing_t *writing = baton;
    luci_db_t *db;
    luci_result_t result = writing->source->borrow(writing->source->baton, &db);

    if (result != LUCI_OK)
        return result;
    result = luci_activity_write(db, &writing->row, writing->pool);
    writing->source->give_back(writing->source->baton, db);
    return result == LUCI_NOT_FOUND ? LUCI_OK : result; /* The start has said that there is no table. */
}

static void put(request_rec *r, luci_runtime_t *runtime, writing_t *writing)
{
    const luci_pacer_t *pacer = &runtime->activity_pacer;
    luci_ms_t now = writing->row.at;
    luci_result_t result;

    if (!luci_pool_may_write(runtime->pool, LUCI_WRITE_ACTIVITY, now))
        return;
    result = writing->row.reason ? pacer->run(pacer->baton, write_row, writing) : write_row(writing);
    if (result == LUCI_OK)
        return;
    luci_pool_write_failed(runtime->pool, LUCI_WRITE_ACTIVITY, now);
    if (luci_httpd_log_topic_due(LUCI_TOPIC_ACTIVITY, luci_result_name(result)))
        ap_log_rerror(APLOG_MARK, APLOG_WARNING, 0, r,
                      "LUCI0243: LuciaActivity: what happened to accounts cannot be written: %s; for some "
                      "seconds it is left out; requests are answered as usual",
                      luci_result_name(result));
}

void luci_activity_note(request_rec *r, luci_runtime_t *runtime, const char *cookies,
                        const luci_event_t *event)
{
    writing_t writing = { .source = &runtime->auth.source, .pool = r->pool };

    if (!runtime->auth.settings->activity)
        return;
    switch (luci_activity_kind(event)) {
    case LUCI_ACTIVITY_NONE: break;
    case LUCI_ACTIVITY_NOBODYS: runtime->activity_pacer.pretend(runtime->activity_pacer.baton); break;
    case LUCI_ACTIVITY_ROW:
        writing.row = (luci_activity_t){
            .user_id = event->user_id,
            .at = event->at,
            .what = luci_event_name(event->kind),
            .reason = event->reason == LUCI_REASON_NONE ? NULL : luci_reason_name(event->reason),
            .address = r->useragent_ip,
            .user_agent = apr_table_get(r->headers_in, "User-Agent"),
            .has_device = luci_cookie_value(cookies, runtime->device_cookie, r->pool) != NULL,
        };
        put(r, runtime, &writing);
    }
}
