/* SPDX-License-Identifier: Apache-2.0 */
#include "core/auth/password_credential.h"

#include "core/password/password_hash.h"
#include "core/password/policy.h"

static luci_result_t verify(const luci_settings_t *settings, const char *stored, const char *password)
{
    return luci_password_verify(stored, settings->argon2, password);
}

static luci_result_t verify_dummy(const luci_settings_t *settings, const char *password)
{
    return luci_password_verify_dummy(&settings->hash, settings->argon2, password);
}

static int is_outdated(const luci_settings_t *settings, const char *stored)
{
    return luci_password_outdated(stored, &settings->hash);
}

static luci_result_t make(const luci_settings_t *settings, const char *password, char **stored,
                          apr_pool_t *pool)
{
    return luci_password_hash(&settings->hash, settings->argon2, password, stored, pool);
}

const luci_credential_kind_t luci_credential_password = {
    .prepare = luci_policy_nfkc,
    .verify = verify,
    .verify_dummy = verify_dummy,
    .is_cheap = luci_password_is_cheap,
    .is_outdated = is_outdated,
    .make = make,
};
