/* SPDX-License-Identifier: Apache-2.0 */
/* An httpd configuration as its servers: the main one and the virtual hosts, each with what the
 * Lucia directives say that are in force there. Their values are judged as httpd judges them. */
#ifndef LUCI_CONF_SERVERS_H
#define LUCI_CONF_SERVERS_H

#include "core/base/result.h"
#include "core/config/site.h"

typedef struct {
    const char *file; /* of its <VirtualHost>; NULL: the main server */
    int number;
    const char *addresses;              /* as <VirtualHost> has them */
    luci_site_t *site;                  /* what its lines say */
    const luci_server_config_t *config; /* with what it inherits */
} luci_conf_server_t;

typedef struct {
    apr_array_header_t *servers;  /* luci_conf_server_t *, the main one first */
    apr_array_header_t *problems; /* const char *, each with its file and line */
    apr_array_header_t *modules;  /* const char *: as LoadModule names them */
    const char *user;             /* as User and Group have them; NULL: not written, or not known */
    const char *group;
    apr_array_header_t *sites; /* luci_site_t *: those of the servers, in their order */
    const char *runtime_dir;   /* DefaultRuntimeDir, absolute; NULL: not written */
} luci_conf_servers_t;

/* Reads path. OK, even with problems. NOT_FOUND: it can't be read, which is the first problem. */
luci_result_t luci_conf_servers_read(luci_conf_servers_t *servers, const char *path,
                                     apr_pool_t *pool) LUCI_MUST_USE;

/* The server of a vhost NAME[:PORT]; without one (NULL), that of the only database. NOT_FOUND: *problem says
 * why, and which there are. */
luci_result_t luci_conf_servers_choose(const luci_conf_servers_t *servers, const char *vhost,
                                       const luci_conf_server_t **chosen, const char **problem,
                                       apr_pool_t *pool) LUCI_MUST_USE;

/* What a server is called in messages. */
const char *luci_conf_server_title(const luci_conf_server_t *server, apr_pool_t *pool);

#endif
