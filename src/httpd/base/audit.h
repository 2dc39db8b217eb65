/* SPDX-License-Identifier: Apache-2.0 */
/* LuciaAuditLog: each event as a line (event.h) in a file, into the standard input of a program, or
 * in the error log. A line is written at once and in one piece, so that those of several processes don't mix.
 * No request waits for a program for more than a second, and none fails because a line can't be written:
 * then it's lost and counted, and the error log says so once a minute. */
#ifndef LUCI_AUDIT_H
#define LUCI_AUDIT_H

#include "core/config/configuration.h"
#include "core/event/event.h"

#include <httpd.h>

typedef struct luci_audit_t luci_audit_t;

/* Opens a target, before children start: a FILE, absolute or relative to ServerRoot, "|PROGRAM" as CustomLog
 * takes it, LUCI_AUDIT_OFF, or NULL for the error log. Lasts as long as conf_pool. NULL: it can't be had,
 * which was logged. */
luci_audit_t *luci_audit_open(const char *target, server_rec *server, apr_pool_t *conf_pool);

/* Why a target can't be opened, as far as that can be known without opening it; NULL: nothing is known. */
const char *luci_audit_problem(const char *target, apr_pool_t *pool);

/* Writes the line of an event of this request, unless it's a right password of HTTP Basic: that comes with
 * every request and stands in the access log. */
void luci_audit_write(luci_audit_t *audit, const luci_event_t *event, request_rec *r);

#endif
