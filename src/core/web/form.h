/* SPDX-License-Identifier: Apache-2.0 */
/* Request bodies to fields. Pure; JSON through jansson.
 * Fields not named below are checked for well-formedness like the others and then forgotten. */
#ifndef LUCI_FORM_H
#define LUCI_FORM_H

#include "core/base/result.h"

#include <apr_pools.h>
#include <stddef.h>

/* A larger body is 413 (doc/specification.md, S1.8). Whoever reads the body sees to that, not these parsers.
 */
#define LUCI_FORM_BYTES_MAX 8192
#define LUCI_FORM_DEPTH_MAX 32 /* arrays and objects of JSON inside each other */

/* What was sent. A member is NULL when it was absent or, in JSON, not a string. Valid UTF-8 without NUL,
 * copied to the pool given to the parser. password is to be wiped with luci_form_wipe when it was used. After
 * INVALID all are NULL. */
typedef struct {
    char *username;
    char *password;
    char *next;
} luci_form_t;

/* application/x-www-form-urlencoded (WHATWG URL, 5.1). INVALID: a broken percent escape, NUL, invalid UTF-8
 * anywhere, or one of the three fields twice. An empty body has no fields. The body is decoded in place: it
 * holds the password afterwards, wipe it too. */
luci_result_t luci_form_parse_urlencoded(char *body, size_t length, luci_form_t *form,
                                         apr_pool_t *pool) LUCI_MUST_USE;

/* application/json. INVALID: malformed (also an empty body or a byte order mark), a member twice, NUL,
 * invalid UTF-8, lone surrogates, numbers that jansson cannot hold, deeper than LUCI_FORM_DEPTH_MAX. Any
 * well-formed value that is not an object has no fields. After OK jansson has left no copy of the object's
 * string members behind in freed memory. The limit of that: of a refused body, and of strings further down in
 * it, jansson frees its copies as they are (wiping them would take process-wide allocators, which belong to
 * whoever else uses jansson). The body itself is the caller's to wipe. */
luci_result_t luci_form_parse_json(const char *body, size_t length, luci_form_t *form,
                                   apr_pool_t *pool) LUCI_MUST_USE;

/* Finds one parameter of a query string (without '?'), decoded. NOT_FOUND, or INVALID when its value is
 * broken (as above) or when it's there twice; then value is NULL. Other parameters belong to others and may
 * be broken. query may be NULL. */
luci_result_t luci_form_query(const char *query, const char *name, char **value,
                              apr_pool_t *pool) LUCI_MUST_USE;

/* Overwrites the password and leaves it pointing to an empty string; form may be half filled. */
void luci_form_wipe(luci_form_t *form);

#endif
