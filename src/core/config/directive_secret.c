/* SPDX-License-Identifier: Apache-2.0 */
#include "core/base/secret.h"
#include "core/config/connect_params.h"
#include "core/config/directive_types.h"
#include "core/seal/seal_keys.h"

#include <apr_strings.h>

#include <string.h>

/* ---- LuciaSecret: {file:/path} or {env:NAME} with secrets, one a line ---- */

#define SECRET_BYTES_MIN 32
#define SECRETS_MAX 32

static const char *allowed_seal_keys(const luci_limits_t *limits, apr_pool_t *pool)
{
    (void)limits;
    return apr_psprintf(
        pool,
        "{file:/path} or {env:NAME}, once or more, with lines of at least %d characters, each "
        "of which is a secret. \"openssl rand -base64 48\" makes one",
        SECRET_BYTES_MIN);
}

/* Why a line is not a secret, as a phrase; NULL: it is one, or it is empty. A comment is refused, because
 * taken as a secret it would be one that can be guessed. */
static const char *line_problem(const char *line, apr_pool_t *pool)
{
    size_t length = strlen(line);

    if (length == 0)
        return NULL;
    if (*line == '#')
        return "begins with \"#\", but there are no comments: each line is a secret";
    if (length < SECRET_BYTES_MIN)
        return apr_psprintf(pool, "is too short: it has fewer than %d characters", SECRET_BYTES_MIN);
    if (length > LUCI_SECRET_BYTES_MAX)
        return apr_psprintf(pool, "is too long: it has more than %d characters", LUCI_SECRET_BYTES_MAX);
    return NULL;
}

/* Adds the lines of a text, which is cut into them. NULL, or why one of them is not a secret. */
static const char *add_lines(apr_array_header_t *secrets, const char *place, char *text, apr_pool_t *pool)
{
    int number = 1, before = secrets->nelts;

    for (char *line = text, *next; line; line = next, number++) {
        const char *problem;

        next = strchr(line, '\n');
        if (next)
            *next++ = '\0';
        line[strcspn(line, "\r")] = '\0';
        problem = line_problem(line, pool);
        if (problem)
            return apr_psprintf(pool, "line %d of %s %s", number, place, problem);
        if (*line)
            APR_ARRAY_PUSH(secrets, const char *) = line;
    }
    return secrets->nelts > before ? NULL : apr_psprintf(pool, "%s contains no secret", place);
}

/* Reads all secrets. NULL, or why it is not possible. */
static const char *read_secrets(const apr_array_header_t *words, apr_array_header_t *secrets,
                                apr_pool_t *pool)
{
    const char *problem = NULL;
    char *text;

    for (int i = 0; i < words->nelts && !problem; i++) {
        const char *place = LUCI_WORD(words, i);

        if (luci_connect_secrets(place, &text, &problem, pool) == LUCI_OK) {
            size_t length = strlen(text);

            problem = add_lines(secrets, place, text, pool);
            if (problem)
                luci_secret_wipe(text, length);
        }
    }
    if (!problem && secrets->nelts > SECRETS_MAX)
        problem = apr_psprintf(pool, "there are more than %d secrets", SECRETS_MAX);
    return problem;
}

static const char *parse_seal_keys(const apr_array_header_t *words, const luci_limits_t *limits, void *value,
                                   apr_pool_t *pool)
{
    apr_array_header_t *secrets = apr_array_make(pool, 4, sizeof(const char *));
    const char *problem = read_secrets(words, secrets, pool);
    const luci_seal_keys_t *keys = NULL;

    if (!problem && luci_seal_keys_make(secrets, &keys, pool) != LUCI_OK)
        problem = "OpenSSL computes no HKDF: repair its installation";
    for (int i = 0; i < secrets->nelts; i++)
        luci_secret_wipe_string(APR_ARRAY_IDX(secrets, i, char *));
    if (problem)
        return apr_pstrcat(pool, problem, "; allowed is ", allowed_seal_keys(limits, pool), NULL);
    *(luci_seal_keys_value_t *)value = keys;
    return NULL;
}

const luci_type_t luci_type_seal_keys = {
    sizeof(luci_seal_keys_value_t), 1, SECRETS_MAX, parse_seal_keys, allowed_seal_keys, NULL, 1
};
