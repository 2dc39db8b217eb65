/* SPDX-License-Identifier: Apache-2.0 */
#include "httpd/gate/bearer.h"

#include "httpd/request/app_use.h"
#include "httpd/request/state.h"

/* What was found for this client's request. */
struct luci_bearer_t {
    luci_result_t result;
    luci_app_access_t app;
};

static luci_bearer_t *look_up(request_rec *r, const char *id)
{
    luci_state_t *state = luci_state_of(r);
    luci_auth_t auth = luci_state_auth(r);
    luci_bearer_t *bearer = apr_pcalloc(state->pool, sizeof *bearer);

    bearer->app.text = id;
    bearer->app.now = luci_runtime_now();
    bearer->app.may_write = luci_app_use_may_be_written(r, bearer->app.now);
    bearer->result = luci_auth_check_app(&auth, &bearer->app, state->pool);
    luci_app_use_note(r, &bearer->app, bearer->app.now);
    return bearer;
}

luci_result_t luci_bearer_user(request_rec *r, const char *id, const luci_user_t **user)
{
    luci_state_t *state = luci_state_of(r);

    if (id != luci_state_credentials(state)->bearer_id ||
        luci_config_server(r->server)->settings.second_factor == LUCI_SECOND_FACTOR_OFF)
        return LUCI_NOT_FOUND;
    if (!state->bearer)
        state->bearer = look_up(r, id);
    if (state->bearer->result == LUCI_OK)
        *user = &state->bearer->app.user;
    return state->bearer->result == LUCI_DENIED ? LUCI_NOT_FOUND : state->bearer->result;
}
