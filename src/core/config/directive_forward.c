/* SPDX-License-Identifier: Apache-2.0 */
#include "core/config/directive_types.h"
#include "core/web/url.h"

#include <apr_lib.h>
#include <apr_network_io.h>
#include <apr_strings.h>

#include <string.h>

/* ---- LuciaForwardHosts ---- */

static const char *allowed_hosts(const luci_limits_t *limits, apr_pool_t *pool)
{
    (void)limits;
    (void)pool;
    return "host names as HOST or HOST:PORT, without a scheme, a path or *, such as app.example.org; or off "
           "alone";
}

static const char *lower(const char *word, apr_pool_t *pool)
{
    char *text = apr_pstrdup(pool, word);

    for (char *c = text; *c; c++)
        *c = (char)apr_tolower(*c);
    return text;
}

static const char *parse_hosts(const apr_array_header_t *words, const luci_limits_t *limits, void *value,
                               apr_pool_t *pool)
{
    apr_array_header_t *hosts = apr_array_make(pool, words->nelts, sizeof(const char *));
    int none = words->nelts == 1 && luci_word_is_off(limits, LUCI_WORD(words, 0));
    const char *origin;

    for (int i = 0; i < words->nelts && !none; i++) {
        if (luci_word_is_off(limits, LUCI_WORD(words, i)) ||
            luci_url_origin(apr_pstrcat(pool, "http://", LUCI_WORD(words, i), NULL), &origin, pool) !=
                LUCI_OK)
            return allowed_hosts(limits, pool);
        APR_ARRAY_PUSH(hosts, const char *) = lower(LUCI_WORD(words, i), pool);
    }
    *(luci_hosts_value_t *)value = hosts;
    return NULL;
}

static void append_list(void *value, const void *more)
{
    apr_array_cat(*(apr_array_header_t **)value, *(apr_array_header_t *const *)more);
}

const luci_type_t luci_type_hosts = {
    sizeof(luci_hosts_value_t), 1, LUCI_WORDS_ANY, parse_hosts, allowed_hosts, append_list, 0
};

/* ---- LuciaForwardFrom ---- */

static const char *allowed_networks(const luci_limits_t *limits, apr_pool_t *pool)
{
    (void)limits;
    (void)pool;
    return "addresses as ADDRESS or ADDRESS/BITS, such as 127.0.0.1, 10.0.0.0/8 or 2001:db8::/32; or off "
           "alone";
}

/* apr_ipsubnet_create takes "10", "10.1" and names as well, which are mistakes. */
static int parse_network(const char *word, apr_ipsubnet_t **network, apr_pool_t *pool)
{
    char *address = apr_pstrdup(pool, word), *bits = strchr(address, '/');
    int dots = 0;

    if (bits)
        *bits++ = '\0';
    for (const char *c = address; *c; c++)
        dots += *c == '.';
    if (strspn(address, "0123456789.") == strlen(address)
            ? dots != 3
            : strspn(address, "0123456789abcdefABCDEF:.") != strlen(address))
        return 0;
    return (!bits || (*bits && strspn(bits, "0123456789") == strlen(bits))) &&
           apr_ipsubnet_create(network, address, bits, pool) == APR_SUCCESS;
}

static const char *parse_networks(const apr_array_header_t *words, const luci_limits_t *limits, void *value,
                                  apr_pool_t *pool)
{
    apr_array_header_t *networks = apr_array_make(pool, words->nelts, sizeof(apr_ipsubnet_t *));
    int none = words->nelts == 1 && luci_word_is_off(limits, LUCI_WORD(words, 0));

    for (int i = 0; i < words->nelts && !none; i++) {
        if (!parse_network(LUCI_WORD(words, i), apr_array_push(networks), pool))
            return allowed_networks(limits, pool);
    }
    *(luci_networks_value_t *)value = networks;
    return NULL;
}

const luci_type_t luci_type_networks = {
    sizeof(luci_networks_value_t), 1, LUCI_WORDS_ANY, parse_networks, allowed_networks, append_list, 0
};
