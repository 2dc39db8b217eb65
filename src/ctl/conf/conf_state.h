/* SPDX-License-Identifier: Apache-2.0 */
/* What is known so far while an httpd configuration is read: variables, modules, and so which of its
 * conditional sections hold. */
#ifndef LUCI_CONF_STATE_H
#define LUCI_CONF_STATE_H

#include <apr_hash.h>
#include <apr_pools.h>

typedef struct {
    apr_pool_t *pool;
    apr_hash_t *variables;   /* name -> value, "" where none was written: Define */
    apr_hash_t *environment; /* name -> value: what stands in for variables that the environment lacks */
    apr_hash_t *modules;     /* name -> name, each as luciauth_module and as mod_luciauth.c */
} luci_conf_state_t;

luci_conf_state_t *luci_conf_state_create(apr_pool_t *pool);

/* The lines "export NAME=VALUE" of Debian's envvars, which lies beside apache2.conf and which apachectl
 * reads: in the place of the environment, as far as they can be understood without a shell. */
void luci_conf_state_envvars(luci_conf_state_t *state, const char *path);

void luci_conf_state_define(luci_conf_state_t *state, const char *args);
void luci_conf_state_undefine(luci_conf_state_t *state, const char *args);
void luci_conf_state_load(luci_conf_state_t *state, const char *args);

/* text with each ${NAME} filled in; one that is not known stays, and its name is *unknown, else NULL. */
const char *luci_conf_state_fill(luci_conf_state_t *state, const char *text, const char **unknown);

typedef enum { LUCI_CONF_PLAIN, LUCI_CONF_HOLDS, LUCI_CONF_SKIPPED } luci_conf_condition_t;

/* Whether what is in a section counts; PLAIN: this is no condition. name without "<". */
luci_conf_condition_t luci_conf_state_condition(luci_conf_state_t *state, const char *name, const char *args);

#endif
