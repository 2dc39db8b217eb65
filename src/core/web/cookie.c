/* SPDX-License-Identifier: Apache-2.0 */
#include "core/web/cookie.h"

#include "core/base/text.h"

#include <apr_strings.h>
#include <apr_time.h>
#include <string.h>
#include <strings.h>

#define EXPIRES_MAX APR_INT64_C(253402300799) /* seconds: 9999-12-31 23:59:59 UTC */

/* A part of a header, borrowed. */
typedef struct {
    const char *start;
    size_t length;
} pair_t;

static int is_blank(char c)
{
    return c == ' ' || c == '\t';
}

/* Reads the next pair, without the white space around it, and advances *rest behind it (NULL after the last
 * pair). 0: there are no more pairs. */
static int next_pair(const char **rest, pair_t *pair)
{
    const char *start = *rest, *end;

    if (!start)
        return 0;
    end = strchr(start, ';');
    *rest = end ? end + 1 : NULL;
    if (!end)
        end = start + strlen(start);
    while (start < end && is_blank(*start))
        start++;
    while (end > start && is_blank(end[-1]))
        end--;
    pair->start = start;
    pair->length = (size_t)(end - start);
    return 1;
}

static int is_named(const pair_t *pair, const char *name, size_t name_length)
{
    return pair->length > name_length && pair->start[name_length] == '=' &&
           memcmp(pair->start, name, name_length) == 0;
}

static int is_id(const char *text, size_t length)
{
    unsigned char others = 0;

    if (length != LUCI_SESSION_ID_LENGTH)
        return 0;
    for (size_t i = 0; i < LUCI_SESSION_ID_LENGTH; i++) /* without a branch, so several at once */
        others |= (unsigned char)(text[i] - 'a') > 'z' - 'a' && (unsigned char)(text[i] - '0') > '9' - '0';
    return !others;
}

luci_result_t luci_cookie_find(const char *header, const char *name, const char **id, apr_pool_t *pool)
{
    size_t name_length = strlen(name);
    const char *rest = header;
    pair_t pair, found = { NULL, 0 };

    while (next_pair(&rest, &pair)) {
        if (!is_named(&pair, name, name_length))
            continue;
        if (found.start && (found.length != pair.length || memcmp(found.start, pair.start, pair.length) != 0))
            return LUCI_CONFLICT;
        found = pair;
    }
    if (!found.start || !is_id(found.start + name_length + 1, found.length - name_length - 1))
        return LUCI_NOT_FOUND;
    *id = apr_pstrmemdup(pool, found.start + name_length + 1, LUCI_SESSION_ID_LENGTH);
    return LUCI_OK;
}

int luci_cookie_count(const char *header, const char *name)
{
    size_t name_length = strlen(name);
    const char *rest = header;
    pair_t pair;
    int count = 0;

    while (next_pair(&rest, &pair))
        count += is_named(&pair, name, name_length);
    return count;
}

const char *luci_cookie_value(const char *header, const char *name, apr_pool_t *pool)
{
    size_t name_length = strlen(name);
    const char *rest = header, *found = NULL;
    pair_t pair;

    while (next_pair(&rest, &pair)) {
        const char *value;

        if (!is_named(&pair, name, name_length))
            continue;
        value = apr_pstrmemdup(pool, pair.start + name_length + 1, pair.length - name_length - 1);
        if (found && strcmp(found, value) != 0)
            return NULL;
        found = value;
    }
    return found;
}

int luci_cookie_is_session_id(const char *text)
{
    return text && is_id(text, strnlen(text, LUCI_SESSION_ID_LENGTH + 1));
}

#define SEPARATORS ";,"

/* Two names; the second one may be NULL. */
typedef struct {
    const char *name[2];
    size_t length[2];
} names_t;

/* 1 if a piece of a header is a cookie of one of the names. A comma ends a piece, too, because httpd joins
 * several Cookie lines with commas: removing too much is harmless, but a session id that stays is not. */
static int is_piece_named(const char *piece, const names_t *names)
{
    while (is_blank(*piece))
        piece++;
    for (int i = 0; i < 2 && names->name[i]; i++) {
        if (*piece == *names->name[i] && strncmp(piece, names->name[i], names->length[i]) == 0 &&
            piece[names->length[i]] == '=')
            return 1;
    }
    return 0;
}

static int holds(const char *header, const names_t *names)
{
    const char *piece = header;

    do {
        if (is_piece_named(piece, names))
            return 1;
        piece += strcspn(piece, SEPARATORS);
    } while (*piece++);
    return 0;
}

