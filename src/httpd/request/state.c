/* SPDX-License-Identifier: Apache-2.0 */
#include "httpd/request/state.h"

#include "core/web/cookie.h"
#include "core/web/forwarded.h"
#include "httpd/base/counters.h"
#include "httpd/base/httpd_log.h"
#include "httpd/request/activity_note.h"

#include <apr_strings.h>
#include <http_log.h>

APLOG_USE_MODULE(luciauth);

request_rec *luci_state_root(request_rec *r)
{
    while (r->main || r->prev)
        r = r->main ? r->main : r->prev;
    return r;
}

/* r->method is "HEAD" for HEAD. An ErrorDocument is generated with GET, whatever the client's method was. */
int luci_state_is_read(request_rec *r)
{
    const luci_forwarded_t *forwarded = luci_state_forwarded(luci_state_root(r));
    const char *method = r->method, *asked = NULL;

    if (r->prev && ap_is_HTTP_ERROR(r->prev->status))
        asked = apr_table_get(r->subprocess_env, "REDIRECT_REQUEST_METHOD");
    if (asked)
        method = asked;
    if (forwarded)
        method = *forwarded->method ? forwarded->method : "GET";
    return strcmp(method, "GET") == 0 || strcmp(method, "HEAD") == 0;
}

/* The state of a single request; each subrequest and each redirect has its own. */
typedef struct {
    luci_state_t *state;     /* only in the root request */
    const luci_user_t *user; /* the user in r->user, if this module set it */
    const char *name;        /* the value to which this module set r->user */
    int is_gated;
    int is_exempt;
    luci_rules_seen_t rules;
    luci_known_t known;
    int is_scrubbed; /* only in the root request */
} here_t;

static here_t *here_of(request_rec *r)
{
    here_t *here = ap_get_module_config(r->request_config, &luciauth_module);

    if (here)
        return here;
    here = apr_pcalloc(r->pool, sizeof *here);
    ap_set_module_config(r->request_config, &luciauth_module, here);
    return here;
}

static luci_state_t *begin_state(request_rec *root)
{
    luci_state_t *state = apr_pcalloc(root->pool, sizeof *state);

    state->pool = root->pool;
    state->cookies = apr_table_get(root->headers_in, "Cookie");
    state->authorization = apr_table_get(root->headers_in, "Authorization");
    state->cookie_name = luci_config_server(root->server)->cookie_name;
    return state;
}

static const char *read_bearer(const luci_state_t *state)
{
    const char *header = state->authorization;

    if (!header || ap_cstr_casecmpn(header, "Bearer ", 7) != 0)
        return NULL;
    for (header += 7; *header == ' '; header++)
        ;
    return luci_cookie_is_session_id(header) ? apr_pstrdup(state->pool, header) : NULL;
}

const luci_credentials_t *luci_state_credentials(luci_state_t *state)
{
    luci_credentials_t *credentials = &state->credentials;

    if (credentials->is_read)
        return credentials;
    credentials->is_read = 1;
    credentials->cookies_differ = luci_cookie_find(state->cookies, state->cookie_name,
                                                   &credentials->cookie_id, state->pool) == LUCI_CONFLICT;
    credentials->bearer_id = read_bearer(state);
    return credentials;
}

luci_state_t *luci_state_of(request_rec *r)
{
    request_rec *root = luci_state_root(r);
    here_t *here = here_of(root);

    if (!here->state)
        here->state = begin_state(root);
    return here->state;
}

luci_state_t *luci_state_begun(const request_rec *root)
{
    const here_t *here = ap_get_module_config(root->request_config, &luciauth_module);

    return here ? here->state : NULL;
}

const luci_forwarded_t *luci_state_forwarded(const request_rec *root)
{
    const luci_state_t *state = luci_state_begun(root);

    return state ? state->forwarded : NULL;
}

void luci_state_name_user(request_rec *r, const char *name, const luci_user_t *user)
{
    here_t *here = here_of(r);

    r->user = apr_pstrdup(r->pool, name);
    here->user = user;
    here->name = r->user;
}

