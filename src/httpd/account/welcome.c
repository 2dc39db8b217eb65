/* SPDX-License-Identifier: Apache-2.0 */
#include "httpd/account/welcome.h"

#include "core/email/email.h"
#include "core/web/form.h"
#include "httpd/account/account_json.h"
#include "httpd/request/answer.h"
#include "httpd/request/cookies.h"
#include "httpd/request/reply.h"
#include "httpd/request/way_back.h"

/* A step that was not completed ends: it may be another user's, and would count more than the session. The
 * browser may have cached pages for anonymous requests. */
int luci_welcome(luci_endpoint_request_t *request, const luci_session_t *session, const char *next,
                 int json_status)
{
    const luci_settings_t *settings = request->runtime->auth.settings;
    request_rec *r = request->r;

    luci_cookies_clear_step(r);
    luci_cookies_set_session(r, session);
    luci_answer_clear_cache(r);
    if (request->wants_json)
        return luci_reply_json(r, json_status, luci_account_json(session, settings));
    if (request->urls->email && luci_email_is_missing(&session->user, settings))
        return luci_reply_redirect(r, luci_way_back_link(r, request->urls->email, next));
    return luci_reply_redirect(r, next ? next : request->urls->home);
}

int luci_welcome_later(luci_endpoint_request_t *request, const char *username, const char *email)
{
    apr_table_t *values = apr_table_make(request->r->pool, 4);

    if (request->wants_json)
        return luci_reply_json(request->r, HTTP_ACCEPTED,
                               json_pack("{s:s, s:b}", "username", username, "waiting", 1));
    apr_table_setn(values, "username", username);
    apr_table_setn(values, "email", email ? email : "");
    return luci_reply_page(request->r, HTTP_OK, "waiting.html", values);
}

int luci_welcome_is_tab(const luci_endpoint_request_t *request)
{
    char *tab = NULL;

    return luci_form_query(request->r->args, LUCI_REPLY_TAB, &tab, request->r->pool) == LUCI_OK && tab;
}

int luci_welcome_tab(const luci_endpoint_request_t *request)
{
    apr_table_t *values = apr_table_make(request->r->pool, 8);

    apr_table_setn(values, "username", request->session->user.username);
    return luci_reply_page(request->r, HTTP_OK, "signed-in.html", values);
}
