/* SPDX-License-Identifier: Apache-2.0 */
/* The well-known URL by which password managers find the page that changes a password (W3C, "A Well-Known URL
 * for Changing Passwords"). */
#include "httpd/account/endpoint.h"
#include "httpd/request/reply.h"

static int show(luci_endpoint_request_t *request)
{
    if (!request->urls->password)
        return luci_endpoint_problem(request, HTTP_NOT_FOUND, LUCI_MESSAGE_NOT_FOUND);
    return luci_reply_redirect(request->r, request->urls->password);
}

const luci_endpoint_t luci_endpoint_well_known = {
    .handler = LUCI_ENDPOINT_HANDLER "change-password",
    .well_known = "/.well-known/change-password",
    .get = show,
};
