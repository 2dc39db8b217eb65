/* SPDX-License-Identifier: Apache-2.0 */
/* The headers that all answers of this module have: CORS for LuciaAllowedOrigins, the challenge of a 401,
 * Vary, and the Content-Security-Policy of pages, which headers of other modules must not disable. */
#ifndef LUCI_ANSWER_H
#define LUCI_ANSWER_H

#include <httpd.h>

/* Adds a request header to Vary. */
void luci_answer_vary(request_rec *r, const char *name);

/* WWW-Authenticate of a 401: "Lucia", or "Bearer" where LuciaBearer is on, with AuthName as the realm if set.
 * Browsers open no dialogue for either. An existing challenge is kept. */
void luci_answer_challenge(request_rec *r);

/* Adds Clear-Site-Data if LuciaClearSiteData is on, so that the browser drops its cached pages. */
void luci_answer_clear_cache(request_rec *r);

/* 1 for a CORS preflight from one of LuciaAllowedOrigins, whose answer is then in the headers. methods are
 * those of the endpoint, such as "GET, HEAD, POST". */
int luci_answer_preflight(request_rec *r, const char *methods);

/* Adds the headers that depend on those of other modules; call it when all other headers are set and all
 * other filters are inserted. mod_headers runs before: its Access-Control-Allow-Origin is kept, and so is its
 * Content-Security-Policy, unless that would disable the style of a page. policy is the page's own; NULL if
 * the answer is not a page with a style. */
void luci_answer_last(request_rec *r, const char *policy);

void luci_answer_register_filter(void);

#endif
