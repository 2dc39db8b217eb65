/* SPDX-License-Identifier: Apache-2.0 */
/* The script of the pages with passkeys. It is the same for all requests, and contains nothing of them. */
#include "httpd/account/passkey_form.h"

#include <string.h>

/* The assembler reads the file; the path is relative to the top of the tree, where the compiler runs. */
__asm__(".pushsection .rodata\n"
        ".hidden luci_passkey_script\n.globl luci_passkey_script\n"
        "luci_passkey_script: .incbin \"src/httpd/account/passkey.js\"\n"
        ".byte 0\n"
        ".popsection\n");
extern const char luci_passkey_script[];

static int show(luci_endpoint_request_t *request)
{
    return luci_reply_script(request->r, luci_passkey_script);
}

const luci_endpoint_t luci_endpoint_passkey_script = {
    .handler = LUCI_ENDPOINT_HANDLER "passkey-script",
    .path = LUCI_PASSKEY_SCRIPT,
    .is_on = luci_passkey_form_is_on,
    .get = show,
};
