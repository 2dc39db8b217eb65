/* SPDX-License-Identifier: Apache-2.0 */
/* What luciactl needs of httpd's configuration, as httpd itself understands it (httpd_run.h). */
#ifndef LUCI_CTL_CONFIG_H
#define LUCI_CTL_CONFIG_H

#include "core/base/result.h"
#include "core/config/site_rules.h"

#include <apr_pools.h>

typedef struct {
    const char *file; /* of its <VirtualHost>; NULL: the main server */
    int number;
    const char *addresses;       /* as <VirtualHost> has them */
    const char *name;            /* ServerName as written; NULL: not written */
    apr_array_header_t *aliases; /* const char * */
    int uses;                    /* something in it uses the module */
    luci_server_config_t *config;
} luci_ctl_server_t;

/* Which configuration: program is httpd's, vhost NAME[:PORT] chooses the server and may be NULL. */
typedef struct {
    const char *program;
    const char *path;
    const char *vhost;
} luci_ctl_source_t;

/* Strings are from the pool it was read into. */
typedef struct {
    const char *driver; /* NULL: there is no LuciaDatabase */
    const char *params; /* secrets filled in */
    luci_settings_t settings;
    const char *audit_log;              /* LuciaAuditLog if that is a plain file, absolute; else NULL */
    const luci_server_config_t *server; /* everything that is in force there */
    apr_array_header_t *servers;        /* luci_ctl_server_t *, the main one first; none if not read */
    apr_array_header_t *findings;       /* luci_site_finding_t: of httpd's start-up checks */
    apr_array_header_t *problems;       /* const char *: why it can't be used, mostly with file and line */
    const char *user;                   /* of User and Group; NULL: not configured. A number is "#33" */
    const char *group;
    const char *control; /* the control socket's path, absolute; NULL: off, or not read */
} luci_ctl_config_t;

/* Everything as it is without any directive. */
void luci_ctl_config_defaults(luci_ctl_config_t *config, apr_pool_t *pool);

/* Reads a configuration. OK: *config is what it says; there may be problems all the same. INVALID: it could
 * not be read, the problems say why. */
luci_result_t luci_ctl_config_read(const luci_ctl_source_t *source, luci_ctl_config_t *config,
                                   apr_pool_t *pool) LUCI_MUST_USE;

/* The server of the source's vhost; without one that of the only database. Adds a problem if there is none,
 * or if there are several databases. */
void luci_ctl_config_choose(const luci_ctl_source_t *source, luci_ctl_config_t *config, apr_pool_t *pool);

#endif
