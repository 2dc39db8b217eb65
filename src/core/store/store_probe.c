/* SPDX-License-Identifier: Apache-2.0 */
#include "core/store/store_probe.h"

#include "core/base/secret.h"

#include <apr_strings.h>
#include <string.h>

#define RANDOM_BYTES 12
#define SECONDS 10 /* until a key that could not be deleted expires */

static luci_result_t refused(const luci_link_t *link, luci_store_refusal_t *refusal, apr_pool_t *pool)
{
    *refusal = luci_store_refusal(luci_link_reason(link), pool);
    return LUCI_INVALID;
}

/* A server that is short of memory may have evicted the key at once. */
static luci_result_t forgot(luci_store_refusal_t *refusal)
{
    *refusal = (luci_store_refusal_t){ "does not return what was just stored in it",
                                       "give it more memory, and check that it is no replica", 0 };
    return LUCI_INVALID;
}

static luci_result_t store_and_read(const luci_conversation_t *kind, luci_link_t *link,
                                    luci_store_refusal_t *refusal, apr_pool_t *pool)
{
    unsigned char random[RANDOM_BYTES], found[2 * RANDOM_BYTES];
    char hex[2 * RANDOM_BYTES + 1];
    const luci_store_value_t value = { hex, sizeof hex - 1, SECONDS };
    size_t length = sizeof found;
    const char *key;
    luci_result_t result = luci_secret_random(random, sizeof random);

    if (result != LUCI_OK)
        return LUCI_UNAVAILABLE;
    luci_secret_hex(random, sizeof random, hex);
    key = apr_pstrcat(pool, "luciauth-probe:", hex, NULL);
    result = kind->put(link, key, &value);
    if (result == LUCI_OK)
        result = kind->get(link, key, found, &length);
    if (result == LUCI_NOT_FOUND ||
        (result == LUCI_OK && (length != value.length || memcmp(found, hex, length) != 0)))
        return forgot(refusal);
    if (result == LUCI_OK)
        result = kind->remove(link, key);
    if (result == LUCI_NOT_FOUND)
        return forgot(refusal);
    return result == LUCI_INVALID ? refused(link, refusal, pool) : result;
}

luci_result_t luci_store_probe(const luci_conversation_t *kind, const luci_store_server_t *server,
                               luci_ms_t wait, luci_store_refusal_t *refusal, apr_pool_t *pool)
{
    char reason[LUCI_LINK_SAID_MAX] = "";
    luci_link_t *link = luci_link_open(server->host, server->port, wait / 2, reason);
    luci_result_t result = LUCI_UNAVAILABLE;

    if (link) {
        luci_link_limit(link, wait / 2);
        result = kind->identify(link, refusal, pool);
        if (result == LUCI_OK)
            result = store_and_read(kind, link, refusal, pool);
        apr_cpystrn(reason, luci_link_reason(link), sizeof reason);
        luci_link_close(link);
    }
    if (result == LUCI_UNAVAILABLE)
        *refusal = (luci_store_refusal_t){ apr_psprintf(pool, "cannot be used now: %s", reason),
                                           "start it, or correct its host and port", 0 };
    return result;
}
