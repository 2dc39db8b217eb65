/* SPDX-License-Identifier: Apache-2.0 */
/* A TCP connection to a server that speaks lines of text. Every wait is bounded, except that for the name
 * service. */
#ifndef LUCI_LINK_H
#define LUCI_LINK_H

#include "core/base/result.h"
#include "core/base/settings.h"

#include <stddef.h>

typedef struct luci_link_t luci_link_t;

#define LUCI_LINK_SAID_MAX 160 /* bytes of a reason that are kept */

/* Connects within wait ms. NULL: *reason, of LUCI_LINK_SAID_MAX bytes, is the system's reason. The caller
 * closes the link. From malloc, because links outlive requests. */
luci_link_t *luci_link_open(const char *host, int port, luci_ms_t wait, char reason[LUCI_LINK_SAID_MAX]);
void luci_link_close(luci_link_t *link);

/* Bounds all sending and reading until the next call of this function to wait ms together. */
void luci_link_limit(luci_link_t *link, luci_ms_t wait);

/* Results of the functions below: UNAVAILABLE: the server closed the connection or did not answer in time;
 * luci_link_reason tells which, and the link must be closed. */
luci_result_t luci_link_send(luci_link_t *link, const void *bytes, size_t length) LUCI_MUST_USE;

/* Reads a line without its CR LF into line, with a NUL; what does not fit is skipped. */
luci_result_t luci_link_line(luci_link_t *link, char *line, size_t size) LUCI_MUST_USE;

/* Reads length bytes; what does not fit into size is skipped. */
luci_result_t luci_link_bytes(luci_link_t *link, void *bytes, size_t size, size_t length) LUCI_MUST_USE;

/* 1 if the server has closed the connection, or sent something without a question. */
int luci_link_is_stale(const luci_link_t *link);

/* Why the last call failed, or what the server refused in its own words; valid until the next call. */
const char *luci_link_reason(const luci_link_t *link);
void luci_link_set_reason(luci_link_t *link, const char *reason);

#endif
