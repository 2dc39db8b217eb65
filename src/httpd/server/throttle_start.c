/* SPDX-License-Identifier: Apache-2.0 */
#include "httpd/server/throttle_start.h"

#include "core/seal/seal_keys.h"
#include "httpd/cache/cache_local.h"

#include <apr_strings.h>
#include <http_config.h>
#include <http_log.h>

#include <string.h>

APLOG_USE_MODULE(luciauth);

#define SHARED_MEMORY "shmcb"
#define BYTES_DEFAULT ((apr_size_t)4 << 20) /* about 4,300 counts in each of the four parts */
#define RETAINED "luciauth-device-secret"
#define DEVICE_PURPOSE "device cookie" /* of the keys of LuciaSecret; a change ends all device cookies */

/* mod_socache_shmcb frees the space of updated and removed records only when they are the oldest, so that
 * changing counts would evict others. shmcb is replaced by a table of this module (shared_table.h). */
void luci_throttle_store_wanted(const luci_server_config_t *config, luci_cache_name_t *name)
{
    *name = config->throttle_store;
    if (!name->provider && !config->cache_name.is_off && luci_cache_is_elsewhere(&config->cache_name))
        *name = config->cache_name;
    if (name->provider && strcmp(name->provider, SHARED_MEMORY) == 0)
        name->provider = NULL;
}

/* The number in NAME(BYTES), in the syntax of mod_socache_shmcb. */
static apr_size_t bytes_of(const char *args)
{
    const char *open = args ? strrchr(args, '(') : NULL;
    apr_int64_t bytes = open ? apr_atoi64(open + 1) : 0;

    return bytes > 0 ? (apr_size_t)bytes : BYTES_DEFAULT;
}

static int throttles(const luci_server_config_t *config)
{
    const luci_throttle_limits_t *limits = &config->throttle;
    int has_factors = config->settings.second_factor != LUCI_SECOND_FACTOR_OFF;
    int has_mails = config->settings.mail != NULL;

    return limits->account.max > 0 || limits->address.max > 0 || limits->sign_up.max > 0 ||
           limits->account_success.max > 0 || limits->address_success.max > 0 ||
           (has_factors && limits->factor.max > 0) ||
           (has_mails &&
            (limits->mail.max > 0 || limits->mail_client.max > 0 || limits->mail_notice.max > 0));
}

/* The secret lasts as long as the parent process: restarts do not change it. */
static luci_result_t make_random(unsigned char secret[LUCI_SHA256_BYTES])
{
    unsigned char *kept = ap_retained_data_get(RETAINED);
    luci_result_t result = LUCI_OK;

    if (!kept) {
        result = luci_secret_random(secret, LUCI_SHA256_BYTES);
        kept = ap_retained_data_create(RETAINED, LUCI_SHA256_BYTES);
        memcpy(kept, secret, LUCI_SHA256_BYTES);
    }
    memcpy(secret, kept, LUCI_SHA256_BYTES);
    return result;
}

static int has_store(const luci_server_config_t *config, const void *name)
{
    const luci_throttle_shared_t *shared = luci_config_parts(config)->throttle_shared;

    return shared && luci_cache_is_same(&shared->name, name);
}

/* Sets the store that made->name denotes; virtual hosts with the same name share it. Returns 0 after an
 * error, which was logged. */
static int prepare_store(luci_throttle_shared_t *made, server_rec *main_server, apr_pool_t *conf_pool)
{
    const luci_server_config_t *other = luci_config_find(main_server, has_store, &made->name);

    if (other) {
        made->cache = luci_config_parts(other)->throttle_shared->cache;
        made->counts = luci_config_parts(other)->throttle_shared->counts;
        return 1;
    }
    if (!made->name.provider) {
        made->counts = luci_counts_create_table(bytes_of(made->name.args), main_server, conf_pool);
        return made->counts != NULL;
    }
    made->cache = luci_cache_create(&luci_cache_of_counts, &made->name, main_server, conf_pool);
    if (made->cache)
        made->counts = luci_counts_create(made->cache, main_server, conf_pool);
    return made->counts != NULL;
}

