/* SPDX-License-Identifier: Apache-2.0 */
#include "httpd/account/endpoints.h"

/* One row an endpoint: luci_endpoint_NAME is defined in NAME.c. */
#define ENDPOINTS(ROW)                                                                                       \
    ROW(signup)                                                                                              \
    ROW(login)                                                                                               \
    ROW(adopt)                                                                                               \
    ROW(logout)                                                                                              \
    ROW(profile)                                                                                             \
    ROW(password)                                                                                            \
    ROW(factor)                                                                                              \
    ROW(confirm)                                                                                             \
    ROW(sessions)                                                                                            \
    ROW(reset)                                                                                               \
    ROW(forgot)                                                                                              \
    ROW(email)                                                                                               \
    ROW(verify)                                                                                              \
    ROW(username)                                                                                            \
    ROW(deletion)                                                                                            \
    ROW(factors)                                                                                             \
    ROW(factors_totp)                                                                                        \
    ROW(app_passwords)                                                                                       \
    ROW(activity)                                                                                            \
    ROW(passkey)                                                                                             \
    ROW(passkeys)                                                                                            \
    ROW(passkey_script)                                                                                      \
    ROW(passkey_endpoints)                                                                                   \
    ROW(well_known)

#define DECLARE(name) extern const luci_endpoint_t luci_endpoint_##name;
#define ENTRY(name) &luci_endpoint_##name,

ENDPOINTS(DECLARE)

const luci_endpoint_t *const luci_endpoints[] = { ENDPOINTS(ENTRY) NULL };
