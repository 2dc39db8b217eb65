/* SPDX-License-Identifier: Apache-2.0 */
/* The configuration as sites, and what does not go together in it: the rules of core/site_rules.h,
 * which luciactl check asks as well. */
#ifndef LUCI_CHECK_SITES_H
#define LUCI_CHECK_SITES_H

#include "httpd/lifecycle/check.h"

#include <apr_tables.h>

/* A site (luci_site_t *) for each server, in the order of the server records, from the directives that were
 * read. */
apr_array_header_t *luci_check_sites_read(const luci_check_t *check);

/* Judges them, and says what was found. */
void luci_check_sites(luci_check_t *check, const apr_array_header_t *sites);

#endif
