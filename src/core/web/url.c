/* SPDX-License-Identifier: Apache-2.0 */
#include "core/web/url.h"

#include "core/base/text.h"

#include <apr_strings.h>
#include <arpa/inet.h>
#include <string.h>
#include <strings.h>

#define DECODINGS 2 /* a proxy may decode once, and the server once more */
#define HOST_BYTES_MAX 255
#define PORT_DIGITS_MAX 5
#define PORT_MAX 65535

#define LOWER_DIGITS "abcdefghijklmnopqrstuvwxyz0123456789"
#define UNRESERVED LOWER_DIGITS "ABCDEFGHIJKLMNOPQRSTUVWXYZ-._~"
/* Further characters that a query value may contain (RFC 3986, 3.4). & and + are left out, because forms give
 * them a meaning. */
#define QUERY "/?:@=,;!$()*"

/* 1 if text has one of U+0080 to U+009F in UTF-8, of which some systems take U+0085 for a line's end. */
static int has_c1_control(const char *text, size_t length)
{
    for (size_t i = 0; i + 1 < length; i++) {
        if ((unsigned char)text[i] == 0xc2 && (unsigned char)text[i + 1] >= 0x80 &&
            (unsigned char)text[i + 1] <= 0x9f)
            return 1;
    }
    return 0;
}

static int has_control(const char *text, size_t length)
{
    return luci_text_printable_bytes(text, length) < length || has_c1_control(text, length);
}

/* 1 if text starts with a character that a conversion to a smaller character set turns into a slash or
 * backslash, or with an overlong encoding of one. Such characters matter only directly after the first
 * slash. */
static int starts_with_slash_lookalike(const char *text, size_t length)
{
    static const char *const lookalikes[] = {
        "\xe2\x81\x84", "\xe2\x88\x95", "\xe2\x88\x96", /* U+2044, U+2215, U+2216 */
        "\xe2\xa7\xb5", "\xe2\xa7\xb8", "\xe2\xa7\xb9", /* U+29F5, U+29F8, U+29F9 */
        "\xef\xb9\xa8", "\xef\xbc\x8f", "\xef\xbc\xbc", /* U+FE68, U+FF0F, U+FF3C */
        "\xc0\xaf",     "\xe0\x80\xaf",                 /* overlong '/' */
        "\xc1\x9c",     "\xe0\x81\x9c",                 /* overlong '\' */
    };

    for (size_t i = 0; i < sizeof lookalikes / sizeof lookalikes[0]; i++) {
        size_t size = strlen(lookalikes[i]);

        if (length >= size && memcmp(text, lookalikes[i], size) == 0)
            return 1;
    }
    return 0;
}

/* A path segment as the most lenient server reads it: without ";parameters" and the spaces around it. Returns
 * its length. */
static size_t bare_segment(const char **segment, size_t length)
{
    const char *semicolon = memchr(*segment, ';', length);

    if (semicolon)
        length = (size_t)(semicolon - *segment);
    while (length && **segment == ' ') {
        (*segment)++;
        length--;
    }
    while (length && (*segment)[length - 1] == ' ')
        length--;
    return length;
}

/* 1 if resolving the dot segments could result in a path that begins with "//". Empty segments do not count
 * as a level, as if slashes had been merged before; this rejects more paths. */
static int resolves_to_two_slashes(const char *path, size_t length)
{
    const char *segment = path + 1, *end = path + length, *slash;
    size_t depth = 0;

    do {
        const char *bare = segment;
        size_t size;

        slash = memchr(segment, '/', (size_t)(end - segment));
        size = bare_segment(&bare, (size_t)((slash ? slash : end) - segment));
        if (size == 0 && depth == 0 && slash)
            return 1;
        if (size == 2 && memcmp(bare, "..", 2) == 0)
            depth -= depth > 0;
        else if (size > 0 && !(size == 1 && *bare == '.'))
            depth++;
        segment = slash ? slash + 1 : end;
    } while (slash);
    return 0;
}

