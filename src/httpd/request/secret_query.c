/* SPDX-License-Identifier: Apache-2.0 */
#include "httpd/request/secret_query.h"

#include "httpd/request/state.h"

#include <apr_strings.h>
#include <scoreboard.h>

#include <string.h>

#define HIDDEN "-" /* a query in a log that was not empty, or the value of a parameter */

/* "PATH?QUERY", followed by what came after the query. */
static char *with_query(const char *text, const char *query, const char *after, apr_pool_t *pool)
{
    size_t length = text ? strcspn(text, "?") : 0;

    if (!text || !text[length])
        return (char *)text;
    return apr_pstrcat(pool, apr_pstrmemdup(pool, text, length), "?", query, after, NULL);
}

static void show(request_rec *r, const char *query)
{
    const char *version = r->the_request ? strrchr(r->the_request, ' ') : NULL;

    r->args = (char *)query;
    r->parsed_uri.query = (char *)query;
    r->unparsed_uri = with_query(r->unparsed_uri, query, "", r->pool);
    r->the_request = with_query(r->the_request, query, version ? version : "", r->pool);
}

/* Whether a parameter is, or may be when it is decoded, the one of this name. */
static int is_secret(const char *parameter, const char *name)
{
    size_t length = strcspn(parameter, "=&");

    return (length == strlen(name) && strncmp(parameter, name, length) == 0) ||
           memchr(parameter, '%', length) != NULL;
}

int luci_secret_query_has(const char *query, const char *name)
{
    while (query && *query) {
        if (is_secret(query, name))
            return 1;
        query += strcspn(query, "&");
        query += *query == '&';
    }
    return 0;
}

static const char *masked(const char *query, const char *name, apr_pool_t *pool)
{
    const char *text = "";

    while (*query) {
        size_t length = strcspn(query, "&");

        text = apr_pstrcat(pool, text, *text ? "&" : "",
                           is_secret(query, name) ? apr_pstrcat(pool, name, "=" HIDDEN, NULL)
                                                  : apr_pstrmemdup(pool, query, length),
                           NULL);
        query += length + (query[length] == '&');
    }
    return text;
}

/* mod_status shows the request line of the scoreboard, which was written when the request was read. name is
 * that of the only secret; NULL: all of the query is one. */
static const char *take(request_rec *r, const char *name)
{
    const char *query = r->args;

    luci_state_of(r)->has_secret_query = 1;
    for (request_rec *each = r; each; each = each->prev) {
        if (each->args)
            show(each, name ? masked(each->args, name, each->pool) : HIDDEN);
    }
    if (query && r->connection->sbh)
        ap_update_child_status(r->connection->sbh, SERVER_BUSY_WRITE, r);
    return query;
}

const char *luci_secret_query_take(request_rec *r)
{
    return take(r, NULL);
}

const char *luci_secret_query_mask(request_rec *r, const char *name)
{
    return take(r, name);
}
