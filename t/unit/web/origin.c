/* SPDX-License-Identifier: Apache-2.0 */
/* S9.19: which requests a page of this site sent, and the advice when one is refused. */
#include "core/web/origin.h"
#include "lib/tap.h"

#include <apr_general.h>
#include <string.h>

#define OWN "https://site.example"
#define ALLOWED "https://app.example"

static apr_pool_t *pool;
static apr_array_header_t *allowed;

static const char *shown(const char *header)
{
    return header ? header : "missing";
}

static void test_judge(void)
{
    enum { yes = LUCI_ORIGIN_OWN, no = LUCI_ORIGIN_FOREIGN, none = LUCI_ORIGIN_MISSING };
    static const struct {
        const char *site, *origin;
        int verdict;
    } table[] = {
        /* The browser says that it is this site, whatever Origin reads. */
        { "same-origin", OWN, yes },
        { "same-origin", "null", yes },
        { "same-origin", NULL, yes },
        { "same-origin", "http://site.example", yes },
        { "same-origin", "https://site.example:8443", yes },
        { "same-origin", "https://evil.example", yes },
        { "same-origin", "%%%", yes },
        { "none", "null", yes },
        { "none", NULL, yes },
        /* The browser says that it is not; an allowed origin may. */
        { "same-site", ALLOWED, yes },
        { "cross-site", ALLOWED, yes },
        { "cross-site", "HTTPS://APP.example:443", yes },
        { "same-site", NULL, no },
        { "cross-site", NULL, no },
        { "cross-site", "null", no },
        { "cross-site", OWN, no },
        { "same-site", OWN, no },
        { "cross-site", "https://evil.example", no },
        { "same-site", "https://neighbour.site.example", no },
        /* Values that no browser sends today. */
        { "Same-Origin", OWN, no },
        { "SAME-ORIGIN", NULL, no },
        { " same-origin", NULL, no },
        { "same-origin ", NULL, no },
        { "same-origin, cross-site", OWN, no },
        { "none, none", NULL, no },
        { "same-origin;a", NULL, no },
        { "\"same-origin\"", NULL, no },
        { "same-party", OWN, no },
        { "same-party", ALLOWED, yes },
        /* No Sec-Fetch-Site: plain http, an old browser, a program. */
        { NULL, OWN, yes },
        { NULL, ALLOWED, yes },
        { NULL, "null", no },
        { NULL, "", no },
        { NULL, "http://site.example", no },
        { NULL, "https://site.example:8443", no },
        { NULL, "https://evil.example", no },
        { NULL, "https://site.example.evil.example", no },
        { NULL, OWN ", " OWN, no },
        { NULL, NULL, none },
        { "", OWN, yes },
        { "", "null", no },
        { "", NULL, none },
    };

    for (size_t i = 0; i < sizeof table / sizeof table[0]; i++) {
        luci_origin_claim_t claim = {
            .fetch_site = table[i].site, .origin = table[i].origin, .own = OWN, .allowed = allowed
        };

        tap_is_int(luci_origin_judge(&claim, pool), table[i].verdict, "S9.19: Sec-Fetch-Site %s, Origin %s",
                   shown(table[i].site), shown(table[i].origin));
    }
}

static void test_unknown_own(void)
{
    luci_origin_claim_t claim = { .origin = OWN };

    tap_is_int(luci_origin_judge(&claim, pool), LUCI_ORIGIN_FOREIGN, "without Host no Origin is this site's");
    claim.fetch_site = "same-origin";
    tap_is_int(luci_origin_judge(&claim, pool), LUCI_ORIGIN_OWN, "... unless the browser says so");
    claim = (luci_origin_claim_t){ .origin = ALLOWED, .allowed = allowed };
    tap_is_int(luci_origin_judge(&claim, pool), LUCI_ORIGIN_OWN,
               "... the browser's word beside the list of origins");
}

