/* SPDX-License-Identifier: Apache-2.0 */
/* What the pages share on which people set up second factors. */
#ifndef LUCI_FACTOR_PAGES_H
#define LUCI_FACTOR_PAGES_H

#include "core/recovery/recovery.h"
#include "httpd/account/own_page.h"

/* 1 if this server has these pages. */
int luci_factor_pages_are_on(const luci_server_config_t *config);

/* The values of these pages: those of luci_own_page_values, and where the pages are. below is "/totp", or ""
 * for the page of all factors. */
apr_table_t *luci_factor_pages_values(const luci_endpoint_request_t *request, const char *below);

/* The URL of a page; NULL: not known. */
const char *luci_factor_pages_url(const luci_endpoint_request_t *request, const char *below);

/* Sends new recovery codes, once. next: where the page leads on; NULL: to that of all factors. */
int luci_factor_pages_send_codes(luci_endpoint_request_t *request, const luci_recovery_codes_t *codes,
                                 const char *next);

#endif