static int path_stays_here(const char *path, size_t length)
{
    return !has_control(path, length) && !memchr(path, '\\', length) &&
           !starts_with_slash_lookalike(path + 1, length - 1) && !resolves_to_two_slashes(path, length);
}

int luci_url_is_local(const char *next)
{
    char path[LUCI_NEXT_BYTES_MAX];
    size_t length = next ? strnlen(next, LUCI_NEXT_BYTES_MAX + 1) : 0;

    if (length == 0 || length > LUCI_NEXT_BYTES_MAX || next[0] != '/' || has_control(next, length))
        return 0;
    length = strcspn(next, "?#");
    memcpy(path, next, length);
    for (int decodings = 0; decodings <= DECODINGS; decodings++) {
        if (!path_stays_here(path, length))
            return 0;
        luci_text_percent_decode(path, &length);
    }
    return 1;
}

int luci_url_is_absolute(const char *url)
{
    return *url != '/' && strstr(url, "://") != NULL;
}

static int is_listed(const char *origin, const apr_array_header_t *origins)
{
    for (int i = 0; i < origins->nelts; i++) {
        if (strcmp(origin, APR_ARRAY_IDX(origins, i, const char *)) == 0)
            return 1;
    }
    return 0;
}

const char *luci_url_next(const char *next, const apr_array_header_t *return_to, apr_pool_t *pool)
{
    size_t length = next ? strnlen(next, LUCI_NEXT_BYTES_MAX + 1) : 0;
    const char *authority, *origin, *rest;

    if (luci_url_is_local(next))
        return next;
    authority = length && length <= LUCI_NEXT_BYTES_MAX && return_to ? strstr(next, "://") : NULL;
    if (!authority)
        return NULL;
    authority += strlen("://");
    rest = authority + strcspn(authority, "/?#");
    if (luci_url_origin(apr_pstrmemdup(pool, next, (size_t)(rest - next)), &origin, pool) != LUCI_OK ||
        !is_listed(origin, return_to))
        return NULL;
    if (*rest != '/')
        rest = apr_pstrcat(pool, "/", rest, NULL);
    return luci_url_is_local(rest) ? apr_pstrcat(pool, origin, rest, NULL) : NULL;
}

static char *put_escaped(char *to, char byte)
{
    static const char digits[] = "0123456789ABCDEF";

    *to++ = '%';
    *to++ = digits[(unsigned char)byte >> 4];
    *to++ = digits[(unsigned char)byte & 0xf];
    return to;
}

/* Percent-encodes all bytes of text except for those in kept. */
static const char *encoded(const char *text, const char *kept, apr_pool_t *pool)
{
    char *start = apr_palloc(pool, 3 * strlen(text) + 1), *to = start;

    for (; *text; text++) {
        if (strchr(kept, *text))
            *to++ = *text;
        else
            to = put_escaped(to, *text);
    }
    *to = '\0';
    return start;
}

const char *luci_url_with_next(const char *base, const char *next, size_t max, apr_pool_t *pool)
{
    size_t base_length = strcspn(base, "#");
    const char *head = apr_pstrmemdup(pool, base, base_length), *separator = strchr(head, '?') ? "&" : "?";
    const char *const kept[] = { UNRESERVED "/", UNRESERVED QUERY };

    if (base_length && strchr("?&", head[base_length - 1]))
        separator = "";
    for (size_t i = 0; i < sizeof kept / sizeof kept[0]; i++) {
        const char *url = apr_pstrcat(pool, head, separator, "next=", encoded(next, kept[i], pool),
                                      base + base_length, NULL);

        if (strlen(url) <= max)
            return url;
    }
    return NULL;
}

const char *luci_url_location(const char *path, apr_pool_t *pool)
{
    char *location = apr_palloc(pool, 3 * strlen(path) + 1), *to = location;

    for (; *path; path++) {
        if (*path > ' ' && *path < 0x7f && !strchr("\"<>\\", *path))
            *to++ = *path;
        else
            to = put_escaped(to, *path);
    }
    *to = '\0';
    return location;
}

