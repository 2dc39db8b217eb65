/* SPDX-License-Identifier: Apache-2.0 */
/* The headers that this module's answers share: CORS for LuciaAllowedOrigins, the challenge of a 401, Vary,
 * and the pages' Content-Security-Policy, so that other modules' headers do not disable them. */
#ifndef LUCI_ANSWER_H
#define LUCI_ANSWER_H

#include <httpd.h>

/* Adds a request header to Vary. */
void luci_answer_vary(request_rec *r, const char *name);

/* WWW-Authenticate of a 401: "Lucia", or "Bearer" where LuciaBearer is on, with AuthName as the realm if set.
 * Browsers open no dialogue for either. An existing challenge is kept. */
void luci_answer_challenge(request_rec *r);

/* Clear-Site-Data, where LuciaClearSiteData is on: the browser drops its cached pages. */
void luci_answer_clear_cache(request_rec *r);

/* 1 for a CORS preflight from one of LuciaAllowedOrigins, whose answer is then in the headers. methods are
 * those of the endpoint, such as "GET, HEAD, POST". */
int luci_answer_preflight(request_rec *r, const char *methods);

/* Call when everything else of the answer is known and its filters are in place. What mod_headers says, which
 * runs before, comes first: an Access-Control-Allow-Origin of its own stays, and so does a
 * Content-Security-Policy, unless it would take the style away from a page of ours, policy being ours; NULL:
 * no page with a style. */
void luci_answer_last(request_rec *r, const char *policy);

void luci_answer_register_filter(void);

#endif
