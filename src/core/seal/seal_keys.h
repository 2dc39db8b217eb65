/* SPDX-License-Identifier: Apache-2.0 */
/* The keys that are made of the secrets of LuciaSecret: a key for each purpose, so that what is made for one
 * is of no use for another. The first secret makes new texts; all of them read, so that a secret can be
 * replaced. Each secret has a key id, by which a text names its secret; it reveals nothing of it.
 *
 * The secrets themselves are not kept. Immutable; threads and forked processes share it. */
#ifndef LUCI_SEAL_KEYS_H
#define LUCI_SEAL_KEYS_H

#include "core/base/result.h"

#include <apr_pools.h>
#include <apr_tables.h>

#define LUCI_SEAL_KEY_BYTES 32
#define LUCI_SEAL_KEY_ID 8 /* characters of base64url */

typedef struct luci_seal_keys_t luci_seal_keys_t;

/* Makes the keys of secrets (const char *, at least one, none empty). They are from pool, and are wiped when
 * it is cleared. INTERNAL: libcrypto failed. Does not need luci_secret_init. */
luci_result_t luci_seal_keys_make(const apr_array_header_t *secrets, const luci_seal_keys_t **keys,
                                  apr_pool_t *pool) LUCI_MUST_USE;

/* The number of secrets, and the key id of one of them; 0 is the first. */
int luci_seal_keys_count(const luci_seal_keys_t *keys);
const char *luci_seal_keys_id(const luci_seal_keys_t *keys, int secret);

/* 1 if what is made with the first secret of other can be read with keys. */
int luci_seal_keys_reads(const luci_seal_keys_t *keys, const luci_seal_keys_t *other);

/* Makes the key of a purpose, of the secret with a key id; the caller wipes it. NOT_FOUND: no secret has the
 * key id. INTERNAL: libcrypto failed. In both cases key is zeros. */
luci_result_t luci_seal_keys_derive(const luci_seal_keys_t *keys, const char *id, const char *purpose,
                                    unsigned char key[LUCI_SEAL_KEY_BYTES]) LUCI_MUST_USE;

#endif
