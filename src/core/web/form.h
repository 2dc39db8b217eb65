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

#define LUCI_FORM_BYTES_MAX 8192 /* the size of a body, unless the form has a limit of its own */
#define LUCI_FORM_DEPTH_MAX 32   /* nested arrays and objects in a JSON body */
#define LUCI_FORM_FIELDS_MAX 24  /* of one form */

typedef enum {
    LUCI_FORM_TEXT,
    LUCI_FORM_NULLABLE, /* a text; in JSON, null is "", and what is neither null nor a string is INVALID */
    LUCI_FORM_SECRET,   /* a password: luci_form_wipe overwrites it */
    LUCI_FORM_FLAG      /* a checkbox; its value is "1", or "" for an absent, empty, "0" or "false" one */
} luci_form_kind_t;

/* One field; a form's array of them ends with a NULL name. */
typedef struct {
    const char *name;
    luci_form_kind_t kind;
} luci_form_field_t;

/* A form and its values: values[i] belongs to fields[i], and is NULL if the field was absent or, in JSON, not
 * a string; that of a flag is never NULL after OK. Values are valid UTF-8 without NUL, from the pool that the
 * parser was given. Set fields before parsing, and call luci_form_wipe as soon as the secrets have been used.
 * After INVALID all values are NULL. */
typedef struct {
    const luci_form_field_t *fields;
    size_t bytes_max; /* of a body, for the caller, which answers a larger one with 413 (S1.8) */
    char *values[LUCI_FORM_FIELDS_MAX];
} luci_form_t;

/* The value of a field of this form; NULL if it was absent. */
char *luci_form_value(const luci_form_t *form, const char *name);

/* Parses application/x-www-form-urlencoded (WHATWG URL, 5.1). INVALID: an invalid percent escape, NUL or
 * invalid UTF-8 anywhere, or a field of the form that occurs twice. An empty body has no fields. The body is
 * decoded in place, so that it contains secrets afterwards; the caller must wipe it, too. */
luci_result_t luci_form_parse_urlencoded(char *body, size_t length, luci_form_t *form,
                                         apr_pool_t *pool) LUCI_MUST_USE;

/* Parses application/json. INVALID: malformed JSON (also an empty body or a byte order mark), a member that
 * occurs twice, NUL, invalid UTF-8, lone surrogates, numbers that jansson cannot represent, or deeper nesting
 * than LUCI_FORM_DEPTH_MAX, or a type that a NULLABLE field does not take. A flag is set by
 * true, a number other than 0 and the same texts as in a form; an array or object for it is INVALID. A
 * well-formed value that is not an object has no fields. After OK, jansson has left no copy of the object's
 * string members in freed memory. The copies of a rejected body, and of strings deeper inside it, are freed
 * without being wiped; wiping them would require process-wide allocators, which other users of jansson may
 * have set. The caller must wipe the body. */
luci_result_t luci_form_parse_json(const char *body, size_t length, luci_form_t *form,
                                   apr_pool_t *pool) LUCI_MUST_USE;

/* Finds one parameter of a query string (without "?") and decodes it; *value is from pool. NOT_FOUND: it is
 * absent. INVALID: its encoding is invalid (as above), or it occurs twice; *value is NULL then. The encoding
 * of other parameters is not checked. query may be NULL. */
luci_result_t luci_form_query(const char *query, const char *name, char **value,
                              apr_pool_t *pool) LUCI_MUST_USE;

/* Overwrites the secrets, whose values become empty strings. The form may be partly filled. */
void luci_form_wipe(luci_form_t *form);

#endif
