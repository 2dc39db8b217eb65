/* SPDX-License-Identifier: Apache-2.0 */
#include "core/password/password_hash.h"

#include "core/password/password_argon2.h"
#include "core/password/password_crypt.h"
#include "core/password/password_scrypt.h"

luci_result_t luci_password_hash(const luci_hash_cost_t *cost, const char *password, char **stored,
                                 apr_pool_t *pool)
{
    switch (cost->kind) {
    case LUCI_HASH_ARGON2ID: return luci_password_argon2_hash(cost, password, stored, pool);
    case LUCI_HASH_LUCIA_SCRYPT: return luci_password_scrypt_hash(password, stored, pool);
    }
    return LUCI_INVALID;
}

luci_result_t luci_password_verify(const char *stored, const char *password)
{
    if (!stored)
        return LUCI_INVALID;
    if (luci_password_argon2_claims(stored))
        return luci_password_argon2_verify(stored, password);
    if (luci_password_scrypt_claims(stored))
        return luci_password_scrypt_verify(stored, password);
    return luci_password_crypt_verify(stored, password);
}

luci_result_t luci_password_verify_dummy(const luci_hash_cost_t *cost, const char *password)
{
    switch (cost->kind) {
    case LUCI_HASH_ARGON2ID: return luci_password_argon2_verify_dummy(cost, password);
    case LUCI_HASH_LUCIA_SCRYPT: return luci_password_scrypt_verify_dummy(password);
    }
    return LUCI_INVALID;
}

int luci_password_is_readable(const char *stored)
{
    if (!stored)
        return 0;
    if (luci_password_argon2_claims(stored))
        return luci_password_argon2_is_readable(stored);
    if (luci_password_scrypt_claims(stored))
        return luci_password_scrypt_is_readable(stored);
    return luci_password_crypt_is_readable(stored);
}

int luci_password_is_cheap(const char *stored)
{
    return luci_password_crypt_is_cheap(stored);
}

int luci_password_outdated(const char *stored, const luci_hash_cost_t *wanted)
{
    if (!stored)
        return 1;
    switch (wanted->kind) {
    case LUCI_HASH_ARGON2ID: return luci_password_argon2_outdated(stored, wanted);
    case LUCI_HASH_LUCIA_SCRYPT: return luci_password_scrypt_outdated(stored);
    }
    return 0;
}
