/* SPDX-License-Identifier: Apache-2.0 */
#include "httpd/request/half.h"

#include "core/auth/factor_need.h"
#include "core/passkey/relying_party.h"
#include "core/web/url.h"
#include "httpd/base/config.h"
#include "httpd/request/reply.h"
#include "httpd/request/request_origin.h"

#include <http_protocol.h>

/* Whether the site at ServerName can have passkeys. The client's Host counts only for localhost, so that
 * another one does not excuse from a passkey. */
static int can_have_passkeys(request_rec *r)
{
    const char *server = r->server->server_hostname, *origin = NULL;
    luci_relying_party_t party;

    if (server && luci_url_make_origin(ap_http_scheme(r), server, 0, &origin, r->pool) == LUCI_OK &&
        luci_relying_party_find(server, origin, &party, r->pool) == LUCI_OK)
        return 1;
    return luci_relying_party_find(server, luci_request_own_origin(r), &party, r->pool) == LUCI_OK;
}

int luci_half_needs_passkey(request_rec *r)
{
    return luci_config_server(r->server)->settings.passkeys == LUCI_PASSKEYS_ONLY &&
           luci_state_urls(r)->passkeys && can_have_passkeys(r);
}

int luci_half_is(request_rec *r, const luci_session_t *session, luci_half_t *half)
{
    int is_required = luci_factor_need_is_half(&luci_config_server(r->server)->settings, session);

    if (session->factors >= 2 || (!is_required && !luci_half_needs_passkey(r)))
        return 0;
    if (half)
        *half = is_required ? (luci_half_t){ luci_state_urls(r)->factor, LUCI_MESSAGE_FACTOR }
                            : (luci_half_t){ luci_state_urls(r)->passkeys, LUCI_MESSAGE("passkey_missing") };
    return 1;
}
