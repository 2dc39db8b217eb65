/* SPDX-License-Identifier: Apache-2.0 */
/* Private to password_argon2.c and its unit tests. The Argon2 computation, for which there are two libraries
 * with equal results:
 * - libargon2, the reference, computes every hash. It works in an arena (arena.h) and wipes it.
 * - libsodium is faster on processors with AVX2. It computes version 19 with one lane and a salt of 16 bytes.
 *   No function of it accepts memory: it maps fresh memory for each hash and unmaps it without wiping it, so
 *   the arena's promises (reuse, exclusion from core dumps) do not hold. That memory contains blocks that
 *   Argon2 derives from the password, and not the password itself. */
#ifndef LUCI_PASSWORD_ARGON2_INT_H
#define LUCI_PASSWORD_ARGON2_INT_H

#include "core/base/result.h"
#include "core/base/settings.h"

#include <apr.h>
#include <argon2.h>

#define LUCI_ARGON2_SALT_MAX 64 /* bytes */
#define LUCI_ARGON2_TAG_MAX 64  /* bytes */

/* A decoded hash: all inputs of the computation except the password, and its output, the tag. */
typedef struct {
    argon2_type type;     /* Argon2_i or Argon2_id */
    apr_uint32_t version; /* ARGON2_VERSION_10 or _13 */
    apr_uint32_t memory_kib;
    apr_uint32_t passes;
    apr_uint32_t lanes;
    unsigned char salt[LUCI_ARGON2_SALT_MAX];
    size_t salt_length;
    unsigned char tag[LUCI_ARGON2_TAG_MAX];
    size_t tag_length;
} luci_argon2_hash_t;

/* Computes the tag of a password and writes hash->tag_length bytes to tag; hash->tag is not read. A hash that
 * libsodium cannot compute is computed by libargon2, whatever the library. Uses one thread for any number of
 * lanes, because the limit on concurrent hashes counts processor cores. Thread-safe. INTERNAL when memory is
 * exhausted, or when libsodium is required and cannot be initialised; the content of tag is then undefined.
 */
luci_result_t luci_argon2_tag(const luci_argon2_hash_t *hash, luci_argon2_library_t library,
                              const char *password, unsigned char *tag) LUCI_MUST_USE;

#endif
