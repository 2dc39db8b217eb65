/* SPDX-License-Identifier: Apache-2.0 */
/* The fields of a form for attributes of a user: those that sign-up asks for (LuciaSignupAttributes), and
 * those that people change on their profile (LuciaUserEditable). */
#ifndef LUCI_ATTRIBUTE_FIELDS_H
#define LUCI_ATTRIBUTE_FIELDS_H

#include "httpd/account/endpoint.h"

#define LUCI_ATTRIBUTE_ROWS "attributes"       /* the list of a page */
#define LUCI_ATTRIBUTE_ERROR "attribute_error" /* for luci_reply_complain: an error of one of its fields */

/* The fields of one form. */
typedef struct {
    const apr_array_header_t *asked; /* luci_asked_attribute_t */
    int has_address;                 /* 1: the first one is the address of LuciaEmail */
    const luci_user_t
        *user; /* has the values that stay unless the form has others; NULL: there is no user yet */
} luci_attribute_fields_t;

/* For luci_endpoint_t.set_fields: adds the fields to those that every such form has, which end with a NULL
 * name. */
void luci_attribute_fields_set(luci_form_t *form, const luci_form_field_t *others,
                               const apr_array_header_t *asked, apr_pool_t *pool);

/* The values of the posted form, trimmed, in the order of asked, from the request's pool. Without a user,
 * NULL means none; with one, NULL means that the form does not have the field, and "" that it is empty. */
const char *const *luci_attribute_fields_values(const luci_endpoint_request_t *request,
                                                const luci_attribute_fields_t *fields);

/* The first thing that is wrong with the posted values; LUCI_NO_MESSAGE: nothing. */
luci_message_t luci_attribute_fields_problem(const luci_endpoint_request_t *request,
                                             const luci_attribute_fields_t *fields);

/* What is wrong with an address that a user wants to verify; LUCI_NO_MESSAGE: nothing. */
luci_message_t luci_attribute_fields_address(const luci_endpoint_request_t *request, const char *value);

/* Sets the rows of a page: what was typed, or the user's values. If values has LUCI_ATTRIBUTE_ERROR, each row
 * has what is wrong with it; refused is the number of a value that the database refused, which has that
 * error; -1: none. Returns 1 if a field with an error has the focus. */
int luci_attribute_fields_show(const luci_endpoint_request_t *request, const luci_attribute_fields_t *fields,
                               int refused, apr_table_t *values);

/* What the field of a column is called: a text of messages.txt, or one that is made of its name. */
const char *luci_attribute_fields_label(request_rec *r, const char *column);

#endif
