/* SPDX-License-Identifier: Apache-2.0 */
#include "core/seal/seal_keys.h"

#include "core/base/base64url.h"
#include "core/base/secret.h"
#include "core/seal/hkdf.h"

#include <string.h>

/* Part of all keys. A change of these makes everything unreadable that was sealed before. */
#define SALT "mod_luciauth LuciaSecret"
#define ROOT_PURPOSE "root"
#define ID_PURPOSE "key id"

#define ID_BYTES (LUCI_SEAL_KEY_ID * 3 / 4)

typedef struct {
    unsigned char root[LUCI_SEAL_KEY_BYTES]; /* stands for the secret */
    const char *id;
} secret_t;

struct luci_seal_keys_t {
    int count;
    secret_t *secrets;
};

static apr_status_t wipe(void *baton)
{
    const luci_seal_keys_t *keys = baton;

    luci_secret_wipe(keys->secrets, (size_t)keys->count * sizeof *keys->secrets);
    return APR_SUCCESS;
}

static luci_result_t derive(const secret_t *secret, const char *purpose, unsigned char *out, size_t length)
{
    const luci_hkdf_t hkdf = { .secret = secret->root,
                               .secret_length = sizeof secret->root,
                               .info = purpose,
                               .info_length = strlen(purpose) };

    return luci_hkdf(&hkdf, out, length);
}

static luci_result_t make_secret(const char *text, secret_t *secret, apr_pool_t *pool)
{
    const luci_hkdf_t hkdf = { .secret = text,
                               .secret_length = strlen(text),
                               .salt = SALT,
                               .salt_length = strlen(SALT),
                               .info = ROOT_PURPOSE,
                               .info_length = strlen(ROOT_PURPOSE) };
    unsigned char id[ID_BYTES];
    luci_result_t result = luci_hkdf(&hkdf, secret->root, sizeof secret->root);

    if (result == LUCI_OK)
        result = derive(secret, ID_PURPOSE, id, sizeof id);
    if (result == LUCI_OK)
        secret->id = luci_base64url_encode(id, sizeof id, pool);
    return result;
}

luci_result_t luci_seal_keys_make(const apr_array_header_t *secrets, const luci_seal_keys_t **keys,
                                  apr_pool_t *pool)
{
    luci_seal_keys_t *made = apr_palloc(pool, sizeof *made);

    made->count = secrets->nelts;
    made->secrets = apr_pcalloc(pool, (size_t)secrets->nelts * sizeof *made->secrets);
    apr_pool_cleanup_register(pool, made, wipe, apr_pool_cleanup_null);
    for (int i = 0; i < secrets->nelts; i++) {
        luci_result_t result = make_secret(APR_ARRAY_IDX(secrets, i, const char *), &made->secrets[i], pool);

        if (result != LUCI_OK)
            return result;
    }
    *keys = made;
    return LUCI_OK;
}

int luci_seal_keys_count(const luci_seal_keys_t *keys)
{
    return keys->count;
}

const char *luci_seal_keys_id(const luci_seal_keys_t *keys, int secret)
{
    return keys->secrets[secret].id;
}

/* The secret with a key id; NULL: there is none. */
static const secret_t *find(const luci_seal_keys_t *keys, const char *id)
{
    for (int i = 0; i < keys->count; i++) {
        if (strcmp(keys->secrets[i].id, id) == 0)
            return &keys->secrets[i];
    }
    return NULL;
}

int luci_seal_keys_reads(const luci_seal_keys_t *keys, const luci_seal_keys_t *other)
{
    return find(keys, other->secrets[0].id) != NULL;
}

luci_result_t luci_seal_keys_derive(const luci_seal_keys_t *keys, const char *id, const char *purpose,
                                    unsigned char key[LUCI_SEAL_KEY_BYTES])
{
    const secret_t *secret = find(keys, id);

    if (secret)
        return derive(secret, purpose, key, LUCI_SEAL_KEY_BYTES);
    memset(key, 0, LUCI_SEAL_KEY_BYTES);
    return LUCI_NOT_FOUND;
}
