/* SPDX-License-Identifier: Apache-2.0 */
/* What a form asks for an attribute of a user, by the name of its column: the kind of its input, what
 * browsers fill in, and which values are accepted. Pure. */
#ifndef LUCI_ATTRIBUTE_KIND_H
#define LUCI_ATTRIBUTE_KIND_H

#include "core/base/result.h"

#include <apr_pools.h>

#define LUCI_ATTRIBUTE_UNITS_MAX 255 /* characters of a value, at most */

typedef struct {
    const char *name;         /* of the column, in lower case; NULL: any other */
    const char *type;         /* of the input: email, tel, url or text */
    const char *autocomplete; /* as in HTML */
} luci_attribute_kind_t;

/* Finds the kind of a column, whatever the case of its name. Never NULL. */
const luci_attribute_kind_t *luci_attribute_kind(const char *column);

/* The value without white space at its ends, which keyboards add, from pool; NULL: it is empty. value may be
 * NULL. */
const char *luci_attribute_trim(const char *value, apr_pool_t *pool);

/* OK, or INVALID: the value has control characters, is too long, or is not what its kind of input takes. It
 * is trimmed and UTF-8. */
luci_result_t luci_attribute_check(const luci_attribute_kind_t *kind, const char *value) LUCI_MUST_USE;

/* A label for the column: "display_name" is "Display name"; from pool. */
const char *luci_attribute_label(const char *column, apr_pool_t *pool);

#endif
