/* SPDX-License-Identifier: Apache-2.0 */
#include "core/password/argon2_tag.h"

#include <sodium.h>
#include <string.h>

#define BYTES_A_KIB 1024

/* What crypto_pwhash can be asked for. It takes no version and no lanes: they are always these. */
static int can_compute(const luci_argon2_hash_t *hash)
{
    apr_uint32_t min_passes =
        hash->type == Argon2_id ? crypto_pwhash_argon2id_OPSLIMIT_MIN : crypto_pwhash_argon2i_OPSLIMIT_MIN;

    return hash->version == ARGON2_VERSION_13 && hash->lanes == 1 &&
           hash->salt_length == crypto_pwhash_SALTBYTES && hash->tag_length >= crypto_pwhash_BYTES_MIN &&
           hash->memory_kib >= crypto_pwhash_MEMLIMIT_MIN / BYTES_A_KIB && hash->passes >= min_passes;
}

/* The one call into libsodium. sodium_init does its work once, under a lock of its own, whoever calls it
 * first; without it the slow generic code would compute. */
luci_result_t luci_argon2_tag_sodium(const luci_argon2_hash_t *hash, const char *password, unsigned char *tag)
{
    int algorithm = hash->type == Argon2_id ? crypto_pwhash_ALG_ARGON2ID13 : crypto_pwhash_ALG_ARGON2I13;

    if (!can_compute(hash))
        return luci_argon2_tag_libargon2(hash, password, tag);
    if (sodium_init() < 0 ||
        crypto_pwhash(tag, hash->tag_length, password, strlen(password), hash->salt, hash->passes,
                      (size_t)hash->memory_kib * BYTES_A_KIB, algorithm) != 0)
        return LUCI_INTERNAL;
    return LUCI_OK;
}
