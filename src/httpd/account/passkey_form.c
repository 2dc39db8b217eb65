/* SPDX-License-Identifier: Apache-2.0 */
#include "httpd/account/passkey_form.h"

#include "core/auth/own_passkeys.h"
#include "core/base/base64url.h"
#include "httpd/request/request_origin.h"

#include <apr_strings.h>
#include <http_log.h>
#include <http_vhost.h>
#include <string.h>

APLOG_USE_MODULE(luciauth);

int luci_passkey_form_is_on(const luci_server_config_t *config)
{
    return config->settings.passkeys != LUCI_PASSKEYS_OFF;
}

/* Clients can send any Host, and httpd gives its first virtual host what no other one names. A page of a host
 * below ServerName that is not this site may ask for passkeys of ServerName, and could sign in here with the
 * answer. */
static int is_own_host(request_rec *r, const luci_relying_party_t *party)
{
    return strcmp(party->id, r->hostname) == 0 || ap_matches_request_vhost(r, r->hostname, r->server->port);
}

/* ServerName counts, whatever the request's Host is and UseCanonicalName says. */
int luci_passkey_form_party(request_rec *r, luci_relying_party_t *party)
{
    const char *origin = luci_request_own_origin(r), *server = r->server->server_hostname;

    if (luci_relying_party_find(server, origin, party, r->pool) == LUCI_OK && is_own_host(r, party))
        return 1;
    if (luci_state_is_news(r, 254, ""))
        ap_log_rerror(
            APLOG_MARK, APLOG_INFO, 0, r,
            "LUCI0254: this page offers no passkeys: it is at %.200s, and ServerName is %s; passkeys need "
            "https, and a host that is the ServerName or a ServerAlias below it",
            origin ? origin : "an unknown origin", server ? server : "unknown");
    return 0;
}

luci_result_t luci_passkey_form_offer(const luci_endpoint_request_t *request,
                                      luci_challenge_purpose_t purpose, const char *user_id,
                                      luci_passkey_offer_t *offer)
{
    const luci_settings_t *settings = request->runtime->auth.settings;
    luci_challenge_use_t use = { settings->seal_keys, purpose, user_id };

    if (settings->passkeys == LUCI_PASSKEYS_OFF || !request->urls->passkey_script ||
        !luci_passkey_form_party(request->r, &offer->party))
        return LUCI_NOT_FOUND;
    offer->verification = "required";
    return luci_challenge_make(&use, luci_runtime_now(), &offer->challenge, request->r->pool);
}

#define TIMEOUT apr_psprintf(request->r->pool, "%d", (int)LUCI_CHALLENGE_LASTS)

void luci_passkey_form_set(const luci_endpoint_request_t *request, const luci_passkey_offer_t *offer,
                           apr_table_t *values)
{
    request_rec *r = request->r;
    const char *script = request->urls->passkey_script;

    apr_table_setn(values, "passkey_url", request->urls->passkey);
    apr_table_setn(values, "passkey_script", script);
    apr_table_setn(values, "passkey_token", offer->challenge.token);
    apr_table_set(values, "passkey_challenge", offer->challenge.text);
    apr_table_setn(values, "passkey_party", offer->party.id);
    apr_table_setn(values, "passkey_verification", offer->verification);
    apr_table_setn(values, "passkey_timeout", TIMEOUT);
    luci_reply_allow_script(r, apr_pstrcat(r->pool, offer->party.origin, script, NULL));
}

json_t *luci_passkey_form_json(const luci_passkey_offer_t *offer)
{
    return json_pack("{s:s, s:s, s:s, s:s, s:i}", "token", offer->challenge.token, "challenge",
                     offer->challenge.text, "rp_id", offer->party.id, "user_verification",
                     offer->verification, "timeout", (int)LUCI_CHALLENGE_LASTS);
}

/* ---- The passkeys of a user ---- */

const char *luci_passkey_form_join(const apr_array_header_t *passkeys, apr_pool_t *pool)
{
    apr_array_header_t *ids = apr_array_make(pool, passkeys->nelts + 1, sizeof(const char *));

    for (int i = 0; i < passkeys->nelts; i++)
        APR_ARRAY_PUSH(ids, const char *) = APR_ARRAY_IDX(passkeys, i, luci_passkey_t).credential_id;
    return apr_array_pstrcat(pool, ids, ' ');
}

luci_result_t luci_passkey_form_ids(const luci_endpoint_request_t *request, const char *user_id,
                                    const char **ids)
{
    luci_auth_t auth = luci_state_auth(request->r);
    apr_array_header_t *passkeys;
    luci_result_t result = luci_own_passkeys_list(&auth, user_id, &passkeys, request->r->pool);

    if (result == LUCI_OK)
        *ids = luci_passkey_form_join(passkeys, request->r->pool);
    return result;
}

/* ---- Answers ---- */

static luci_result_t read_field(const luci_endpoint_request_t *request, const char *name, luci_bytes_t *bytes)
{
    const char *text = luci_form_value(&request->form, name);
    unsigned char *data = NULL;
    size_t length = 0;
    luci_result_t result =
        text && *text ? luci_base64url_decode(text, &data, &length, request->r->pool) : LUCI_OK;

    *bytes = (luci_bytes_t){ data, length };
    return result;
}

luci_result_t luci_passkey_form_read(const luci_endpoint_request_t *request, luci_passkey_answer_t *answer)
{
    luci_result_t result = read_field(request, "id", &answer->id);

    if (result == LUCI_OK)
        result = read_field(request, "client_data", &answer->client_data);
    if (result == LUCI_OK)
        result = read_field(request, "authenticator_data", &answer->authenticator_data);
    if (result == LUCI_OK)
        result = read_field(request, "signature", &answer->signature);
    return result == LUCI_OK ? read_field(request, "user_handle", &answer->user_handle) : result;
}

void luci_passkey_form_log(request_rec *r, luci_passkey_fault_t fault)
{
    if (fault != LUCI_PASSKEY_FAULT_NONE)
        ap_log_rerror(APLOG_MARK, APLOG_INFO, 0, r, "LUCI0255: the answer of an authenticator is refused: %s",
                      luci_passkey_fault_text(fault));
}
