/* SPDX-License-Identifier: Apache-2.0 */
#include "config_read.h"

#include "password_hash.h"

void luci_ctl_config_defaults(luci_ctl_config_t *config, apr_pool_t *pool)
{
    *config = (luci_ctl_config_t){
        .settings = { .active_period = LUCI_MS_DAY,
                      .idle_period = 14 * LUCI_MS_DAY,
                      .tokens = LUCI_TOKENS_HASHED,
                      .username_length = { 4, 31 },
                      .password_length = { 6, 255 },
                      .hash = { LUCI_HASH_ARGON2ID, LUCI_ARGON2_MEMORY_KIB_DEFAULT,
                                LUCI_ARGON2_PASSES_DEFAULT, LUCI_ARGON2_LANES_DEFAULT },
                      .tables = { "auth_user", "user_key", "user_session" },
                      .attributes = apr_array_make(pool, 4, sizeof(const char *)) },
        .problems = apr_array_make(pool, 4, sizeof(const char *)),
    };
}

luci_result_t luci_ctl_config_read(const char *path, luci_ctl_config_t *config, apr_pool_t *pool)
{
    (void)path;
    luci_ctl_config_defaults(config, pool);
    APR_ARRAY_PUSH(config->problems, const char *) = "configurations can't be read yet";
    return LUCI_NOT_FOUND;
}