const luci_user_t *luci_state_user(request_rec *r)
{
    request_rec *from = r->main ? r->main : r->prev;
    here_t *here = here_of(r);

    if (!r->user)
        return NULL;
    if (here->user && here->name == r->user)
        return here->user;
    /* httpd copies the pointer to a subrequest or redirect that it does not authenticate again. */
    return from && from->user == r->user ? luci_state_user(from) : NULL;
}

int luci_state_is_scrubbed(request_rec *r)
{
    here_t *here = here_of(luci_state_root(r));
    int before = here->is_scrubbed;

    here->is_scrubbed = 1;
    return before;
}

luci_known_t *luci_state_known(request_rec *r)
{
    return &here_of(r)->known;
}

const luci_urls_t *luci_state_urls(request_rec *r)
{
    luci_known_t *known = luci_state_known(r);
    const luci_dir_config_t *dir = luci_config_dir(r);

    if (known->urls_of != dir) {
        luci_urls_t urls = luci_config_urls(r);

        known->urls = apr_pmemdup(r->pool, &urls, sizeof urls);
        known->urls_of = dir;
    }
    return known->urls;
}

void luci_state_mark_gated(request_rec *r)
{
    here_of(r)->is_gated = 1;
}

int luci_state_is_gated(request_rec *r)
{
    return here_of(r)->is_gated;
}

luci_rules_seen_t *luci_state_rules_seen(request_rec *r)
{
    return &here_of(r)->rules;
}

void luci_state_mark_exempt(request_rec *r)
{
    here_of(r)->is_exempt = 1;
}

int luci_state_is_exempt(request_rec *r)
{
    return here_of(r)->is_exempt;
}

/* Reports an event of the use cases; the baton is the request. */
static void note_event(void *baton, const luci_event_t *event)
{
    request_rec *r = baton;
    luci_state_t *state = luci_state_of(r);
    luci_state_event_t *last = &state->last;

    *last = (luci_state_event_t){ 1, *event };
    last->event.account = apr_pstrdup(state->pool, event->account);
    last->event.user_id = apr_pstrdup(state->pool, event->user_id);
    luci_count_event(event->kind, event->reason);
    luci_audit_write(luci_runtime_of(r)->audit, event, r);
    luci_activity_note(r, luci_runtime_of(r), state->cookies, event);
}

static void log_notice(void *baton, const luci_notice_t *notice)
{
    request_rec *r = baton;

    luci_httpd_log_notice(r->server, notice);
}

/* What a notice by mail tells of the request, in the language of its client. */
static luci_mail_origin_t origin_of(request_rec *r)
{
    luci_pages_view_t view =
        luci_pages_view(luci_runtime_of(r)->pages, apr_table_get(r->headers_in, "Accept-Language"));

    return (luci_mail_origin_t){ .address = r->useragent_ip,
                                 .user_agent = apr_table_get(r->headers_in, "User-Agent"),
                                 .language = luci_pages_language(&view) };
}

void luci_state_set_origin(request_rec *r, luci_auth_t *auth)
{
    if (auth->settings->mail)
        auth->origin = origin_of(r);
}

luci_auth_t luci_state_auth(request_rec *r)
{
    luci_auth_t auth = luci_runtime_of(r)->auth;

    auth.site = r->server->server_hostname;
    auth.events = (luci_event_sink_t){ .write = note_event, .notice = log_notice, .baton = r };
    if (!luci_state_is_read(r)) /* Nothing that is told is changed by reading. */
        luci_state_set_origin(r, &auth);
    return auth;
}

int luci_state_is_news(request_rec *r, int id, const char *detail)
{
    luci_state_t *state = luci_state_of(r);
    const char *line = apr_psprintf(state->pool, "%d %s", id, detail);

    if (!state->told)
        state->told = apr_hash_make(state->pool);
    if (apr_hash_get(state->told, line, APR_HASH_KEY_STRING))
        return 0;
    apr_hash_set(state->told, line, APR_HASH_KEY_STRING, line);
    return 1;
}

void luci_state_report_refused(request_rec *r, luci_event_kind_t kind, luci_reason_t reason)
{
    luci_event_t event = { .kind = kind, .reason = reason, .at = luci_runtime_now() };

    luci_state_report(r, &event);
}

void luci_state_report(request_rec *r, const luci_event_t *event)
{
    note_event(r, event);
}
