/* SPDX-License-Identifier: Apache-2.0 */
/* The extent of CBOR (RFC 8949) in authenticator data. It is determined before libfido2 decodes the data,
 * because libfido2 ignores what follows the item that it decodes, and libcbor allocates what an item claims
 * to contain. */
#ifndef LUCI_CBOR_ITEM_H
#define LUCI_CBOR_ITEM_H

#include <stddef.h>

#define LUCI_CBOR_DEPTH_MAX 4 /* nested arrays and maps, as in CTAP2's canonical CBOR */

/* The number of bytes of the item that data begins with. 0: it is malformed, cut off, deeper than
 * LUCI_CBOR_DEPTH_MAX, has an indefinite length or a tag. Pure. */
size_t luci_cbor_item_bytes(const unsigned char *data, size_t length);

/* 1 if data is one map and nothing else. */
int luci_cbor_is_one_map(const unsigned char *data, size_t length);

#endif