static void test_advice(void)
{
    static const struct {
        const char *site, *origin, *own, *forwarded;
        luci_refusal_t kind;
        const char *line, *other; /* what the advice names */
    } table[] = {
        { NULL, "https://site.example", "http://site.example", NULL, LUCI_REFUSED_PROXY,
          "ServerName https://site.example", NULL },
        { NULL, "https://site.example:8443", "http://site.example:8443", NULL, LUCI_REFUSED_PROXY,
          "ServerName https://site.example:8443", NULL },
        { NULL, "http://site.example:8080", "http://site.example", NULL, LUCI_REFUSED_PROXY,
          "ProxyPreserveHost On", "$http_host" },
        { NULL, "https://site.example", "http://site.example:8080", NULL, LUCI_REFUSED_PROXY,
          "ProxyPreserveHost On", "ServerName https://site.example" },
        { NULL, "https://site.example", "http://127.0.0.1:8080", "site.example", LUCI_REFUSED_PROXY,
          "ProxyPreserveHost On", "ServerName https://site.example" },
        { NULL, "http://site.example:81", "http://backend", "Site.example:81", LUCI_REFUSED_PROXY,
          "ProxyPreserveHost On", NULL },
        { NULL, "http://[::1]:81", "http://[::1]", NULL, LUCI_REFUSED_PROXY, "ProxyPreserveHost On", NULL },
        { NULL, "https://evil.example", OWN, "site.example", LUCI_REFUSED_FOREIGN,
          "LuciaAllowedOrigins https://evil.example", NULL },
        { NULL, "https://site.example.evil.example", OWN, "site.example", LUCI_REFUSED_FOREIGN,
          "LuciaAllowedOrigins https://site.example.evil.example", NULL },
        { NULL, "http://site", "http://backend", "site.example", LUCI_REFUSED_FOREIGN,
          "LuciaAllowedOrigins http://site", NULL },
        { NULL, "https://evil.example", NULL, NULL, LUCI_REFUSED_FOREIGN,
          "LuciaAllowedOrigins https://evil.example", NULL },
        { "same-site", "https://site.example:8443", OWN, NULL, LUCI_REFUSED_FOREIGN,
          "LuciaAllowedOrigins https://site.example:8443", NULL },
        { NULL, "null", OWN, NULL, LUCI_REFUSED_NULL, "Referrer-Policy same-origin", "https" },
        { "cross-site", "null", OWN, NULL, LUCI_REFUSED_NULL, "sandboxed frame", NULL },
        { NULL, "%%%", OWN, NULL, LUCI_REFUSED_MALFORMED, "no browser", NULL },
        { NULL, OWN ", " OWN, OWN, NULL, LUCI_REFUSED_MALFORMED, "no browser", NULL },
        { NULL, NULL, OWN, NULL, LUCI_REFUSED_MISSING, "Origin", "LuciaBearer" },
        { "cross-site", NULL, OWN, NULL, LUCI_REFUSED_MISSING, "Origin", NULL },
    };

    for (size_t i = 0; i < sizeof table / sizeof table[0]; i++) {
        luci_origin_claim_t claim = { .fetch_site = table[i].site,
                                      .origin = table[i].origin,
                                      .own = table[i].own,
                                      .forwarded_host = table[i].forwarded };
        luci_origin_advice_t advice = luci_origin_advise(&claim, pool);

        tap_is_int(advice.kind, table[i].kind, "Origin %s of %s: what kind of refusal it is",
                   shown(table[i].origin), shown(table[i].own));
        tap_ok(strstr(advice.advice, table[i].line) != NULL, "... the advice names %s: %s", table[i].line,
               advice.advice);
        tap_ok(!table[i].other || strstr(advice.advice, table[i].other),
               "... the advice names the other line");
    }
}

int main(void)
{
    apr_initialize();
    apr_pool_create(&pool, NULL);
    allowed = apr_array_make(pool, 1, sizeof(const char *));
    APR_ARRAY_PUSH(allowed, const char *) = ALLOWED;
    test_judge();
    test_unknown_own();
    test_advice();
    apr_pool_destroy(pool);
    apr_terminate();
    return tap_done();
}
