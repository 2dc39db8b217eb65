/* SPDX-License-Identifier: Apache-2.0 */
/* Keeps the secret query of a page out of what httpd writes and shows. */
#ifndef LUCI_SECRET_QUERY_H
#define LUCI_SECRET_QUERY_H

#include <httpd.h>

/* Takes the query, which contains a secret, out of the request and of those that were redirected to it, so
 * that neither an access log nor mod_status nor a program of an ErrorDocument gets it; the pages of this
 * request send no Referer with it. Returns it, from r->pool; NULL: there is none. */
const char *luci_secret_query_take(request_rec *r);

/* 1 if a query (NULL: none) may have the parameter of this name. */
int luci_secret_query_has(const char *query, const char *name);

/* The same as luci_secret_query_take for a query of which only one parameter is a secret: the others stay. */
const char *luci_secret_query_mask(request_rec *r, const char *name);

#endif
