/* SPDX-License-Identifier: Apache-2.0 */
#include "httpd/request/secret_query.h"

#include "httpd/request/state.h"

#include <apr_strings.h>
#include <scoreboard.h>

#include <string.h>

#define HIDDEN "-" /* a query in a log that was not empty */

/* "PATH?-", followed by what came after the query. */
static char *without_query(const char *text, const char *after, apr_pool_t *pool)
{
    size_t length = text ? strcspn(text, "?") : 0;

    if (!text || !text[length])
        return (char *)text;
    return apr_pstrcat(pool, apr_pstrmemdup(pool, text, length), "?" HIDDEN, after, NULL);
}

static void hide(request_rec *r)
{
    const char *version = r->the_request ? strrchr(r->the_request, ' ') : NULL;

    if (!r->args)
        return;
    r->args = (char *)HIDDEN;
    r->parsed_uri.query = (char *)HIDDEN;
    r->unparsed_uri = without_query(r->unparsed_uri, "", r->pool);
    r->the_request = without_query(r->the_request, version ? version : "", r->pool);
}

/* mod_status shows the request line of the scoreboard, which was written when the request was read. */
const char *luci_secret_query_take(request_rec *r)
{
    const char *query = r->args;

    luci_state_of(r)->has_secret_query = 1;
    for (request_rec *each = r; each; each = each->prev)
        hide(each);
    if (query && r->connection->sbh)
        ap_update_child_status(r->connection->sbh, SERVER_BUSY_WRITE, r);
    return query;
}
