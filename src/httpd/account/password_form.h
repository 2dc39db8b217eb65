/* SPDX-License-Identifier: Apache-2.0 */
/* A posted form with a password, from the body to the answer: the wait for a free hash slot, the use case,
 * the wiping of the passwords, and the device cookie. */
#ifndef LUCI_PASSWORD_FORM_H
#define LUCI_PASSWORD_FORM_H

#include "httpd/account/endpoint.h"

typedef struct luci_password_form_t luci_password_form_t;

/* What distinguishes such forms. A larger record may begin with this one. */
typedef struct {
    /* Sets what auth_request lacks: names, passwords, sessions. */
    luci_result_t (*fill)(luci_password_form_t *form);

    /* Tells whether act would get as far as computing a hash, and sets key_id and is_allowed of auth_request
     * if they are known. */
    luci_result_t (*look)(luci_password_form_t *form, apr_pool_t *pool);

    /* The use case, from auth_request to session and field. May run in another thread. */
    luci_result_t (*act)(luci_password_form_t *form, apr_pool_t *pool);

    /* Sends the whole answer to result and returns what a handler returns. The passwords are wiped. */
    int (*answer)(luci_password_form_t *form);
} luci_password_form_kind_t;

/* From the request's pool, because the request may be suspended. */
struct luci_password_form_t {
    luci_endpoint_request_t *request;
    const luci_password_form_kind_t *kind;
    luci_auth_t auth;
    luci_auth_request_t auth_request;
    luci_attempt_t attempt;
    luci_session_t session;
    luci_result_t result;
    luci_field_t field; /* the invalid field, if result is INVALID */
};

/* POST: answers at once, or suspends the request until a hash slot is free. */
int luci_password_form_post(luci_endpoint_request_t *request, const luci_password_form_kind_t *kind);

#endif
