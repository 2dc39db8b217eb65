/* SPDX-License-Identifier: Apache-2.0 */
/* Used by password_argon2 only. One computation, in two implementations that give
 * the same bytes. make ARGON2= decides which of them is called.
 * - libargon2 computes everything, in memory of ours (arena), wiped before it's given back
 * - libsodium is faster where the processor has AVX2; it computes version 19 with one lane and a salt of 16
 *   bytes, and hands everything else to the former. It maps its memory anew for each hash and unmaps it
 *   unwiped: neither the arena's reuse nor its keeping out of core dumps holds there. */
#ifndef LUCI_ARGON2_TAG_H
#define LUCI_ARGON2_TAG_H

#include "core/base/result.h"

#include <apr.h>
#include <argon2.h> /* for its types; it's called in argon2_libargon2.c */

#define LUCI_ARGON2_SALT_MAX 64 /* bytes */
#define LUCI_ARGON2_TAG_MAX 64

/* Everything that goes into a hash but the password, and the tag that comes out. */
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

/* Writes the tag_length bytes that belong to password; hash->tag is not looked at. One thread, whatever the
 * lanes: the limit on concurrent hashing counts cores. Any thread may call. INTERNAL without memory, or when
 * libsodium can't start; then tag holds nothing of use. */
luci_result_t luci_argon2_tag_libargon2(const luci_argon2_hash_t *hash, const char *password,
                                        unsigned char *tag) LUCI_MUST_USE;
luci_result_t luci_argon2_tag_sodium(const luci_argon2_hash_t *hash, const char *password,
                                     unsigned char *tag) LUCI_MUST_USE;

#ifdef LUCI_ARGON2_SODIUM
#define luci_argon2_tag luci_argon2_tag_sodium
#else
#define luci_argon2_tag luci_argon2_tag_libargon2
#endif

#endif