/* Bytes that stay are copied unchanged, including the separators before each piece. */
const char *luci_cookie_strip(const char *header, const char *name, const char *other, apr_pool_t *pool)
{
    names_t names = { { name, other }, { strlen(name), other ? strlen(other) : 0 } };
    char *kept, *end;
    int is_gap = 0;

    if (!header || !holds(header, &names))
        return header;
    kept = end = apr_palloc(pool, strlen(header) + 1);
    for (const char *piece = header; *piece;) {
        size_t separator = *piece == ';' || *piece == ',';
        size_t length = separator + strcspn(piece + separator, SEPARATORS);

        if (is_piece_named(piece + separator, &names)) {
            is_gap = 1;
        }
        else {
            size_t skipped = end > kept ? 0 : separator;

            while (end == kept && skipped < length && is_blank(piece[skipped]))
                skipped++;
            memcpy(end, piece + skipped, length - skipped);
            if (is_gap && end > kept)
                *end = ';'; /* otherwise the rest could become part of the cookie before the gap */
            end += length - skipped;
            is_gap = 0;
        }
        piece += length;
    }
    *end = '\0';
    return end > kept ? kept : NULL;
}

static const char *samesite_name(luci_samesite_t samesite)
{
    switch (samesite) {
    case LUCI_SAMESITE_LAX: return "Lax";
    case LUCI_SAMESITE_STRICT: return "Strict";
    case LUCI_SAMESITE_NONE: return "None";
    }
    return "Lax";
}

/* The attributes have the same order as in Lucia v2. */
static const char *write_header(const luci_cookie_t *cookie, const char *value, apr_int64_t expires_seconds,
                                apr_pool_t *pool)
{
    char date[APR_RFC822_DATE_LEN];

    apr_rfc822_date(date, apr_time_from_sec(expires_seconds));
    return apr_pstrcat(pool, cookie->name, "=", value, cookie->domain ? "; Domain=" : "",
                       cookie->domain ? cookie->domain : "", "; Path=", cookie->path, "; Expires=", date,
                       "; HttpOnly", cookie->secure ? "; Secure" : "",
                       "; SameSite=", samesite_name(cookie->samesite), NULL);
}

const char *luci_cookie_set(const luci_cookie_t *cookie, const char *id, luci_ms_t expires, apr_pool_t *pool)
{
    apr_int64_t seconds = expires < 0 ? 0 : expires / LUCI_MS_SECOND;

    return write_header(cookie, id, seconds > EXPIRES_MAX ? EXPIRES_MAX : seconds, pool);
}

const char *luci_cookie_clear(const luci_cookie_t *cookie, apr_pool_t *pool)
{
    return write_header(cookie, "", 0, pool);
}

#define LETTERS_DIGITS "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789"

/* 1 if text is not empty and consists of these characters only. */
static int consists_of(const char *text, const char *characters)
{
    return *text && text[strspn(text, characters)] == '\0';
}

static int is_path(const char *path)
{
    size_t length = strlen(path);

    if (path[0] != '/' || strpbrk(path, "; ") || luci_text_printable_bytes(path, length) < length)
        return 0;
    for (size_t i = 0; i < length; i++) {
        if ((unsigned char)path[i] >= 0x80)
            return 0;
    }
    return 1;
}

static int has_prefix(const char *name, const char *prefix)
{
    return strncasecmp(name, prefix, strlen(prefix)) == 0; /* newer browsers ignore the case of prefixes */
}

const char *luci_cookie_problem(const luci_cookie_t *cookie)
{
    int host_prefix = has_prefix(cookie->name, "__Host-");

    if (!consists_of(cookie->name, LETTERS_DIGITS "!#$%&'*+-.^_`|~"))
        return "the cookie's name must be made of letters, digits and !#$%&'*+-.^_`|~";
    if (!is_path(cookie->path))
        return "the cookie's path must start with '/' and consist of printable ASCII without spaces and ';'";
    if (cookie->domain && !consists_of(cookie->domain, LETTERS_DIGITS "-._"))
        return "the cookie's domain must be a host name, without scheme, port or path";
    if (host_prefix && !cookie->secure)
        return "browsers reject a __Host- cookie that is not always Secure";
    if (host_prefix && cookie->domain)
        return "browsers reject a __Host- cookie that has a domain";
    if (host_prefix && strcmp(cookie->path, "/") != 0)
        return "browsers reject a __Host- cookie whose path is not \"/\"";
    if (has_prefix(cookie->name, "__Secure-") && !cookie->secure)
        return "browsers reject a __Secure- cookie that is not always Secure";
    if (has_prefix(cookie->name, "__Http-") && !cookie->secure)
        return "browsers reject a __Http- cookie that is not always Secure";
    if (cookie->samesite == LUCI_SAMESITE_NONE && !cookie->secure)
        return "browsers reject a cookie with SameSite=None that is not always Secure";
    return NULL;
}
