/* SPDX-License-Identifier: Apache-2.0 */
/* Floor 5. What the Lucia directives of an httpd configuration say, as far as luciactl needs it. */
#ifndef LUCI_CONFIG_READ_H
#define LUCI_CONFIG_READ_H

#include "result.h"
#include "settings.h"

#include <apr_pools.h>

/* Strings are from the pool it was read into. */
typedef struct {
    const char *driver; /* NULL: there is no LuciaDatabase */
    const char *params; /* secrets filled in */
    luci_settings_t settings;
    const char *audit_log; /* LuciaAuditLog where that is a plain file, absolute; else NULL */
    apr_array_header_t
        *problems; /* const char *: what is wrong, in plain words, each with its file and line */
} luci_ctl_config_t;

/* Everything as it is without any directive. */
void luci_ctl_config_defaults(luci_ctl_config_t *config, apr_pool_t *pool);

/* OK: *config is what the file and what it includes say; there may be problems all the same. NOT_FOUND: the
 * file can't be read, the first problem says why. */
luci_result_t luci_ctl_config_read(const char *path, luci_ctl_config_t *config,
                                   apr_pool_t *pool) LUCI_MUST_USE;

#endif
