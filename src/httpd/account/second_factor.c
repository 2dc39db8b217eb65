/* SPDX-License-Identifier: Apache-2.0 */
#include "httpd/account/second_factor.h"

#include "core/factor/factor.h"
#include "httpd/request/cookies.h"
#include "httpd/request/reply.h"
#include "httpd/request/way_back.h"

static const luci_problem_t needed = { HTTP_UNAUTHORIZED, LUCI_MESSAGE_FACTOR, 0 };

json_t *luci_second_factor_json(int kinds)
{
    json_t *names = json_array();

    for (const luci_factor_kind_t *known = luci_factor_kind_list; known->kind; known++) {
        if (kinds & known->kind)
            (void)json_array_append_new(names, json_string(known->name));
    }
    return names;
}

static int answer_json(luci_endpoint_request_t *request, int kinds)
{
    json_t *body = luci_problem_json(request->r, &needed);

    if (body)
        (void)json_object_set_new(body, "factors", luci_second_factor_json(kinds));
    return luci_reply_json(request->r, needed.status, body);
}

int luci_second_factor_ask(luci_endpoint_request_t *request, const luci_factor_demand_t *demand,
                           luci_step_kind_t kind)
{
    request_rec *r = request->r;
    const char *next = luci_way_back_chosen(r, luci_form_value(&request->form, "next"));
    const luci_step_wanted_t wanted = { kind, demand, next };
    const char *value, *link;
    luci_auth_t auth = luci_state_auth(r);
    luci_result_t result = luci_step_open(&auth, &wanted, luci_runtime_now(), &value, r->pool);

    if (result != LUCI_OK)
        return luci_endpoint_failure(request, result);
    luci_cookies_set_step(r, value);
    if (request->as_json)
        return answer_json(request, demand->kinds);
    if (!request->urls->factor)
        return luci_endpoint_problem(request, needed.status, needed.message);
    link = luci_way_back_link(r, request->urls->factor, next);
    return kind == LUCI_STEP_CONFIRM ? luci_reply_see_other(r, link) : luci_reply_redirect(r, link);
}

int luci_second_factor_is_passkey_alone(const luci_endpoint_request_t *request,
                                        const luci_factor_demand_t *demand)
{
    return request->runtime->auth.settings->passkeys == LUCI_PASSKEYS_ONLY &&
           demand->kinds & LUCI_FACTOR_PASSKEY;
}
