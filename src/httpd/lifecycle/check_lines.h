/* SPDX-License-Identifier: Apache-2.0 */
/* The start-up checks of single lines: use without LuciaDatabase, and columns of the user table
 * that LuciaRemoteUser or Require lucia-attribute name and that aren't among LuciaUserAttributes. */
#ifndef LUCI_CHECK_LINES_H
#define LUCI_CHECK_LINES_H

#include "httpd/lifecycle/check.h"

#include <apr_tables.h>

/* All lines of the sites (luci_site_t *, as check_sites.h reads them). */
void luci_check_lines(luci_check_t *check, const apr_array_header_t *sites);

#endif
