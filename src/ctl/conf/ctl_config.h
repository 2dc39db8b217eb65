/* SPDX-License-Identifier: Apache-2.0 */
/* What luciactl needs of httpd's configuration, as httpd itself understands it (httpd_run.h). */
#ifndef LUCI_CTL_CONFIG_H
#define LUCI_CTL_CONFIG_H

#include "core/base/result.h"
#include "core/config/site_rules.h"

#include <apr_pools.h>

typedef struct {
    const char *file;            /* of its <VirtualHost> line; NULL: the main server */
    int number;                  /* of that line in the file */
    const char *addresses;       /* the arguments of <VirtualHost> */
    const char *name;            /* of ServerName, as written; NULL: there is none */
    apr_array_header_t *aliases; /* const char * */
    int uses;                    /* whether any of its sections uses the module */
    int has_pages;               /* LuciaPages outside of sections */
    int has_tls;                 /* SSLEngine on, or ServerName https://... */
    luci_server_config_t *config;
} luci_ctl_server_t;

/* Which configuration to read, and which of its servers to use. */
typedef struct {
    const char *program; /* httpd */
    const char *path;    /* of the configuration */
    const char *vhost;   /* NAME[:PORT]; NULL: the server with the only database */
} luci_ctl_source_t;

/* A configuration. Its strings are from the pool that it was read into. */
typedef struct {
    const char *driver; /* NULL: there is no LuciaDatabase */
    const char *params; /* with {file:...} and {env:...} replaced by the secrets */
    luci_settings_t settings;
    const char *site;       /* the host name in the chosen server's ServerName; NULL: none */
    const char *mounted_at; /* the URL of LuciaMount with pages, without a final slash, if exactly one is
                               certain or likely; else NULL */
    int mounted_by_name;    /* that URL is only likely: it is made of a ServerName without a scheme */
    int has_pages;          /* of the chosen server */
    const char *audit_log;  /* LuciaAuditLog if that is a plain file, absolute; else NULL */
    const luci_server_config_t *server; /* the chosen server's directives */
    apr_array_header_t *servers;        /* luci_ctl_server_t *, the main server first; empty if not read */
    apr_array_header_t *ports;    /* const char *: those of Listen, perhaps repeated; empty if not read */
    apr_array_header_t *findings; /* luci_site_finding_t: of httpd's start-up checks */
    apr_array_header_t
        *problems;       /* const char *: why the configuration is unusable, mostly with file and line */
    const char *user;    /* of the directive User, a number as "#33"; NULL: not configured */
    const char *group;   /* of the directive Group, as user */
    int children;        /* the maximum number of httpd's processes; 0: not read */
    int threads;         /* of each */
    const char *control; /* the absolute path of the control socket; NULL: off, or not read */
} luci_ctl_config_t;

/* Sets every directive to its default. */
void luci_ctl_config_defaults(luci_ctl_config_t *config, apr_pool_t *pool);

/* Reads a configuration. OK: *config is set; config->problems may still contain errors of single directives.
 * INVALID: httpd could not read it; config->problems says why. */
luci_result_t luci_ctl_config_read(const luci_ctl_source_t *source, luci_ctl_config_t *config,
                                   apr_pool_t *pool) LUCI_MUST_USE;

/* Chooses the server that source->vhost names, or without a vhost the one with the only database, and sets
 * the members that belong to a server. Adds a problem if no server has a database, or several have different
 * ones. */
void luci_ctl_config_choose(const luci_ctl_source_t *source, luci_ctl_config_t *config, apr_pool_t *pool);

#endif
