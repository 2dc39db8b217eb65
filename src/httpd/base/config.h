/* SPDX-License-Identifier: Apache-2.0 */
/* The configuration in httpd's structures. Everything is from the configuration pool and read-only after the
 * children have started. */
#ifndef LUCI_CONFIG_H
#define LUCI_CONFIG_H

#include "core/config/configuration.h"

#include <httpd.h>
#include <http_config.h>

/* The URLs in force: as configured, otherwise as LuciaMount implies them, otherwise the defaults. */
typedef struct {
    const char *login;
    const char *signup;
    const char *logout;
    const char *home;
    const char *password; /* NULL: there is no such page that is known */
    const char *confirm;  /* the same */
    const char *sessions; /* the same */
    const char *username; /* NULL: as above */
    const char *deletion; /* NULL: as above */
    const char *activity; /* NULL: as above, or without LuciaActivity */
    const char *email;    /* NULL: as above, or without LuciaEmail */
    const char *factor;   /* NULL: as above, or without LuciaSecondFactor */
    const char *factors;  /* the same */
    const char *passkey;  /* where one signs in with a passkey; NULL: without LuciaMount or LuciaPasskeys */
    const char *passkeys; /* the same, of the page of a user's passkeys */
    const char *passkey_script; /* the same, of its script */
    const char *forgot;         /* where one asks for a link to a new password; NULL: as above, or without
                                   LuciaMail */
    const char *adopt;          /* where people sign in whom another module identifies; NULL: not known */
    const char *account;        /* the page that links to the others */
} luci_urls_t;

extern module AP_MODULE_DECLARE_DATA luciauth_module;

/* Functions for the module record. */
void *luci_config_create_server(apr_pool_t *pool, server_rec *server);
void *luci_config_merge_server(apr_pool_t *pool, void *base, void *add);
void *luci_config_create_dir(apr_pool_t *pool, char *path);
void *luci_config_merge_dir(apr_pool_t *pool, void *base, void *add);

/* Adds to each server's configuration what its directives imply. Runs once, before anything reads it. */
void luci_config_complete(server_rec *main_server, apr_pool_t *conf_pool);

luci_server_config_t *luci_config_server(server_rec *server);

/* What a server has besides its directives; all zeros while the configuration is read. */
typedef struct {
    struct luci_shared_t *shared; /* runtime.h; created before the children start */
    struct luci_throttle_shared_t
        *throttle_shared;             /* throttle_start.h; created with shared; NULL: no throttle */
    struct luci_capacity_t *capacity; /* core/db/capacity.h; of its database; in shared memory, all zeros
                                         until a process has asked. NULL: none */
    int handles;                      /* of its database, in each child process */
    int is_scarce;                    /* 1: the database's server has too few for one in each child process */
    int sessions_may_lack; /* 1: the site asks for a factor, a passkey or an address, so that not every
                              session identifies its user (lack.h) */
    struct luci_runtime_t *runtime; /* runtime.h; of this child. NULL in the parent */
} luci_config_parts_t;

/* The parts of the server with this configuration, which must come from luci_config_server. */
luci_config_parts_t *luci_config_parts(const luci_server_config_t *config);
luci_dir_config_t *luci_config_dir(request_rec *r);

/* Returns the first server's configuration for which fits returns 1, or NULL. Finds what an earlier virtual
 * host has created already, so that virtual hosts with the same configuration share it. */
typedef int luci_config_fits_fn(const luci_server_config_t *config, const void *wanted);
luci_server_config_t *luci_config_find(server_rec *main_server, luci_config_fits_fn *fits,
                                       const void *wanted);

/* 1 if both configurations name the same session table of the same database. */
int luci_config_has_same_sessions(const luci_server_config_t *a, const luci_server_config_t *b);

/* The URLs for a request; those that LuciaMount implies are from r->pool. */
luci_urls_t luci_config_urls(request_rec *r);

/* 1 if a server with LuciaMount has a page that changes passwords: its own, or the one that LuciaPasswordURL
 * names. The server's settings count, because a path is claimed before its sections are known. */
int luci_config_has_password_page(const server_rec *server);

#endif
