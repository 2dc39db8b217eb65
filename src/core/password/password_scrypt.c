/* SPDX-License-Identifier: Apache-2.0 */
#include "core/password/password_scrypt.h"

#include "core/base/secret.h"

#include <apr_strings.h>
#include <openssl/evp.h>
#include <string.h>

#define ROUNDS 16384 /* scrypt's N */
#define BLOCK_SIZE 16
#define OLD_BLOCK_SIZE 8
#define LANES 1
/* N blocks of 128 r bytes are 32 MiB at r=16. libcrypto's default limit is exactly that, which is too little
 * for its few additional blocks. */
#define MEMORY_MAX ((uint64_t)48 << 20) /* bytes */

#define NEW_SALT 16 /* characters */
#define SALT_MAX 64
#define KEY_BYTES 64
#define KEY_HEX 128 /* characters */

/* A decoded hash; its strings point into the stored one. */
typedef struct {
    int block_size;
    const char *salt;
    size_t salt_length;
    const char *hex;
} scrypt_hash_t;

static luci_result_t read_hash(const char *stored, scrypt_hash_t *hash)
{
    int is_new = strncmp(stored, "s2:", 3) == 0;

    /* With only one colon, "s2" is the salt of a hash in the older format. */
    if (is_new && !strchr(stored + 3, ':'))
        is_new = 0;
    hash->block_size = is_new ? BLOCK_SIZE : OLD_BLOCK_SIZE;
    hash->salt = is_new ? stored + 3 : stored;
    hash->salt_length = strcspn(hash->salt, ":");
    if (hash->salt_length < 1 || hash->salt_length > SALT_MAX || hash->salt[hash->salt_length] != ':')
        return LUCI_INVALID;
    hash->hex = hash->salt + hash->salt_length + 1;
    if (strspn(hash->hex, "0123456789abcdef") != KEY_HEX || hash->hex[KEY_HEX] != '\0')
        return LUCI_INVALID;
    return LUCI_OK;
}

/* Computes the hex of a password; hash->hex is not read. */
static luci_result_t compute_hex(const scrypt_hash_t *hash, const char *password, char hex[KEY_HEX + 1])
{
    unsigned char key[KEY_BYTES];
    int done =
        EVP_PBE_scrypt(password, strlen(password), (const unsigned char *)hash->salt, hash->salt_length,
                       ROUNDS, (uint64_t)hash->block_size, LANES, MEMORY_MAX, key, sizeof key);

    if (done == 1)
        luci_secret_hex(key, sizeof key, hex);
    luci_secret_wipe(key, sizeof key);
    return done == 1 ? LUCI_OK : LUCI_INTERNAL;
}

static luci_result_t compare(const scrypt_hash_t *hash, const char *password)
{
    char hex[KEY_HEX + 1];
    luci_result_t result = compute_hex(hash, password, hex);

    if (result == LUCI_OK && !luci_secret_equal(hex, hash->hex, KEY_HEX))
        result = LUCI_DENIED;
    luci_secret_wipe(hex, sizeof hex);
    return result;
}

int luci_password_scrypt_claims(const char *stored)
{
    return stored[0] != '$' && strchr(stored, ':') != NULL;
}

luci_result_t luci_password_scrypt_hash(const luci_hash_cost_t *cost, luci_argon2_library_t library,
                                        const char *password, char **stored, apr_pool_t *pool)
{
    char salt[NEW_SALT + 1], hex[KEY_HEX + 1];
    scrypt_hash_t hash = { .block_size = BLOCK_SIZE, .salt = salt, .salt_length = NEW_SALT };
    luci_result_t result = luci_secret_random_id(salt, NEW_SALT);

    (void)cost;
    (void)library;
    if (result == LUCI_OK)
        result = compute_hex(&hash, password, hex);
    if (result != LUCI_OK)
        return result;
    *stored = apr_pstrcat(pool, "s2:", salt, ":", hex, NULL);
    luci_secret_wipe(hex, sizeof hex);
    return *stored ? LUCI_OK : LUCI_INTERNAL;
}

luci_result_t luci_password_scrypt_verify(const char *stored, luci_argon2_library_t library,
                                          const char *password)
{
    scrypt_hash_t hash;
    luci_result_t result = read_hash(stored, &hash);

    (void)library;
    return result == LUCI_OK ? compare(&hash, password) : result;
}

luci_result_t luci_password_scrypt_verify_dummy(const luci_hash_cost_t *cost, luci_argon2_library_t library,
                                                const char *password)
{
    static const char no_key[KEY_HEX + 1];
    const scrypt_hash_t dummy = {
        .block_size = BLOCK_SIZE, .salt = "0123456789abcdef", .salt_length = NEW_SALT, .hex = no_key
    };

    (void)cost;
    (void)library;
    return compare(&dummy, password);
}

int luci_password_scrypt_is_readable(const char *stored)
{
    scrypt_hash_t hash;

    return read_hash(stored, &hash) == LUCI_OK;
}

int luci_password_scrypt_outdated(const char *stored, const luci_hash_cost_t *wanted)
{
    scrypt_hash_t hash;

    (void)wanted;
    return read_hash(stored, &hash) != LUCI_OK || hash.block_size != BLOCK_SIZE ||
           hash.salt_length != NEW_SALT;
}