/* An IPv6 address in brackets, in its shortest form; NULL: it is not one. */
static const char *canonical_ipv6(const char *host, apr_pool_t *pool)
{
    char text[INET6_ADDRSTRLEN];
    struct in6_addr address;
    size_t length = strlen(host);

    if (length < 2 || length - 2 >= sizeof text || host[length - 1] != ']')
        return NULL;
    memcpy(text, host + 1, length - 2);
    text[length - 2] = '\0';
    if (inet_pton(AF_INET6, text, &address) != 1 || !inet_ntop(AF_INET6, &address, text, sizeof text))
        return NULL;
    return apr_pstrcat(pool, "[", text, "]", NULL);
}

/* tolower is not used, because it depends on the locale. */
static char ascii_lower(char c)
{
    return (char)(c >= 'A' && c <= 'Z' ? c - 'A' + 'a' : c);
}

/* The host in lower case; NULL: it is not a host. "example.org." is a different host than "example.org". */
static const char *canonical_host(const char *host, apr_pool_t *pool)
{
    char *name;

    if (host[0] == '[')
        return canonical_ipv6(host, pool);
    if (strnlen(host, HOST_BYTES_MAX + 1) > HOST_BYTES_MAX)
        return NULL;
    name = apr_pstrdup(pool, host);
    for (char *c = name; *c; c++)
        *c = ascii_lower(*c);
    if (!name[0] || name[0] == '.' || strstr(name, "..") || name[strspn(name, LOWER_DIGITS "-._")])
        return NULL;
    return name;
}

luci_result_t luci_url_make_origin(const char *scheme, const char *host, int port, const char **origin,
                                   apr_pool_t *pool)
{
    int https = scheme && strcasecmp(scheme, "https") == 0;
    const char *name = host ? canonical_host(host, pool) : NULL;

    if ((!https && (!scheme || strcasecmp(scheme, "http") != 0)) || !name || port < 0 || port > PORT_MAX)
        return LUCI_INVALID;
    scheme = https ? "https" : "http";
    if (port == 0 || port == (https ? 443 : 80))
        *origin = apr_pstrcat(pool, scheme, "://", name, NULL);
    else
        *origin = apr_psprintf(pool, "%s://%s:%d", scheme, name, port);
    return LUCI_OK;
}

/* Reads "" (returns 0, the default port) or ":" and a number from 1 to 65535 without leading zeros; -1:
 * anything else. */
static int read_port(const char *text)
{
    size_t digits;
    int port = 0;

    if (!*text)
        return 0;
    digits = strspn(text + 1, "0123456789");
    if (*text != ':' || text[1] == '0' || digits == 0 || digits > PORT_DIGITS_MAX || text[1 + digits])
        return -1;
    for (const char *digit = text + 1; *digit; digit++)
        port = port * 10 + (*digit - '0');
    return port;
}

/* The length of the host: up to the colon before the port. The colons of an IPv6 address are inside
 * brackets. */
static size_t host_bytes(const char *text)
{
    const char *bracket = text[0] == '[' ? strchr(text, ']') : NULL;

    return bracket ? (size_t)(bracket - text) + 1 : strcspn(text, ":");
}

luci_result_t luci_url_origin(const char *text, const char **origin, apr_pool_t *pool)
{
    const char *host = text ? strstr(text, "://") : NULL;
    size_t length;

    if (!host)
        return LUCI_INVALID;
    host += strlen("://");
    length = host_bytes(host);
    if (length > HOST_BYTES_MAX)
        return LUCI_INVALID;
    return luci_url_make_origin(apr_pstrmemdup(pool, text, (size_t)(host - text) - strlen("://")),
                                apr_pstrmemdup(pool, host, length), read_port(host + length), origin, pool);
}

int luci_url_origin_allowed(const char *header, const char *own, const apr_array_header_t *allowed,
                            apr_pool_t *scratch)
{
    const char *origin;

    if (luci_url_origin(header, &origin, scratch) != LUCI_OK)
        return 0;
    if (own && strcmp(origin, own) == 0)
        return 1;
    return allowed && is_listed(origin, allowed);
}
