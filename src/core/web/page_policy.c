/* SPDX-License-Identifier: Apache-2.0 */
#include "core/web/page_policy.h"

#include <apr_cstr.h>
#include <apr_strings.h>

#include <string.h>

#define SOURCES "default-src 'none'; style-src 'self' 'unsafe-inline'; img-src 'self' data:"

/* There is no form-action, because Chromium applies it to every redirect after the form as well, so that it
 * would block a redirect to another origin. */
#define OTHERS "; font-src 'self'; base-uri 'none'; frame-ancestors 'none'"

/* The URL without characters that end a source, a directive or a policy; browsers decode paths. */
static const char *as_source(const char *url, apr_pool_t *pool)
{
    char *source = apr_palloc(pool, 3 * strlen(url) + 1), *to = source;

    for (; *url; url++) {
        const char *escaped = *url == ' ' ? "%20" : *url == ',' ? "%2C" : *url == ';' ? "%3B" : NULL;

        if (escaped)
            to = apr_cpystrn(to, escaped, 4);
        else
            *to++ = *url;
    }
    *to = '\0';
    return source;
}

const char *luci_page_policy(const char *images, const char *script, apr_pool_t *pool)
{
    if (!images && !script)
        return SOURCES OTHERS;
    return apr_pstrcat(pool, SOURCES, images ? " " : "", images ? images : "", script ? "; script-src " : "",
                       script ? as_source(script, pool) : "", OTHERS, NULL);
}

/* The directives that can apply to a <style> element, the most specific one first. The first one that a
 * policy contains decides. */
static const char *const style_directives[] = { "style-src-elem", "style-src", "default-src" };

#define STYLE_DIRECTIVES (sizeof style_directives / sizeof *style_directives)

static int is_hash_or_nonce(const char *source)
{
    static const char *const prefixes[] = { "'nonce-", "'sha256-", "'sha384-", "'sha512-" };

    for (size_t i = 0; i < sizeof prefixes / sizeof *prefixes; i++) {
        if (apr_cstr_casecmpn(source, prefixes[i], strlen(prefixes[i])) == 0)
            return 1;
    }
    return 0;
}

/* 1 if a list of sources allows inline styles. Modifies sources. */
static int has_inline(char *sources)
{
    int has = 0;
    char *rest;

    for (char *source = apr_strtok(sources, " \t", &rest); source; source = apr_strtok(NULL, " \t", &rest)) {
        if (is_hash_or_nonce(source))
            return 0;
        if (apr_cstr_casecmp(source, "'unsafe-inline'") == 0)
            has = 1;
    }
    return has;
}

/* 1 if one policy allows inline styles. Modifies policy. If a directive occurs twice, browsers use the first
 * one. */
static int admits_style(char *policy)
{
    char *sources[STYLE_DIRECTIVES] = { NULL }, *rest;

    for (char *directive = apr_strtok(policy, ";", &rest); directive;
         directive = apr_strtok(NULL, ";", &rest)) {
        char *name = directive + strspn(directive, " \t");
        size_t length = strcspn(name, " \t");

        for (size_t i = 0; i < STYLE_DIRECTIVES; i++) {
            if (!sources[i] && length == strlen(style_directives[i]) &&
                apr_cstr_casecmpn(name, style_directives[i], length) == 0)
                sources[i] = name + length;
        }
    }
    for (size_t i = 0; i < STYLE_DIRECTIVES; i++) {
        if (sources[i])
            return has_inline(sources[i]);
    }
    return 1;
}

int luci_page_policy_admits_style(const char *header, apr_pool_t *scratch)
{
    char *copy = apr_pstrdup(scratch, header), *rest;

    for (char *policy = apr_strtok(copy, ",", &rest); policy; policy = apr_strtok(NULL, ",", &rest)) {
        if (!admits_style(policy))
            return 0;
    }
    return 1;
}
