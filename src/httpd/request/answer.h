/* SPDX-License-Identifier: Apache-2.0 */
/* The headers that answers of this module share: what other modules may add to them and what may
 * not get lost. CORS for LuciaAllowedOrigins, the challenge of a 401, Vary, and the pages' own
 * Content-Security-Policy. */
#ifndef LUCI_ANSWER_H
#define LUCI_ANSWER_H

#include <httpd.h>

/* Names a request header in Vary, beside those that the content names itself. */
void luci_answer_vary(request_rec *r, const char *name);

/* WWW-Authenticate of a 401: "Lucia", or "Bearer" where LuciaBearer is on, with AuthName as the realm where
 * there is one. Browsers open no dialogue for either. A challenge that stands there already stays. */
void luci_answer_challenge(request_rec *r);

/* Clear-Site-Data, where LuciaClearSiteData is on: the browser forgets the pages of before. */
void luci_answer_clear_cache(request_rec *r);

/* 1 for a browser's CORS preflight from one of LuciaAllowedOrigins; its answer is in the headers then.
 * methods are those that the endpoint has, such as "GET, HEAD, POST". */
int luci_answer_preflight(request_rec *r, const char *methods);

/* Call when everything else of the answer is known and its filters are in place. What mod_headers says, which
 * runs before, comes first: an Access-Control-Allow-Origin of its own stays, and so does a
 * Content-Security-Policy, unless it would take the style away from a page of ours, policy being ours; NULL:
 * no page with a style. */
void luci_answer_last(request_rec *r, const char *policy);

void luci_answer_register_filter(void);

#endif
