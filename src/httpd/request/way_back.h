/* SPDX-License-Identifier: Apache-2.0 */
/* "next", the page to which sign-in and sign-up return. A value that is ignored is logged at the level info.
 */
#ifndef LUCI_WAY_BACK_H
#define LUCI_WAY_BACK_H

#include <httpd.h>

/* A next of this size fits into a body beside the other fields. A longer one is carried by the form's URL
 * alone. */
#define LUCI_WAY_BACK_HIDDEN_MAX 2048

/* The path and query that the client requested, before any rewriting; NULL if they are not allowed as next.
 */
const char *luci_way_back_requested(request_rec *r);

/* Returns url with next as a parameter; next may be NULL. If url has another origin, a next on this site
 * becomes absolute. next is left out if the URL would exceed LimitRequestLine. */
const char *luci_way_back_link(request_rec *r, const char *url, const char *next);

/* The target after sign-in: posted, if the form has a next, otherwise that of the query. NULL if there is
 * none, or it is not allowed. */
const char *luci_way_back_chosen(request_rec *r, const char *posted);

/* 1 if the browser's URL is that of this page, so that a form without an action is sent to it, with the query
 * and the fragment of that URL. An ErrorDocument is shown at another URL. */
int luci_way_back_is_own_page(const request_rec *r);

#endif
