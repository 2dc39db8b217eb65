/* SPDX-License-Identifier: Apache-2.0 */
/* What the administrator decided, as httpd keeps it. Everything belongs to the configuration pool
 * and is read-only once the children run. */
#ifndef LUCI_CONFIG_H
#define LUCI_CONFIG_H

#include "core/config/configuration.h"

#include <httpd.h>
#include <http_config.h>

/* The four URLs in force: as configured here, else as LuciaMount implies, else the defaults. */
typedef struct {
    const char *login;
    const char *signup;
    const char *logout;
    const char *home;
} luci_urls_t;

extern module AP_MODULE_DECLARE_DATA luciauth_module;

/* For the module record. */
void *luci_config_create_server(apr_pool_t *pool, server_rec *server);
void *luci_config_merge_server(apr_pool_t *pool, void *base, void *add);
void *luci_config_create_dir(apr_pool_t *pool, char *path);
void *luci_config_merge_dir(apr_pool_t *pool, void *base, void *add);

luci_server_config_t *luci_config_server(server_rec *server);

/* What is made for a server beside its directives; all NULL while the configuration is read. */
typedef struct {
    void *shared; /* luci_shared_t (runtime.h); made before the children start */
    void *
        throttle_shared; /* luci_throttle_shared_t (throttle_start.h), likewise; NULL: nothing is throttled */
    void *runtime;       /* luci_runtime_t of this child (runtime.h); NULL in the parent */
} luci_config_parts_t;

/* The parts of the server whose directives these are, as luci_config_server returns them. */
luci_config_parts_t *luci_config_parts(const luci_server_config_t *config);
luci_dir_config_t *luci_config_dir(request_rec *r);

/* The first server's configuration that fits, NULL when none does: to find what an earlier virtual host has
 * made already, so that servers that want the same share it. */
typedef int luci_config_fits_fn(const luci_server_config_t *config, const void *wanted);
luci_server_config_t *luci_config_find(server_rec *main_server, luci_config_fits_fn *fits,
                                       const void *wanted);

/* 1 if both keep their sessions in one table of one database, as far as their lines tell. */
int luci_config_has_same_sessions(const luci_server_config_t *a, const luci_server_config_t *b);

/* URLs for a request: mounted ones are built from r->pool. */
luci_urls_t luci_config_urls(request_rec *r);

#endif
