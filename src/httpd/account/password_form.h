/* SPDX-License-Identifier: Apache-2.0 */
/* A posted form with a password, from the body to the answer: the wait for a free hash slot, the use case,
 * the wiping of the passwords, and the device cookie. */
#ifndef LUCI_PASSWORD_FORM_H
#define LUCI_PASSWORD_FORM_H

#include "httpd/account/own_page.h"

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

/* Answers a form in which the user of the session typed the password, into the field whose error has this
 * name, after any result but INVALID. */
int luci_password_form_answer(luci_password_form_t *form, luci_own_page_fn *page, const char *field);

/* Signs in with the field "password" of a form whose session has ended since it was validated, as after the
 * first click of a double click, whose answer browsers drop with its cookie. Needs a form of a browser, since
 * a program gets all answers; otherwise EXPIRED. It is a sign-in of the form's user in all respects, counted
 * and reported as one. OK: form->session is the new session. EXPIRED: it was refused. THROTTLED, BUSY,
 * UNAVAILABLE, INTERNAL. */
luci_result_t luci_password_form_sign_in(luci_password_form_t *form, apr_pool_t *pool) LUCI_MUST_USE;

/* Answers a form that has renewed the session or made one: sends its cookie, and leads to next, or to the
 * page that links to the others. */
int luci_password_form_done(luci_password_form_t *form);

/* The post_again of such a form: a sign-in as above, with the name that the page has for password managers.
 */
int luci_password_form_post_again(luci_endpoint_request_t *request);

/* POST: answers at once, or suspends the request until a hash slot is free. */
int luci_password_form_post(luci_endpoint_request_t *request, const luci_password_form_kind_t *kind);

#endif
