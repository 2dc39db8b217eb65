/* SPDX-License-Identifier: Apache-2.0 */
/* The client data of WebAuthn (5.8.1): what the browser says about the page that asked for a passkey, as
 * JSON. The authenticator signs its SHA-256. */
#ifndef LUCI_CLIENT_DATA_H
#define LUCI_CLIENT_DATA_H

#include "core/base/result.h"
#include "core/passkey/passkey_fault.h"

#include <stddef.h>

#define LUCI_CLIENT_DATA_MAX 4096 /* bytes */
#define LUCI_CLIENT_DATA_DEPTH 4  /* nested arrays and objects */

/* What the client data must contain; strings are borrowed. */
typedef struct {
    const char *type;      /* "webauthn.create" or "webauthn.get" */
    const char *challenge; /* base64url without padding */
    const char *origin;    /* as browsers write it, which is the canonical form (url.h) */
} luci_client_data_t;

/* Compares client data with what is expected. DENIED: *fault says why. Members that browsers may add later
 * are ignored, but no member may occur twice. Pure. */
luci_result_t luci_client_data_check(const luci_client_data_t *expected, const char *json, size_t length,
                                     luci_passkey_fault_t *fault) LUCI_MUST_USE;

#endif
