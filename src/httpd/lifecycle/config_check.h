/* SPDX-License-Identifier: Apache-2.0 */
/* The start-up checks: what no directive can judge alone. They run when the whole configuration was read and
 * merged, at a start and at configtest. */
#ifndef LUCI_CONFIG_CHECK_H
#define LUCI_CONFIG_CHECK_H

#include <httpd.h>

/* The check_config hook: combinations that single directives can't judge (a __Host- cookie's attributes,
 * SameSite=None without Secure, LuciaRemoteUser naming no attribute, templates that can't be read or parsed,
 * use without LuciaDatabase). Names the directive, the value and what is allowed, on the error log and the
 * console, and stops the start (also of configtest). */
int luci_config_check(apr_pool_t *conf, apr_pool_t *log, apr_pool_t *temp, server_rec *main_server);

#endif
