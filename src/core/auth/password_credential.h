/* SPDX-License-Identifier: Apache-2.0 */
/* A password as a credential: the key stores its hash, and LuciaPasswordHash says which hash is up to date.
 */
#ifndef LUCI_PASSWORD_CREDENTIAL_H
#define LUCI_PASSWORD_CREDENTIAL_H

#include "core/auth/credential.h"

extern const luci_credential_kind_t luci_credential_password;

#endif
