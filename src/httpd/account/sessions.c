/* SPDX-License-Identifier: Apache-2.0 */
/* The page where people see where they are signed in, and sign out elsewhere. */
#include "core/auth/own_sessions.h"
#include "core/base/timestamp.h"
#include "core/web/template.h"
#include "core/web/user_agent.h"
#include "httpd/account/account_json.h"
#include "httpd/account/own_page.h"
#include "httpd/request/answer.h"
#include "httpd/request/way_back.h"

#include <string.h>

#define LIST "sessions"

static const luci_form_field_t fields[] = {
    { "session", LUCI_FORM_TEXT },
    { "others", LUCI_FORM_FLAG },
    { "username", LUCI_FORM_TEXT }, /* hidden in the page */
    { NULL, LUCI_FORM_TEXT },
};

/* ---- The list ---- */

static int answer_json(luci_endpoint_request_t *request, const apr_array_header_t *sessions)
{
    json_t *list = json_array();

    for (int i = 0; list && i < sessions->nelts; i++) {
        const luci_own_session_t *session = &APR_ARRAY_IDX(sessions, i, luci_own_session_t);

        if (json_array_append_new(list,
                                  json_pack("{s:s, s:b, s:o, s:o, s:o, s:o}", "tag", session->tag, "current",
                                            session->is_current, "address", luci_json_text(session->address),
                                            "user_agent", luci_json_text(session->user_agent), "created_at",
                                            luci_json_known_moment(session->created_at), "last_seen",
                                            luci_json_known_moment(session->last_seen))) != 0) {
            json_decref(list);
            list = NULL;
        }
    }
    return luci_reply_json(request->r, HTTP_OK, list ? json_pack("{s:o}", LIST, list) : NULL);
}

static void set_row(apr_table_t *values, int row, const luci_own_session_t *session, apr_pool_t *pool)
{
    luci_user_agent_t agent = luci_user_agent(session->user_agent, pool);

    luci_template_set_row(values, LIST, row, "tag", session->tag);
    luci_template_set_row(values, LIST, row, "current", session->is_current ? "1" : "");
    luci_template_set_row(values, LIST, row, "other", session->is_current ? "" : "1");
    luci_template_set_row(values, LIST, row, "browser", agent.browser);
    luci_template_set_row(values, LIST, row, "system", agent.system);
    luci_template_set_row(values, LIST, row, "address", session->address ? session->address : "");
    luci_template_set_row(values, LIST, row, "since", luci_timestamp_readable(session->created_at, pool));
    luci_template_set_row(values, LIST, row, "last_seen", luci_timestamp_readable(session->last_seen, pool));
}

static int page(luci_endpoint_request_t *request, const luci_own_sessions_t *list)
{
    const apr_array_header_t *sessions = list->sessions;
    apr_table_t *values = luci_own_page_values(request, request->urls->sessions);

    for (int i = 0; i < sessions->nelts; i++)
        set_row(values, i, &APR_ARRAY_IDX(sessions, i, luci_own_session_t), request->r->pool);
    apr_table_setn(values, "others", sessions->nelts > 1 ? "1" : "");
    apr_table_setn(values, "incomplete", list->is_all ? "" : "1");
    return luci_own_page_send(request, values, NULL, NULL);
}

static int show(luci_endpoint_request_t *request)
{
    luci_auth_t auth = luci_state_auth(request->r);
    luci_own_sessions_t list;
    luci_result_t result =
        luci_own_sessions_list(&auth, request->session, luci_runtime_now(), &list, request->r->pool);

    if (result != LUCI_OK)
        return luci_endpoint_failure(request, result);
    return request->wants_json ? answer_json(request, list.sessions) : page(request, &list);
}

/* ---- The end ---- */

/* The page again, after a POST. */
static const char *own_url(luci_endpoint_request_t *request)
{
    const char *requested = luci_way_back_requested(request->r);

    return request->urls->sessions ? request->urls->sessions : requested ? requested : request->urls->account;
}

static int done(luci_endpoint_request_t *request, const luci_own_sessions_ending_t *ending)
{
    if (ending->has_ended_current) {
        luci_endpoint_clear_session(request);
        luci_answer_clear_cache(request->r);
        return request->wants_json ? luci_reply_nothing(request->r)
                                   : luci_reply_see_other(request->r, request->urls->login);
    }
    return request->wants_json ? show(request) : luci_reply_see_other(request->r, own_url(request));
}

/* A session that has ended meanwhile is no error for a person, who may have clicked twice. A program may have
 * written a wrong tag. */
static int answer_unknown(luci_endpoint_request_t *request, const luci_own_sessions_ending_t *ending)
{
    return request->as_json && ending->tag
               ? luci_endpoint_problem(request, HTTP_NOT_FOUND, LUCI_MESSAGE_NOT_FOUND)
               : done(request, ending);
}

static int post(luci_endpoint_request_t *request)
{
    const char *tag = luci_form_value(&request->form, "session"),
               *others = luci_form_value(&request->form, "others");
    luci_auth_t auth = luci_state_auth(request->r);
    luci_own_sessions_ending_t ending = { .session = request->session,
                                          .tag = tag,
                                          .now = luci_runtime_now() };
    luci_result_t result;

    if (!tag == !(others && *others))
        return luci_endpoint_problem(request, HTTP_BAD_REQUEST, LUCI_MESSAGE_MALFORMED);
    if (luci_own_page_is_of_other(request, "username"))
        return luci_endpoint_problem(request, HTTP_BAD_REQUEST, LUCI_MESSAGE_OTHER_NAME);
    result = luci_own_sessions_end(&auth, &ending, request->r->pool);
    if (result == LUCI_OK)
        return done(request, &ending);
    if (result == LUCI_NOT_FOUND)
        return answer_unknown(request, &ending);
    if (result == LUCI_DENIED)
        return luci_endpoint_ask_factor(request);
    if (result == LUCI_CONFLICT)
        return luci_endpoint_problem(request, HTTP_NOT_IMPLEMENTED, LUCI_MESSAGE_NO_LIST);
    return luci_endpoint_failure(request, result);
}

const luci_endpoint_t luci_endpoint_sessions = {
    .handler = LUCI_ENDPOINT_HANDLER "sessions",
    .path = "sessions",
    .page = "sessions.html",
    .fields = fields,
    .event = LUCI_EVENT_SESSION_END,
    .needs_session = 1,
    .needs_fresh = LUCI_FRESH_POST,
    .get = show,
    .post = post,
    .has_json = 1,
    .no_session = luci_own_page_anonymous,
};
