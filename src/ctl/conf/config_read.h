/* SPDX-License-Identifier: Apache-2.0 */
/* What the Lucia directives of an httpd configuration say, as far as luciactl needs it. */
#ifndef LUCI_CONFIG_READ_H
#define LUCI_CONFIG_READ_H

#include "ctl/conf/conf_servers.h"

#include <apr_pools.h>

/* Strings are from the pool it was read into. */
typedef struct {
    const char *driver; /* NULL: there is no LuciaDatabase */
    const char *params; /* secrets filled in */
    luci_settings_t settings;
    const char *audit_log;              /* LuciaAuditLog where that is a plain file, absolute; else NULL */
    const luci_server_config_t *server; /* all that is in force there */
    luci_conf_servers_t servers;        /* all of the configuration; zeros where none was read */
    apr_array_header_t
        *problems; /* const char *: what is wrong, in plain words, each with its file and line */
} luci_ctl_config_t;

/* Everything as it is without any directive. */
void luci_ctl_config_defaults(luci_ctl_config_t *config, apr_pool_t *pool);

/* OK: *config is what the file and what it includes say; there may be problems all the same. NOT_FOUND: the
 * file can't be read, the first problem says why. vhost: of which server, or NULL. */
luci_result_t luci_ctl_config_read(const char *path, const char *vhost, luci_ctl_config_t *config,
                                   apr_pool_t *pool) LUCI_MUST_USE;

#endif
