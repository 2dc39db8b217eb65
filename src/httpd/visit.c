/* SPDX-License-Identifier: Apache-2.0 */
#include "visit.h"

#include "request.h"

#include <apr_strings.h>
#include <http_log.h>

APLOG_USE_MODULE(luciauth);

#define YEAR (365 * LUCI_MS_DAY)

static request_rec *root_of(request_rec *r)
{
    while (r->main || r->prev)
        r = r->main ? r->main : r->prev;
    return r;
}

static const char *read_bearer(const request_rec *r)
{
    const char *header = apr_table_get(r->headers_in, "Authorization");

    if (!header || ap_cstr_casecmpn(header, "Bearer ", 7) != 0)
        return NULL;
    for (header += 7; *header == ' '; header++)
        ;
    return luci_cookie_is_session_id(header) ? apr_pstrdup(r->pool, header) : NULL;
}

luci_visit_t *luci_visit_of(request_rec *r)
{
    request_rec *root = root_of(r);
    luci_visit_t *visit = ap_get_module_config(root->request_config, &luciauth_module);

    if (visit)
        return visit;
    visit = apr_pcalloc(root->pool, sizeof *visit);
    visit->pool = root->pool;
    if (luci_cookie_find(apr_table_get(root->headers_in, "Cookie"),
                         luci_config_server(root->server)->cookie_name, &visit->cookie_id,
                         root->pool) != LUCI_OK)
        visit->cookie_id = NULL;
    visit->bearer_id = read_bearer(root);
    ap_set_module_config(root->request_config, &luciauth_module, visit);
    return visit;
}

static luci_cookie_t cookie_of(request_rec *r)
{
    const luci_server_config_t *config = luci_config_server(r->server);
    int secure = config->cookie_secure == LUCI_SECURE_ON ||
                 (config->cookie_secure == LUCI_SECURE_AUTO && luci_request_is_https(r));

    return (luci_cookie_t){
        .name = config->cookie_name,
        .path = config->cookie_path,
        .domain = config->cookie_domain,
        .samesite = config->cookie_samesite,
        .secure = secure,
    };
}

/* err_headers_out of the root reaches the client with errors and after internal redirects too. */
static void send_cookie(request_rec *r, const char *value)
{
    apr_table_addn(root_of(r)->err_headers_out, "Set-Cookie", value);
    luci_visit_of(r)->cookie_sent = 1;
}

void luci_visit_set_cookie(request_rec *r, const luci_session_t *session)
{
    luci_cookie_t cookie = cookie_of(r);
    luci_ms_t expires =
        luci_config_server(r->server)->cookie_expires ? session->idle_expires : luci_runtime_now() + YEAR;

    send_cookie(r, luci_cookie_set(&cookie, session->id, expires, root_of(r)->pool));
}

void luci_visit_clear_cookie(request_rec *r)
{
    luci_cookie_t cookie = cookie_of(r);

    send_cookie(r, luci_cookie_clear(&cookie, root_of(r)->pool));
}

static luci_result_t validate(request_rec *r, const char *id, int ending)
{
    luci_runtime_t *runtime = luci_runtime_of(r);
    luci_visit_t *visit = luci_visit_of(r);
    luci_ms_t now = luci_runtime_now();
    luci_result_t written;
    int may_write;

    if (!runtime)
        return LUCI_UNAVAILABLE;
    if (visit->validated_id && strcmp(visit->validated_id, id) == 0)
        return visit->validation;
    visit->validated_id = id;
    /* An include far down in a page comes too late for a Set-Cookie: renewing waits for a request that can
     * tell the browser. */
    may_write = !ending && luci_pool_may_write(runtime->pool, now) &&
                !(id == visit->cookie_id && root_of(r)->sent_bodyct);
    visit->validation =
        luci_auth_validate(&runtime->auth, id, may_write, now, &visit->session, &written, visit->pool);
    if (written == LUCI_BUSY || written == LUCI_UNAVAILABLE) {
        luci_pool_write_failed(runtime->pool, now);
        ap_log_rerror(APLOG_MARK, APLOG_WARNING, 0, r,
                      "LUCI0306: a session could not be renewed or removed: %s; it will be later",
                      luci_result_name(written));
    }
    if (id != visit->cookie_id)
        return visit->validation;
    if (visit->validation == LUCI_OK && visit->session.fresh)
        luci_visit_set_cookie(r, &visit->session);
    if (visit->validation == LUCI_EXPIRED || visit->validation == LUCI_NOT_FOUND)
        luci_visit_clear_cookie(r);
    return visit->validation;
}

luci_result_t luci_visit_validate(request_rec *r, const char *id)
{
    return validate(r, id, 0);
}

luci_result_t luci_visit_validate_ending(request_rec *r, const char *id)
{
    return validate(r, id, 1);
}
