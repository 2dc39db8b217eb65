/* SPDX-License-Identifier: Apache-2.0 */
/* What users read about the browsers of their sessions. Specification: S1.32. */
#include "core/web/user_agent.h"
#include "lib/tap.h"

#include <apr_general.h>
#include <apr_strings.h>

static const struct {
    const char *header, *words;
} headers[] = {
    { "Mozilla/5.0 (X11; Linux x86_64; rv:128.0) Gecko/20100101 Firefox/128.0", "Firefox|Linux" },
    { "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/126.0.0.0 "
      "Safari/537.36",
      "Chrome|Windows" },
    { "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/126.0.0.0 "
      "Safari/537.36 Edg/126.0.0.0",
      "Edge|Windows" },
    { "Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/17.5 "
      "Safari/605.1.15",
      "Safari|macOS" },
    { "Mozilla/5.0 (iPhone; CPU iPhone OS 17_5 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) "
      "Version/17.5 Mobile/15E148 Safari/604.1",
      "Safari|iOS" },
    { "Mozilla/5.0 (iPad; CPU OS 17_5 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) "
      "CriOS/126.0.6478.54 Mobile/15E148 Safari/604.1",
      "Chrome|iPadOS" },
    { "Mozilla/5.0 (Linux; Android 14; SM-S911B) AppleWebKit/537.36 (KHTML, like Gecko) SamsungBrowser/25.0 "
      "Chrome/121.0.0.0 Mobile Safari/537.36",
      "Samsung Internet|Android" },
    { "Mozilla/5.0 (Android 14; Mobile; rv:127.0) Gecko/127.0 Firefox/127.0", "Firefox|Android" },
    { "curl/8.5.0", "curl/8.5.0|" },
    { "davfs2/1.6.1 neon/0.32.2", "davfs2/1.6.1 neon/0.32.2|" },
    { "git/2.39.2 (linux)", "git/2.39.2|" },
    { "Mozilla/5.0", "Mozilla/5.0|" },
    { "one two three four five", "one two three|" },
    { "a-very-long-name-that-goes-on-and-on-and-on-and-on", "a-very-long-name-that-goes-on-and-on-and|" },
    { "", "|" },
    { "   ", "|" },
    { NULL, "|" },
};

int main(void)
{
    apr_pool_t *pool;

    apr_initialize();
    apr_pool_create(&pool, NULL);
    for (size_t i = 0; i < sizeof headers / sizeof *headers; i++) {
        luci_user_agent_t found = luci_user_agent(headers[i].header, pool);

        tap_is_str(apr_pstrcat(pool, found.browser, "|", found.system, NULL), headers[i].words, "%s",
                   headers[i].header ? headers[i].header : "no header");
    }
    return tap_done();
}
