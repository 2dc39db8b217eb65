/* SPDX-License-Identifier: Apache-2.0 */
/* Why the answer of an authenticator is refused. People are told that the passkey cannot be used; the log
 * names the fault. */
#ifndef LUCI_PASSKEY_FAULT_H
#define LUCI_PASSKEY_FAULT_H

typedef enum {
    LUCI_PASSKEY_FAULT_NONE,
    LUCI_PASSKEY_FAULT_CLIENT_DATA,   /* clientDataJSON is malformed */
    LUCI_PASSKEY_FAULT_TYPE,          /* of another ceremony */
    LUCI_PASSKEY_FAULT_CHALLENGE,     /* of another page, or expired */
    LUCI_PASSKEY_FAULT_ORIGIN,        /* a page of another site */
    LUCI_PASSKEY_FAULT_CROSS_ORIGIN,  /* a page in a frame of another site */
    LUCI_PASSKEY_FAULT_AUTHENTICATOR, /* the authenticator data is malformed */
    LUCI_PASSKEY_FAULT_RP,            /* of another relying party */
    LUCI_PASSKEY_FAULT_PRESENCE,      /* the user did not touch the authenticator */
    LUCI_PASSKEY_FAULT_VERIFICATION,  /* the user was not verified, though that was asked for */
    LUCI_PASSKEY_FAULT_BACKUP,        /* a backup of a credential that cannot have one */
    LUCI_PASSKEY_FAULT_ALGORITHM,     /* the key is malformed, or not of an offered algorithm */
    LUCI_PASSKEY_FAULT_ID,            /* the credential id is too long, or another one was stated */
    LUCI_PASSKEY_FAULT_TRAILING,      /* something follows the authenticator data */
    LUCI_PASSKEY_FAULT_SIGNATURE,     /* wrong signature */
    LUCI_PASSKEY_FAULT_USER,          /* the credential of another user */
    LUCI_PASSKEY_FAULTS               /* the number of faults */
} luci_passkey_fault_t;

/* What is wrong, as a phrase for the log ("the origin is that of another site"); never NULL. */
const char *luci_passkey_fault_text(luci_passkey_fault_t fault);

#endif
