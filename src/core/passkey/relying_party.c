/* SPDX-License-Identifier: Apache-2.0 */
#include "core/passkey/relying_party.h"

#include <apr_lib.h>
#include <apr_strings.h>
#include <string.h>

#define LOCAL "localhost"
#define NAME_MAX_BYTES 253

static char *lower(const char *name, apr_pool_t *pool)
{
    char *copy = apr_pstrdup(pool, name);

    for (char *at = copy; *at; at++)
        *at = (char)apr_tolower(*at);
    return copy;
}

/* 1 for a name of letters, digits and hyphens in labels, of which there are two at least. The last one has a
 * letter, because an IPv4 address has none. */
static int is_domain(const char *name)
{
    const char *last = strrchr(name, '.');
    size_t length = strlen(name);

    if (!last || length > NAME_MAX_BYTES || *name == '.' || !last[1] || strstr(name, ".."))
        return 0;
    if (strspn(name, "abcdefghijklmnopqrstuvwxyz0123456789-.") != length)
        return 0;
    return strpbrk(last, "abcdefghijklmnopqrstuvwxyz") != NULL;
}

/* The host in a canonical origin. */
static const char *host_of(const char *origin, apr_pool_t *pool)
{
    const char *host = strstr(origin, "://") + 3;

    return apr_pstrmemdup(pool, host, strcspn(host, ":"));
}

/* 1 if the host is the name or below it. */
static int is_within(const char *host, const char *name)
{
    size_t host_length = strlen(host), length = strlen(name);

    if (host_length < length || strcmp(host + host_length - length, name) != 0)
        return 0;
    return host_length == length || host[host_length - length - 1] == '.';
}

luci_result_t luci_relying_party_find(const char *server, const char *origin, luci_relying_party_t *party,
                                      apr_pool_t *pool)
{
    const char *host = origin && strstr(origin, "://") ? host_of(origin, pool) : NULL;

    party->origin = origin;
    party->id = LOCAL;
    if (host && strcmp(host, LOCAL) == 0)
        return LUCI_OK;
    party->id = server ? lower(server, pool) : "";
    if (!is_domain(party->id))
        return LUCI_INVALID;
    if (!host || strncmp(origin, "https://", 8) != 0)
        return LUCI_DENIED;
    return is_within(host, party->id) ? LUCI_OK : LUCI_DENIED;
}
