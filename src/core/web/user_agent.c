/* SPDX-License-Identifier: Apache-2.0 */
#include "core/web/user_agent.h"

#include <apr_strings.h>
#include <string.h>

#define WORDS_MAX 3   /* of an unknown program */
#define LENGTH_MAX 40 /* bytes of them */

/* A word in the header, and what it means. The first one that occurs counts, because most browsers name those
 * that they imitate, too. */
typedef struct {
    const char *word;
    const char *name;
} sign_t;

static const sign_t browsers[] = {
    { "Edg/", "Edge" },
    { "EdgA/", "Edge" },
    { "EdgiOS/", "Edge" },
    { "OPR/", "Opera" },
    { "Vivaldi/", "Vivaldi" },
    { "SamsungBrowser/", "Samsung Internet" },
    { "YaBrowser/", "Yandex Browser" },
    { "DuckDuckGo/", "DuckDuckGo" },
    { "FxiOS/", "Firefox" },
    { "Firefox/", "Firefox" },
    { "CriOS/", "Chrome" },
    { "Chrome/", "Chrome" },
    { "Version/", "Safari" },
    { NULL, NULL },
};

static const sign_t systems[] = {
    { "iPhone", "iOS" },      { "iPad", "iPadOS" },   { "Android", "Android" }, { "Windows", "Windows" },
    { "Macintosh", "macOS" }, { "CrOS", "ChromeOS" }, { "Linux", "Linux" },     { "FreeBSD", "FreeBSD" },
    { "OpenBSD", "OpenBSD" }, { NULL, NULL },
};

static const char *find(const sign_t *signs, const char *header)
{
    while (signs->word && !strstr(header, signs->word))
        signs++;
    return signs->name;
}

static const char *first_words(const char *header, apr_pool_t *pool)
{
    size_t length = strspn(header, " ");

    for (int words = 0; words < WORDS_MAX && header[length] && header[length] != '('; words++) {
        length += strcspn(header + length, " ");
        length += strspn(header + length, " ");
    }
    if (length > LENGTH_MAX)
        length = LENGTH_MAX;
    while (length > 0 && header[length - 1] == ' ')
        length--;
    return apr_pstrmemdup(pool, header, length);
}

luci_user_agent_t luci_user_agent(const char *header, apr_pool_t *pool)
{
    const char *browser, *system;

    if (!header)
        return (luci_user_agent_t){ "", "", 0 };
    browser = strncmp(header, "Mozilla/", strlen("Mozilla/")) == 0 ? find(browsers, header) : NULL;
    system = find(systems, header);
    return (luci_user_agent_t){ browser ? browser : first_words(header, pool), system ? system : "",
                                browser != NULL };
}
