/* SPDX-License-Identifier: Apache-2.0 */
/* What sign-up and sign-in share: the page with the form, the form with its errors, the wait for a free hash
 * slot, and the answer to a new session. */
#ifndef LUCI_ENTRY_H
#define LUCI_ENTRY_H

#include "httpd/account/endpoint.h"

typedef struct luci_entry_form_t luci_entry_form_t;

/* What distinguishes sign-up from sign-in. */
typedef struct {
    /* The use case, from entry->auth_request to entry->session and entry->field. May run in another thread.
     */
    luci_result_t (*enter)(luci_entry_form_t *entry, apr_pool_t *pool);
    int is_sign_up;  /* for luci_auth_look */
    int json_status; /* of a success that is answered with JSON */
    size_t url;      /* where the page's own URL is in luci_urls_t */
} luci_entry_kind_t;

/* A posted form until it is answered, from the request's pool, because the request may be suspended. */
struct luci_entry_form_t {
    luci_endpoint_request_t *request;
    const luci_entry_kind_t *kind;
    luci_auth_t auth;
    luci_auth_request_t auth_request;
    luci_attempt_t attempt;
    luci_session_t session;
    luci_result_t result;
    luci_field_t field; /* the invalid field, if result is INVALID */
};

/* The fields of both forms. */
extern const luci_form_field_t luci_entry_fields[];

/* GET: sends the page with the form; a request with a session is redirected to next or home. */
int luci_entry_show(luci_endpoint_request_t *request, const luci_entry_kind_t *kind);

/* POST: answers at once, or suspends the request until a hash slot is free. */
int luci_entry_post(luci_endpoint_request_t *request, const luci_entry_kind_t *kind);

#endif
