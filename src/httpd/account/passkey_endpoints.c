/* SPDX-License-Identifier: Apache-2.0 */
/* The well-known URL by which browsers and password managers find where passkeys are added and managed (W3C,
 * "A Well-Known URL for Relying Party Passkey Endpoints"). */
#include "httpd/account/passkey_form.h"

#include <apr_strings.h>

static int show(luci_endpoint_request_t *request)
{
    luci_relying_party_t party;
    const char *url;

    if (!request->urls->passkeys || !luci_passkey_form_party(request->r, &party))
        return luci_endpoint_problem(request, HTTP_NOT_FOUND, LUCI_MESSAGE_NOT_FOUND);
    url = apr_pstrcat(request->r->pool, party.origin, request->urls->passkeys, NULL);
    return luci_reply_json(request->r, HTTP_OK, json_pack("{s:s, s:s}", "enroll", url, "manage", url));
}

const luci_endpoint_t luci_endpoint_passkey_endpoints = {
    .handler = LUCI_ENDPOINT_HANDLER "passkey-endpoints",
    .well_known = "/.well-known/passkey-endpoints",
    .is_on = luci_passkey_form_is_on,
    .get = show,
};
