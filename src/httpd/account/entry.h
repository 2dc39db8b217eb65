/* SPDX-License-Identifier: Apache-2.0 */
/* What sign-up and sign-in share: the page with the form, the form with its errors, and the answer to a new
 * session. */
#ifndef LUCI_ENTRY_H
#define LUCI_ENTRY_H

#include "httpd/account/password_form.h"

/* What distinguishes sign-up from sign-in. */
typedef struct {
    luci_password_form_kind_t form;
    int is_sign_up;  /* for luci_auth_look */
    int json_status; /* of a success that is answered with JSON */
    /* Adds values to the page. refused is that of luci_auth_request_t. May be NULL. */
    void (*add)(const luci_endpoint_request_t *request, int refused, apr_table_t *values);
    luci_message_t (*problem)(const luci_endpoint_request_t *request); /* of an attribute; may be NULL */
    size_t url; /* where the page's own URL is in luci_urls_t */
} luci_entry_kind_t;

/* The functions of both forms; act differs. */
luci_result_t luci_entry_fill(luci_password_form_t *entry) LUCI_MUST_USE;
luci_result_t luci_entry_look(luci_password_form_t *entry, apr_pool_t *pool) LUCI_MUST_USE;
int luci_entry_answer(luci_password_form_t *entry);

/* What is wrong with a new name that is refused. */
luci_message_t luci_entry_name_message(const luci_auth_request_t *request);

/* The fields of both forms. */
extern const luci_form_field_t luci_entry_fields[];

/* GET: sends the page with the form; a request with a session is redirected to next or home. */
int luci_entry_show(luci_endpoint_request_t *request, const luci_entry_kind_t *kind);

#endif
