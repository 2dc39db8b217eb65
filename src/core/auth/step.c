/* SPDX-License-Identifier: Apache-2.0 */
#include "core/auth/step.h"

#include "core/base/secret.h"
#include "core/factor/open_step.h"

#include <apr_strings.h>
#include <stdlib.h>
#include <string.h>

#define USE "second factor step"
#define SEPARATOR "\n" /* no field contains it, except for the last one */
#define CLOCKS_DIFFER                                                                                        \
    LUCI_MS_MINUTE /* at most, of two nodes; a step from further ahead would last longer                     \
                    */

static luci_seal_t seal_of(const luci_seal_keys_t *keys)
{
    return (luci_seal_t){ .keys = keys, .use = USE, .owner = "" };
}

/* Stands for the hash of a key that has none; no hash is like it. */
#define NO_HASH "\n"

static luci_result_t find_fingerprint(const char *key_id, const char *stored_hash,
                                      char hex[LUCI_STEP_FINGERPRINT_HEX + 1])
{
    char digest[LUCI_SHA256_HEX + 1], both[2 * LUCI_SHA256_HEX + 1];
    const char *hash = stored_hash ? stored_hash : NO_HASH;
    luci_result_t result = luci_secret_sha256_hex(key_id, strlen(key_id), both);

    if (result == LUCI_OK)
        result = luci_secret_sha256_hex(hash, strlen(hash), both + LUCI_SHA256_HEX);
    if (result == LUCI_OK)
        result = luci_secret_sha256_hex(both, sizeof both - 1, digest);
    if (result == LUCI_OK)
        apr_cpystrn(hex, digest, LUCI_STEP_FINGERPRINT_HEX + 1);
    return result;
}

/* ---- Making ---- */

luci_result_t luci_step_make(const luci_seal_keys_t *keys, const luci_step_wanted_t *wanted, luci_ms_t now,
                             luci_step_made_t *made, apr_pool_t *pool)
{
    const luci_factor_demand_t *demand = wanted->demand;
    luci_seal_t seal = seal_of(keys);
    const char *next = wanted->next && strlen(wanted->next) <= LUCI_STEP_NEXT_MAX ? wanted->next : "";
    char fingerprint[LUCI_STEP_FINGERPRINT_HEX + 1], nonce[LUCI_STEP_NONCE_LENGTH + 1];
    luci_result_t result =
        keys ? find_fingerprint(demand->key_id, demand->stored_hash, fingerprint) : LUCI_INTERNAL;
    const char *text;

    if (result == LUCI_OK)
        result = luci_secret_random_id(nonce, LUCI_STEP_NONCE_LENGTH);
    if (result == LUCI_OK)
        result = luci_secret_sha256_hex(nonce, LUCI_STEP_NONCE_LENGTH, made->id);
    if (result != LUCI_OK)
        return result;
    text = apr_pstrcat(pool, apr_psprintf(pool, "%" APR_INT64_T_FMT, now), SEPARATOR, nonce, SEPARATOR,
                       wanted->kind == LUCI_STEP_CONFIRM ? "confirm" : "sign-in", SEPARATOR, demand->user_id,
                       SEPARATOR, fingerprint, SEPARATOR, next, SEPARATOR, demand->key_id, NULL);
    return luci_seal_close(&seal, (const unsigned char *)text, strlen(text), &made->value, pool);
}

static luci_result_t insert(luci_db_t *db, void *baton, apr_pool_t *scratch)
{
    const luci_open_step_t *step = baton;
    luci_ms_t now = step->expires - LUCI_STEP_LIFETIME;
    luci_user_t user;
    luci_result_t result = luci_user_lock(db, step->user_id, &user, scratch);

    if (result == LUCI_NOT_FOUND || (result == LUCI_OK && luci_user_is_disabled(&user, now)))
        return LUCI_BUSY;
    return result == LUCI_OK ? luci_open_step_insert(db, step, now, scratch) : result;
}

luci_result_t luci_step_open(const luci_auth_t *auth, const luci_step_wanted_t *wanted, luci_ms_t now,
                             const char **value, apr_pool_t *pool)
{
    luci_step_made_t made;
    luci_open_step_t step = { made.id, wanted->demand->user_id, now + LUCI_STEP_LIFETIME };
    luci_result_t result = luci_step_make(auth->settings->seal_keys, wanted, now, &made, pool);

    if (result == LUCI_OK)
        result = luci_db_source_transaction(&auth->source, insert, &step, pool);
    if (result == LUCI_OK)
        *value = made.value;
    return result;
}

/* ---- Reading ---- */

/* The next field of a text, which is cut there; the last one is the rest. NULL: there are no more. */
static char *next_field(char **text, int is_last)
{
    char *field = *text, *end = field && !is_last ? strstr(field, SEPARATOR) : NULL;

    if (end)
        *end = '\0';
    *text = end ? end + strlen(SEPARATOR) : NULL;
    return end || is_last ? field : NULL;
}

static int is_expired(luci_ms_t made, luci_ms_t now)
{
    return made < 0 || made > LUCI_TIMESTAMP_MAX || now >= made + LUCI_STEP_LIFETIME ||
           now < made - CLOCKS_DIFFER;
}

luci_result_t luci_step_read(const luci_seal_keys_t *keys, const char *value, luci_ms_t now,
                             luci_step_t *step, apr_pool_t *pool)
{
    luci_seal_t seal = seal_of(keys);
    const char *made, *nonce, *kind;
    unsigned char *text;
    size_t length;
    char *rest;
    luci_result_t result = LUCI_DENIED;

    if (value)
        result = keys ? luci_seal_open(&seal, value, &text, &length, pool) : LUCI_INTERNAL;
    if (result != LUCI_OK)
        return result;
    rest = (char *)text;
    made = next_field(&rest, 0);
    nonce = next_field(&rest, 0);
    kind = next_field(&rest, 0);
    step->user_id = next_field(&rest, 0);
    step->fingerprint = next_field(&rest, 0);
    step->next = next_field(&rest, 0);
    step->key_id = next_field(&rest, 1);
    if (!made || !nonce || !kind || !step->user_id || !step->fingerprint || !step->next || !step->key_id)
        return LUCI_DENIED;
    if (is_expired(strtoll(made, NULL, 10), now))
        return LUCI_EXPIRED;
    if (!*step->next)
        step->next = NULL;
    step->kind = strcmp(kind, "confirm") == 0 ? LUCI_STEP_CONFIRM : LUCI_STEP_SIGN_IN;
    return luci_secret_sha256_hex(nonce, strlen(nonce), step->id);
}

int luci_step_fits(const luci_step_t *step, const luci_key_t *key)
{
    char fingerprint[LUCI_STEP_FINGERPRINT_HEX + 1];

    return strcmp(key->user.id, step->user_id) == 0 &&
           strlen(step->fingerprint) == LUCI_STEP_FINGERPRINT_HEX &&
           find_fingerprint(key->id, key->stored_hash, fingerprint) == LUCI_OK &&
           luci_secret_equal(fingerprint, step->fingerprint, LUCI_STEP_FINGERPRINT_HEX);
}
