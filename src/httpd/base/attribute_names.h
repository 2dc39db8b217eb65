/* SPDX-License-Identifier: Apache-2.0 */
/* The names of user attributes in the environment and in headers, computed once at the start of a child. */
#ifndef LUCI_ATTRIBUTE_NAMES_H
#define LUCI_ATTRIBUTE_NAMES_H

#include "core/base/settings.h"

typedef struct {
    const char *variable; /* LUCIA_<ATTRIBUTE> */
    const char *header;   /* X-Lucia-<Attribute>: '-' instead of '_', each word capitalised */
    enum {
        LUCI_NAME_OF_ANY = 0,
        LUCI_NAME_OF_USERNAME, /* it is always exported, as LUCIA_USERNAME and X-Lucia-Username */
        LUCI_NAME_OF_ADDRESS   /* of LuciaEmail: it is exported if it is verified */
    } of;
} luci_attribute_name_t;

/* The names for settings->attributes, in the same order, and after them those for the groups, from pool. */
const luci_attribute_name_t *luci_attribute_names(const luci_settings_t *settings, apr_pool_t *pool);

#endif