luci_result_t luci_throttle_prepare(luci_server_config_t *config, server_rec *main_server,
                                    apr_pool_t *conf_pool)
{
    luci_throttle_shared_t *made = apr_pcalloc(conf_pool, sizeof *made);

    if (!throttles(config))
        return LUCI_OK;
    luci_throttle_store_wanted(config, &made->name);
    made->secret = config->throttle_secret;
    made->keys = config->settings.seal_keys;
    if (make_random(made->random) != LUCI_OK) {
        ap_log_error(APLOG_MARK, APLOG_CRIT, 0, main_server,
                     "LUCI0512: LuciaThrottle: OpenSSL has no random numbers for device cookies; check its "
                     "installation");
        return LUCI_INTERNAL;
    }
    if (!prepare_store(made, main_server, conf_pool))
        return LUCI_INTERNAL;
    luci_config_parts(config)->throttle_shared = made;
    return LUCI_OK;
}

static luci_result_t derive(const luci_seal_keys_t *keys, int secret, unsigned char key[LUCI_SEAL_KEY_BYTES])
{
    return luci_seal_keys_derive(keys, luci_seal_keys_id(keys, secret), DEVICE_PURPOSE, key);
}

/* The secret that signs device cookies differs for each database: otherwise a token of an account in one
 * database would be valid for the account of the same name in another one. */
static luci_result_t make_secret(const luci_throttle_shared_t *shared, luci_throttle_t *throttle,
                                 const unsigned char namespace_key[LUCI_SHA256_BYTES])
{
    unsigned char written[LUCI_SHA256_BYTES];
    const unsigned char *key = shared->secret || shared->keys ? written : shared->random;
    luci_result_t result = LUCI_OK;

    if (shared->secret)
        result = luci_secret_sha256(shared->secret, strlen(shared->secret), written);
    else if (shared->keys)
        result = derive(shared->keys, 0, written);
    if (result == LUCI_OK)
        result = luci_secret_hmac(key, namespace_key, LUCI_SHA256_BYTES, throttle->secret);
    luci_secret_wipe(written, sizeof written);
    return result;
}

/* The further secrets of LuciaSecret, which still find device cookies. */
static luci_result_t make_older_secrets(const luci_throttle_shared_t *shared, luci_throttle_t *throttle,
                                        const unsigned char namespace_key[LUCI_SHA256_BYTES],
                                        apr_pool_t *pool)
{
    int count = shared->secret || !shared->keys ? 0 : luci_seal_keys_count(shared->keys) - 1;
    unsigned char key[LUCI_SEAL_KEY_BYTES];
    luci_result_t result = LUCI_OK;

    throttle->older_secrets = apr_palloc(pool, (apr_size_t)(count + 1) * LUCI_SHA256_BYTES);
    throttle->older_count = count;
    for (int i = 0; i < count && result == LUCI_OK; i++) {
        result = derive(shared->keys, i + 1, key);
        if (result == LUCI_OK)
            result = luci_secret_hmac(key, namespace_key, LUCI_SHA256_BYTES,
                                      throttle->older_secrets + (size_t)i * LUCI_SHA256_BYTES);
    }
    luci_secret_wipe(key, sizeof key);
    return result;
}

/* If the store is local, a random secret is part of the namespace key, so that clients cannot predict which
 * keys share a set of the table. */
static luci_result_t make_namespace_key(const luci_throttle_shared_t *shared, luci_throttle_t *throttle,
                                        const unsigned char namespace_key[LUCI_SHA256_BYTES])
{
    memcpy(throttle->namespace_key, namespace_key, sizeof throttle->namespace_key);
    return luci_counts_are_local(shared->counts)
               ? luci_secret_hmac(shared->random, namespace_key, LUCI_SHA256_BYTES, throttle->namespace_key)
               : LUCI_OK;
}

const luci_throttle_t *luci_throttle_start(const luci_server_config_t *config,
                                           const unsigned char namespace_key[LUCI_SHA256_BYTES],
                                           apr_pool_t *pool)
{
    const luci_throttle_shared_t *shared = luci_config_parts(config)->throttle_shared;
    luci_throttle_t *throttle;

    if (!shared || !shared->counts)
        return NULL;
    throttle = apr_pcalloc(pool, sizeof *throttle);
    throttle->store = luci_counts_store(shared->counts);
    throttle->limits = config->throttle;
    throttle->counters = luci_counts_are_local(shared->counts) ? luci_cache_local_counters() : NULL;
    return make_secret(shared, throttle, namespace_key) == LUCI_OK &&
                   make_older_secrets(shared, throttle, namespace_key, pool) == LUCI_OK &&
                   make_namespace_key(shared, throttle, namespace_key) == LUCI_OK
               ? throttle
               : NULL;
}
