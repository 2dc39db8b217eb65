/* SPDX-License-Identifier: Apache-2.0 */
/* Which Content-Security-Policy lets a page keep the style that stands in it. */
#include "core/web/page_policy.h"
#include "lib/tap.h"

#include <apr_general.h>

static void test_admits_style(apr_pool_t *pool)
{
    static const struct {
        int admits;
        const char *policy;
    } table[] = {
        { 1, "" },
        { 1, "frame-ancestors 'self'; upgrade-insecure-requests" },
        { 1, "script-src 'self'; img-src *" },
        { 1, "default-src 'self' 'unsafe-inline'" },
        { 1, "default-src 'none'; style-src 'self' 'unsafe-inline'" },
        { 1, "style-src 'unsafe-inline'; default-src 'none'" },
        { 1, "Style-Src 'UNSAFE-INLINE' ; default-src 'none'" },
        { 1, "style-src 'none'; style-src-elem 'unsafe-inline'" },
        { 1, "style-src 'unsafe-inline'; style-src 'none'" },
        { 1, "default-src\t'unsafe-inline'" },
        { 1, "img-src *, default-src 'unsafe-inline'" },
        { 0, "default-src 'self'" },
        { 0, "default-src" },
        { 0, "default-src 'none'; style-src 'self'" },
        { 0, "default-src 'unsafe-inline'; style-src 'self'" },
        { 0, "style-src 'unsafe-inline' 'nonce-abc'" },
        { 0, "style-src 'sha256-abc=' 'unsafe-inline'" },
        { 0, "style-src-elem 'self'; style-src 'unsafe-inline'" },
        { 0, "style-src 'none'; style-src 'unsafe-inline'" },
        { 0, ";;style-src https:" },
        { 0, "style-src 'unsafe-inline', default-src 'self'" },
        { 0, "default-src 'self', style-src 'unsafe-inline'" },
        { 0, "style-src unsafe-inline" },
    };

    for (size_t i = 0; i < sizeof table / sizeof *table; i++)
        tap_ok(luci_page_policy_admits_style(table[i].policy, pool) == table[i].admits, "%s: %s",
               table[i].admits ? "keeps the style" : "takes the style away", table[i].policy);
}

static void test_own(apr_pool_t *pool)
{
    const char *own = luci_page_policy(NULL, NULL, pool);

    tap_is_str(own,
               "default-src 'none'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; font-src 'self'; "
               "base-uri 'none'; frame-ancestors 'none'",
               "the policy of the pages");
    tap_is_str(luci_page_policy("https://cdn.example.org", NULL, pool),
               "default-src 'none'; style-src 'self' 'unsafe-inline'; img-src 'self' data: "
               "https://cdn.example.org; font-src 'self'; base-uri 'none'; frame-ancestors 'none'",
               "the policy of pages with a logo elsewhere");
    tap_is_str(
        luci_page_policy(NULL, "https://site.example/account/passkey.js", pool),
        "default-src 'none'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; script-src "
        "https://site.example/account/passkey.js; font-src 'self'; base-uri 'none'; frame-ancestors 'none'",
        "the policy of pages with a script names exactly that one");
    tap_is_str(
        luci_page_policy(NULL, "https://site.example/a;b,c d.js", pool),
        "default-src 'none'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; script-src "
        "https://site.example/a%3Bb%2Cc%20d.js; font-src 'self'; base-uri 'none'; frame-ancestors 'none'",
        "the path of a script ends no directive");
    tap_is_int(luci_page_policy_admits_style(own, pool), 1, "the policy of the pages admits their style");
}

int main(void)
{
    apr_pool_t *pool;

    apr_initialize();
    apr_pool_create(&pool, NULL);
    test_admits_style(pool);
    test_own(pool);
    apr_pool_destroy(pool);
    apr_terminate();
    return tap_done();
}
