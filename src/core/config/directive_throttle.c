/* SPDX-License-Identifier: Apache-2.0 */
#include "core/config/connect_params.h"
#include "core/config/directive_types.h"

#include <apr_strings.h>

#include <string.h>

/* ---- account=N/TIME ip=N/TIME signup=N/TIME account-success=N/TIME ip-success=N/TIME factor=N/TIME
 * mail=N/TIME mail-client=N/TIME mail-notice=N/TIME ---- */

#define ATTEMPTS_MAX 1000000
#define PERIOD_MIN LUCI_MS_SECOND
#define PERIOD_MAX (30 * LUCI_MS_DAY)

/* Limits that are not written. Those of account and address are from doc/specification.md, S5.2. The limit of
 * sign-ups lets a school register whose users share one address. The limits of successful sign-ins are above
 * what a user who signs in every second, or a company of thousands behind one address, can reach. */
static const luci_throttle_limits_t defaults = {
    .account = { 10, 15 * LUCI_MS_MINUTE },
    .address = { 100, 15 * LUCI_MS_MINUTE },
    .sign_up = { 300, LUCI_MS_HOUR },
    .account_success = { 1000, 15 * LUCI_MS_MINUTE },
    .address_success = { 10000, 15 * LUCI_MS_MINUTE },
    .factor = { 5, 15 * LUCI_MS_MINUTE },
    .mail = { 5, LUCI_MS_HOUR },
    .mail_client = { 20, LUCI_MS_HOUR },
    .mail_notice = { 20, LUCI_MS_HOUR },
};

static const char *allowed_throttle(const luci_limits_t *limits, apr_pool_t *pool)
{
    (void)limits;
    return apr_psprintf(pool,
                        "account=N/TIME ip=N/TIME signup=N/TIME account-success=N/TIME ip-success=N/TIME "
                        "factor=N/TIME mail=N/TIME mail-client=N/TIME mail-notice=N/TIME, each at most once, "
                        "with N from 1 to "
                        "%d and TIME from 1s to 30d, such as account=10/15min, or account=off; or off alone",
                        ATTEMPTS_MAX);
}

/* Reads the part after the equals sign. 0: it is not a limit. */
static int parse_limit(const char *text, luci_limit_t *limit, apr_pool_t *pool)
{
    const char *slash = strchr(text, '/');
    apr_int64_t max;
    luci_ms_t period;

    if (strcasecmp(text, "off") == 0) {
        *limit = (luci_limit_t){ 0 };
        return 1;
    }
    if (!slash ||
        !luci_word_number(apr_pstrmemdup(pool, text, (apr_size_t)(slash - text)), 1, ATTEMPTS_MAX, &max) ||
        !luci_word_ms(slash + 1, &period) || period < PERIOD_MIN || period > PERIOD_MAX)
        return 0;
    *limit = (luci_limit_t){ (apr_uint32_t)max, period };
    return 1;
}

static int parse_part(const char *word, luci_throttle_limits_t *throttle, unsigned int *seen,
                      apr_pool_t *pool)
{
    const struct {
        const char *name;
        luci_limit_t *limit;
    } parts[] = {
        { "account=", &throttle->account },
        { "ip=", &throttle->address },
        { "signup=", &throttle->sign_up },
        { "account-success=", &throttle->account_success },
        { "ip-success=", &throttle->address_success },
        { "factor=", &throttle->factor },
        { "mail=", &throttle->mail },
        { "mail-client=", &throttle->mail_client },
        { "mail-notice=", &throttle->mail_notice },
    };

    for (unsigned int i = 0; i < sizeof(parts) / sizeof(*parts); i++) {
        size_t length = strlen(parts[i].name);

        if (strncasecmp(word, parts[i].name, length) != 0)
            continue;
        if (*seen & (1u << i))
            return 0;
        *seen |= 1u << i;
        return parse_limit(word + length, parts[i].limit, pool);
    }
    return 0;
}

static const char *parse_throttle(const apr_array_header_t *words, const luci_limits_t *limits, void *value,
                                  apr_pool_t *pool)
{
    luci_throttle_limits_t throttle = defaults;
    unsigned int seen = 0;

    if (words->nelts == 1 && luci_word_is_off(limits, LUCI_WORD(words, 0))) {
        *(luci_throttle_value_t *)value = (luci_throttle_limits_t){ 0 };
        return NULL;
    }
    for (int i = 0; i < words->nelts; i++) {
        if (!parse_part(LUCI_WORD(words, i), &throttle, &seen, pool))
            return allowed_throttle(limits, pool);
    }
    *(luci_throttle_value_t *)value = throttle;
    return NULL;
}

const luci_type_t luci_type_throttle = {
    sizeof(luci_throttle_value_t), 1, 9, parse_throttle, allowed_throttle, NULL, 0
};

/* ---- {file:/path} or {env:NAME} ---- */

#define SECRET_BYTES_MIN 32

static const char *allowed_secret_place(const luci_limits_t *limits, apr_pool_t *pool)
{
    (void)limits;
    return apr_psprintf(pool, "{file:/path} or {env:NAME} with a secret of at least %d characters",
                        SECRET_BYTES_MIN);
}

static const char *parse_secret_place(const apr_array_header_t *words, const luci_limits_t *limits,
                                      void *value, apr_pool_t *pool)
{
    const char *secret, *problem;

    if (luci_connect_secret(LUCI_WORD(words, 0), &secret, &problem, pool) != LUCI_OK)
        return apr_pstrcat(pool, problem, "; allowed is ", allowed_secret_place(limits, pool), NULL);
    if (strlen(secret) < SECRET_BYTES_MIN)
        return apr_pstrcat(pool, "the secret is too short; allowed is ", allowed_secret_place(limits, pool),
                           NULL);
    *(luci_secret_place_value_t *)value = secret;
    return NULL;
}

const luci_type_t luci_type_secret_place = {
    sizeof(luci_secret_place_value_t), 1, 1, parse_secret_place, allowed_secret_place, NULL, 1
};

/* ---- A socket's path ---- */

static const char *allowed_socket(const luci_limits_t *limits, apr_pool_t *pool)
{
    (void)limits;
    (void)pool;
    return "a path, absolute or below DefaultRuntimeDir, or off";
}

static const char *parse_socket(const apr_array_header_t *words, const luci_limits_t *limits, void *value,
                                apr_pool_t *pool)
{
    const char *path = LUCI_WORD(words, 0);

    if (!*path)
        return allowed_socket(limits, pool);
    *(luci_socket_value_t *)value = luci_word_is_off(limits, path) ? NULL : path;
    return NULL;
}

const luci_type_t luci_type_socket = {
    sizeof(luci_socket_value_t), 1, 1, parse_socket, allowed_socket, NULL, 0
};
