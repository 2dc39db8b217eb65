/* SPDX-License-Identifier: Apache-2.0 */
/* The page where people see the last sign-ins and failures of their account. */
#include "core/activity/activity.h"

#include "core/base/timestamp.h"
#include "core/web/template.h"
#include "core/web/user_agent.h"
#include "httpd/account/account_json.h"
#include "httpd/account/own_page.h"

#include <apr_strings.h>

#define LIST "activity"

static luci_result_t read_rows(luci_endpoint_request_t *request, apr_array_header_t **rows)
{
    const luci_db_source_t *source = &request->runtime->auth.source;
    luci_db_t *db;
    luci_result_t result = source->borrow(source->baton, &db);

    if (result != LUCI_OK)
        return result;
    result = luci_activity_read(db, request->session->user.id, rows, request->r->pool);
    source->give_back(source->baton, db);
    return result;
}

/* ---- JSON ---- */

static json_t *row_json(const luci_activity_t *row)
{
    return json_pack("{s:o, s:o, s:o, s:o, s:o, s:b}", "what", luci_json_text(row->what), "reason",
                     luci_json_text(row->reason), "at", luci_json_moment(row->at), "address",
                     luci_json_text(row->address), "user_agent", luci_json_text(row->user_agent),
                     "known_device", row->has_device);
}

static json_t *rows_json(const apr_array_header_t *rows)
{
    json_t *list = json_array();

    for (int i = 0; i < rows->nelts; i++)
        (void)json_array_append_new(list, row_json(&APR_ARRAY_IDX(rows, i, luci_activity_t)));
    return json_pack("{s:o}", LIST, list);
}

/* ---- The page ---- */

/* A row has a value whose name is what happened or, of a failure, the reason: %%#sign_in%%. */
static void set_row(apr_table_t *values, int number, const luci_activity_t *row, apr_pool_t *pool)
{
    luci_user_agent_t agent = luci_user_agent(row->user_agent, pool);
    char at[LUCI_TIMESTAMP_TEXT], minutes[LUCI_TIMESTAMP_TEXT];

    luci_timestamp_to_iso(row->at, at);
    luci_timestamp_to_minutes(row->at, minutes);
    luci_template_set_row(values, LIST, number, row->reason ? row->reason : row->what, "1");
    luci_template_set_row(values, LIST, number, "failed", row->reason ? "1" : "");
    luci_template_set_row(values, LIST, number, "at", apr_pstrdup(pool, at));
    luci_template_set_row(values, LIST, number, "time", apr_pstrdup(pool, minutes));
    luci_template_set_row(values, LIST, number, "address", row->address ? row->address : "");
    luci_template_set_row(values, LIST, number, "browser", agent.browser);
    luci_template_set_row(values, LIST, number, "system", agent.system);
    luci_template_set_row(values, LIST, number, "known_device", row->has_device ? "1" : "");
}

static int page(luci_endpoint_request_t *request, const apr_array_header_t *rows)
{
    request_rec *r = request->r;
    apr_table_t *values = apr_table_make(r->pool, 8 + rows->nelts);

    for (int i = 0; i < rows->nelts; i++)
        set_row(values, i, &APR_ARRAY_IDX(rows, i, luci_activity_t), r->pool);
    apr_table_setn(values, "is_empty", rows->nelts == 0 ? "1" : "");
    apr_table_setn(values, "account_url", request->urls->account);
    apr_table_setn(values, "password_url", request->urls->password ? request->urls->password : "");
    return luci_reply_page(r, HTTP_OK, request->endpoint->page, values);
}

static int show(luci_endpoint_request_t *request)
{
    apr_array_header_t *rows = NULL;
    luci_result_t result =
        request->runtime->auth.settings->activity ? read_rows(request, &rows) : LUCI_NOT_FOUND;

    if (result == LUCI_NOT_FOUND)
        return luci_endpoint_problem(request, HTTP_NOT_FOUND, LUCI_MESSAGE_NOT_FOUND);
    if (result != LUCI_OK)
        return luci_endpoint_failure(request, result);
    return request->wants_json ? luci_reply_json(request->r, HTTP_OK, rows_json(rows)) : page(request, rows);
}

static int is_on(const luci_server_config_t *config)
{
    return config->settings.activity;
}

const luci_endpoint_t luci_endpoint_activity = {
    .handler = LUCI_ENDPOINT_HANDLER "activity",
    .path = "activity",
    .page = "activity.html",
    .is_on = is_on,
    .needs_session = 1,
    .get = show,
    .no_session = luci_own_page_anonymous,
};
