/* SPDX-License-Identifier: Apache-2.0 */
/* What sign-up and sign-in share: the page with the form, the form with its errors, the wait for a free hash
 * slot, and the answer to a new session. */
#ifndef LUCI_ENTRY_H
#define LUCI_ENTRY_H

#include "httpd/account/endpoint.h"

typedef struct luci_entry_t luci_entry_t;

/* What distinguishes sign-up from sign-in. */
typedef struct {
    /* The use case, from entry->auth_request to entry->session and entry->field. May run in another thread.
     */
    luci_result_t (*enter)(luci_entry_t *entry, apr_pool_t *pool);
    int is_sign_up;  /* as luci_auth_look asks */
    int json_status; /* of a success that is answered with JSON */
    size_t url;      /* where the page's own URL is in luci_urls_t */
} luci_entry_kind_t;

/* One posted form, until it is answered; in the request's pool, because it may have to wait. */
struct luci_entry_t {
    luci_endpoint_request_t *request;
    const luci_entry_kind_t *kind;
    luci_auth_t auth;
    luci_auth_request_t auth_request;
    luci_attempt_t attempt;
    luci_session_t session;
    luci_result_t result;
    luci_field_t field; /* that is INVALID */
};

/* The fields of both forms. */
extern const luci_form_field_t luci_entry_fields[];

/* GET: the page with the form; for a request with a session a redirect to where it wants to go. */
int luci_entry_show(luci_endpoint_request_t *request, const luci_entry_kind_t *kind);

/* POST: at once, or suspended until there is a free hash slot. */
int luci_entry_post(luci_endpoint_request_t *request, const luci_entry_kind_t *kind);

#endif
