/* SPDX-License-Identifier: Apache-2.0 */
#include "httpd/request/lack.h"

#include "core/email/email.h"
#include "httpd/base/config.h"

luci_session_lack_t luci_lack_of(request_rec *r, const luci_session_t *session, luci_half_t *half)
{
    const luci_server_config_t *config = luci_config_server(r->server);

    if (!luci_config_parts(config)->sessions_may_lack)
        return LUCI_SESSION_WHOLE;
    if (luci_half_is(r, session, half))
        return LUCI_SESSION_HALF;
    return luci_email_is_missing(&session->user, &config->settings) ? LUCI_SESSION_UNVERIFIED
                                                                    : LUCI_SESSION_WHOLE;
}
