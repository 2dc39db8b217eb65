/* SPDX-License-Identifier: Apache-2.0 */
#include "core/passkey/passkey_fault.h"

static const char *const texts[LUCI_PASSKEY_FAULTS] = {
    [LUCI_PASSKEY_FAULT_NONE] = "nothing is wrong",
    [LUCI_PASSKEY_FAULT_CLIENT_DATA] = "the client data is malformed",
    [LUCI_PASSKEY_FAULT_TYPE] = "the client data is of another ceremony",
    [LUCI_PASSKEY_FAULT_CHALLENGE] = "the challenge is of another page",
    [LUCI_PASSKEY_FAULT_ORIGIN] = "the origin of the page is not this site's",
    [LUCI_PASSKEY_FAULT_CROSS_ORIGIN] = "the page was in a frame of another site",
    [LUCI_PASSKEY_FAULT_AUTHENTICATOR] = "the authenticator data is malformed",
    [LUCI_PASSKEY_FAULT_RP] = "the passkey is of another site",
    [LUCI_PASSKEY_FAULT_PRESENCE] = "the user was not present",
    [LUCI_PASSKEY_FAULT_VERIFICATION] = "the authenticator did not verify the user",
    [LUCI_PASSKEY_FAULT_BACKUP] = "the backup flags contradict each other or those of the registration",
    [LUCI_PASSKEY_FAULT_ALGORITHM] = "the key is malformed, or of an algorithm that was not offered",
    [LUCI_PASSKEY_FAULT_ID] = "the credential id is too long or not the one that was stated",
    [LUCI_PASSKEY_FAULT_TRAILING] = "bytes follow the authenticator data",
    [LUCI_PASSKEY_FAULT_SIGNATURE] = "the signature is wrong",
    [LUCI_PASSKEY_FAULT_USER] = "the user handle is that of another user",
};

const char *luci_passkey_fault_text(luci_passkey_fault_t fault)
{
    return fault >= 0 && fault < LUCI_PASSKEY_FAULTS ? texts[fault] : "unknown";
}
