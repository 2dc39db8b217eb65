/* SPDX-License-Identifier: Apache-2.0 */
/* What the attributes of a user are called in the environment and in headers. Worked out once, for
 * requests to use. */
#ifndef LUCI_ATTRIBUTE_NAMES_H
#define LUCI_ATTRIBUTE_NAMES_H

#include "core/base/settings.h"

typedef struct {
    const char *variable; /* LUCIA_<ATTRIBUTE> */
    const char *header;   /* X-Lucia-<Attribute>: '-' for '_', each word starts with a capital */
    int is_username;      /* which is handed on in any case */
} luci_attribute_name_t;

/* Those of settings->attributes, in their order, from pool. */
const luci_attribute_name_t *luci_attribute_names(const luci_settings_t *settings, apr_pool_t *pool);

#endif
