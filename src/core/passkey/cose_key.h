/* SPDX-License-Identifier: Apache-2.0 */
/* Public keys of passkeys, as WebAuthn writes them (6.5.1.1): a COSE_Key (RFC 9052) in CTAP2's canonical
 * CBOR, which is one fixed sequence of bytes for an algorithm and a key. So a key is compared with what it
 * must be, instead of parsed. */
#ifndef LUCI_COSE_KEY_H
#define LUCI_COSE_KEY_H

#include "core/base/result.h"

#include <stddef.h>

/* The algorithms that are offered, by their numbers of COSE, the preferred one first. */
#define LUCI_COSE_ES256 (-7)   /* ECDSA with P-256 and SHA-256 */
#define LUCI_COSE_EDDSA (-8)   /* Ed25519 */
#define LUCI_COSE_RS256 (-257) /* RSASSA-PKCS1-v1_5 with 2,048 bits and SHA-256 */
extern const int luci_cose_algorithms[3];

#define LUCI_COSE_KEY_MAX 272 /* bytes of the longest COSE_Key */
#define LUCI_COSE_RAW_MAX 259 /* bytes of the longest key in libfido2's form */

typedef struct {
    int algorithm;
    size_t length; /* of raw */
    /* ES256: x and y; EdDSA: x; RS256: the modulus and 65537 */
    unsigned char raw[LUCI_COSE_RAW_MAX];
} luci_cose_key_t;

/* Writes the COSE_Key. *length is its number of bytes. INVALID: the algorithm was not offered, raw does not
 * have its length, or an RSA exponent is not 65537. */
luci_result_t luci_cose_key_write(const luci_cose_key_t *key, unsigned char out[LUCI_COSE_KEY_MAX],
                                  size_t *length) LUCI_MUST_USE;

/* The reverse. INVALID: data is not one of these keys, or something follows it. */
luci_result_t luci_cose_key_read(const unsigned char *data, size_t length,
                                 luci_cose_key_t *key) LUCI_MUST_USE;

#endif
