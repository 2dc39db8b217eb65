/* SPDX-License-Identifier: Apache-2.0 */
/* A small authenticator: it makes keys with libcrypto, writes authenticator data by hand, and signs. It does
 * what it is told, also what no authenticator does. */
#ifndef LUCI_SUPPORT_PASSKEY_H
#define LUCI_SUPPORT_PASSKEY_H

#include "core/passkey/ceremony.h"

#include <apr_pools.h>

#define SITE_ID "site.example"
#define SITE_ORIGIN "https://site.example"
#define CHALLENGE "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8"

/* The flags of authenticator data. */
enum { UP = 0x01, UV = 0x04, BE = 0x08, BS = 0x10, AT = 0x40, ED = 0x80 };

typedef struct support_key_t support_key_t;

/* A key pair, for LUCI_COSE_...; it lasts as long as the pool. */
support_key_t *support_key(int algorithm, apr_pool_t *pool);

/* Its COSE_Key. */
luci_bytes_t support_key_cose(const support_key_t *key, apr_pool_t *pool);

/* Authenticator data. */
typedef struct {
    const char *party; /* NULL: SITE_ID */
    int flags;
    apr_uint32_t count;
    luci_bytes_t id;     /* with AT */
    luci_bytes_t public; /* with AT: COSE_Key, or what stands in its place */
    luci_bytes_t rest;   /* extensions, or anything else that follows */
} support_data_t;
luci_bytes_t support_data(const support_data_t *data, apr_pool_t *pool);

/* Client data of this site for a challenge; members: what follows, as ",\"crossOrigin\":false". */
luci_bytes_t support_client_data(const char *type, const char *challenge, const char *members,
                                 apr_pool_t *pool);

/* The signature over both. */
luci_bytes_t support_sign(const support_key_t *key, luci_bytes_t data, luci_bytes_t client_data,
                          apr_pool_t *pool);

/* Bytes of a text, which may contain NUL only as support_bytes_of("a\0b", 3). */
luci_bytes_t support_bytes_of(const char *text, size_t length);

/* A copy with one byte changed, and one with bytes appended. */
luci_bytes_t support_flip(luci_bytes_t bytes, size_t at, unsigned char bits, apr_pool_t *pool);
luci_bytes_t support_append(luci_bytes_t bytes, luci_bytes_t more, apr_pool_t *pool);

/* What a browser posts for a passkey of this site, right in every respect. */
luci_passkey_answer_t support_registration(const support_key_t *key, luci_bytes_t id, int flags,
                                           apr_pool_t *pool);
luci_passkey_answer_t support_assertion(const support_key_t *key, luci_bytes_t id, int flags,
                                        apr_uint32_t count, apr_pool_t *pool);

/* What was asked for: this site and CHALLENGE. */
luci_ceremony_t support_ceremony(int needs_verification);

#endif
