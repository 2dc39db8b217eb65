/* SPDX-License-Identifier: Apache-2.0 */
/* Parses request bodies into the fields of a form. Pure; JSON is read by jansson. These parsers are our own
 * because a library's would leave copies of the password in freed memory.
 *
 * Fields that the form does not have are checked for well-formedness like the others and then dropped. */
#ifndef LUCI_FORM_H
#define LUCI_FORM_H

#include "core/base/result.h"

#include <apr_pools.h>
#include <stddef.h>

#define LUCI_FORM_BYTES_MAX 8192 /* of a body; the reader of a larger one answers 413 (S1.8) */
#define LUCI_FORM_DEPTH_MAX 32   /* nested arrays and objects in a JSON body */
#define LUCI_FORM_FIELDS_MAX 8   /* of one form */

typedef enum {
    LUCI_FORM_TEXT,
    LUCI_FORM_SECRET /* a password: luci_form_wipe overwrites it */
} luci_form_kind_t;

/* One field; a form's array of them ends with a NULL name. */
typedef struct {
    const char *name;
    luci_form_kind_t kind;
} luci_form_field_t;

/* A form and what was sent: values[i] belongs to fields[i], and is NULL when the field was absent or, in
 * JSON, not a string. Values are valid UTF-8 without NUL, copied to the pool that the parser was given. Set
 * fields before parsing, and call luci_form_wipe as soon as the secrets were used. After INVALID all values
 * are NULL. */
typedef struct {
    const luci_form_field_t *fields;
    char *values[LUCI_FORM_FIELDS_MAX];
} luci_form_t;

/* The value of a field of this form; NULL when it was absent. */
char *luci_form_value(const luci_form_t *form, const char *name);

/* Parses application/x-www-form-urlencoded (WHATWG URL, 5.1). INVALID: a broken percent escape, NUL or
 * invalid UTF-8 anywhere, or a field of the form twice. An empty body has no fields. The body is decoded in
 * place, so it holds secrets afterwards: wipe it too. */
luci_result_t luci_form_parse_urlencoded(char *body, size_t length, luci_form_t *form,
                                         apr_pool_t *pool) LUCI_MUST_USE;

/* Parses application/json. INVALID: malformed (also an empty body or a byte order mark), a member twice, NUL,
 * invalid UTF-8, lone surrogates, numbers that jansson cannot hold, deeper than LUCI_FORM_DEPTH_MAX. Any
 * well-formed value that is not an object has no fields. After OK jansson has left no copy of the object's
 * string members in freed memory. For a refused body, and for strings deeper inside it, jansson frees its
 * copies without wiping them; wiping those would need process-wide allocators, which other users of jansson
 * may have set. The caller wipes the body. */
luci_result_t luci_form_parse_json(const char *body, size_t length, luci_form_t *form,
                                   apr_pool_t *pool) LUCI_MUST_USE;

/* Finds one parameter of a query string (without '?'), decoded. NOT_FOUND; INVALID when its value is broken
 * (as above) or when it appears twice; then value is NULL. Other parameters may be broken: they are not ours.
 * query may be NULL. */
luci_result_t luci_form_query(const char *query, const char *name, char **value,
                              apr_pool_t *pool) LUCI_MUST_USE;

/* Overwrites the secrets and leaves them pointing to empty strings; form may be half filled. */
void luci_form_wipe(luci_form_t *form);

#endif
