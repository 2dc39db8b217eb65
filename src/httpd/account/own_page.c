/* SPDX-License-Identifier: Apache-2.0 */
#include "httpd/account/own_page.h"

#include "httpd/request/way_back.h"

int luci_own_page_anonymous(luci_endpoint_request_t *request)
{
    request_rec *r = request->r;

    if (request->is_post || request->wants_json)
        return luci_endpoint_problem(request, HTTP_UNAUTHORIZED, LUCI_MESSAGE_UNAUTHORIZED);
    return luci_reply_redirect(r,
                               luci_way_back_link(r, request->urls->login, luci_endpoint_requested(request)));
}

apr_table_t *luci_own_page_values(const luci_endpoint_request_t *request, const char *url)
{
    apr_table_t *values = apr_table_make(request->r->pool, 16);

    apr_table_setn(values, "username", request->session->user.username);
    apr_table_setn(values, "form_action", url && !luci_way_back_is_own_page(request->r) ? url : "");
    apr_table_setn(values, "account_url", request->urls->account);
    return values;
}

int luci_own_page_send(const luci_endpoint_request_t *request, apr_table_t *values,
                       const luci_problem_t *problem, const char *field)
{
    if (problem)
        luci_reply_complain(request->r, problem, field, values);
    return luci_reply_page(request->r, problem ? problem->status : HTTP_OK, request->endpoint->page, values);
}

int luci_own_page_complain(luci_endpoint_request_t *request, luci_own_page_fn *page,
                           const luci_problem_t *problem, const char *field)
{
    return request->as_json ? luci_reply_problem(request->r, problem, LUCI_REPLY_JSON)
                            : page(request, problem, field);
}

int luci_own_page_refuse(luci_endpoint_request_t *request, luci_own_page_fn *page, const char *field,
                         luci_message_t message)
{
    return luci_own_page_complain(request, page, &(luci_problem_t){ HTTP_BAD_REQUEST, message, 0 }, field);
}

int luci_own_page_is_of_other(const luci_endpoint_request_t *request, const char *field)
{
    const char *name = luci_form_value(&request->form, field);

    return name && strcmp(name, request->session->user.username) != 0;
}

int luci_own_page_ended(luci_endpoint_request_t *request)
{
    luci_endpoint_clear_session(request);
    return luci_endpoint_problem(request, HTTP_UNAUTHORIZED, LUCI_MESSAGE_UNAUTHORIZED);
}

int luci_own_page_fail(luci_endpoint_request_t *request, luci_own_page_fn *page, luci_result_t result,
                       const luci_attempt_t *attempt)
{
    luci_problem_t problem;

    if (result == LUCI_EXPIRED)
        return luci_own_page_ended(request);
    problem = result == LUCI_THROTTLED ? luci_problem_throttled(attempt->retry_after)
                                       : luci_problem_of(request->r, result);
    return luci_own_page_complain(request, page, &problem, "form_error");
}
