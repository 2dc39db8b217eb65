/* SPDX-License-Identifier: Apache-2.0 */
/* "next": the page to return to, carried through sign-in and sign-up. A value that is dropped is logged at
 * info. */
#ifndef LUCI_WAY_BACK_H
#define LUCI_WAY_BACK_H

#include <httpd.h>

/* Path and query as the client requested them, before any rewriting; NULL when that cannot be a next. */
const char *luci_way_back_requested(request_rec *r);

/* url with next as a parameter, NULL for none. Where url leads to another origin, a next on this site becomes
 * absolute. Without next when a server would refuse the URL as too long. */
const char *luci_way_back_link(request_rec *r, const char *url, const char *next);

/* Where to go after signing in: posted when the form had a next, else the query's. NULL when there is none,
 * or none that may be used. */
const char *luci_way_back_chosen(request_rec *r, const char *posted);

/* 1 when the browser's own URL is the one of this page, so that a form without an action comes back here,
 * with the query and the fragment of that URL. An ErrorDocument stands at another one. */
int luci_way_back_is_own_page(const request_rec *r);

#endif
