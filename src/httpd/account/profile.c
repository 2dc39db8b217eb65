/* SPDX-License-Identifier: Apache-2.0 */
/* The profile: the user and the session of this request, as a page or as JSON. */
#include "httpd/account/account_json.h"
#include "httpd/account/endpoint.h"
#include "httpd/request/reply.h"

static int show(luci_endpoint_request_t *request)
{
    const luci_settings_t *settings = request->runtime->auth.settings;
    const luci_user_t *user = &request->session->user;
    apr_table_t *values;

    if (request->wants_json)
        return luci_reply_json(request->r, HTTP_OK, luci_account_json(request->session, settings));
    values = apr_table_make(request->r->pool, 16);
    for (int i = 0; i < settings->attributes->nelts; i++) {
        if (user->attributes[i])
            apr_table_setn(values, APR_ARRAY_IDX(settings->attributes, i, const char *), user->attributes[i]);
    }
    apr_table_setn(values, "user_id", user->id);
    apr_table_setn(values, "username", user->username);
    apr_table_setn(values, "password_url", request->urls->password ? request->urls->password : "");
    apr_table_setn(values, "sessions_url", request->urls->sessions ? request->urls->sessions : "");
    if (request->dir->username_change && request->urls->username)
        apr_table_setn(values, "username_url", request->urls->username);
    if (request->dir->account_deletion && request->urls->deletion)
        apr_table_setn(values, "delete_url", request->urls->deletion);
    apr_table_setn(values, "activity_url", request->urls->activity ? request->urls->activity : "");
    return luci_reply_page(request->r, HTTP_OK, request->endpoint->page, values);
}

const luci_endpoint_t luci_endpoint_profile = {
    .handler = LUCI_ENDPOINT_HANDLER "profile",
    .path = "",
    .page = "profile.html",
    .needs_session = 1,
    .get = show,
};
