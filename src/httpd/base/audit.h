/* SPDX-License-Identifier: Apache-2.0 */
/* LuciaAuditLog: writes the line of each event (event.h) to a file, to the standard input of a program, or to
 * the error log. A line is one write(), so that lines of several processes do not mix. A request waits at
 * most a second for a program, and does not fail if a line cannot be written: the line is lost and counted,
 * and an error is logged once a minute. */
#ifndef LUCI_AUDIT_H
#define LUCI_AUDIT_H

#include "core/config/configuration.h"
#include "core/event/event.h"

#include <httpd.h>

typedef struct luci_audit_t luci_audit_t;

/* Opens a target before children start: a FILE, absolute or relative to ServerRoot, "|PROGRAM" as in
 * CustomLog, LUCI_AUDIT_OFF, or NULL for the error log. Lasts as long as conf_pool. NULL: an error, which was
 * logged. */
luci_audit_t *luci_audit_open(const char *target, server_rec *server, apr_pool_t *conf_pool);

/* A phrase that says why a target cannot be opened, as far as that is known without opening it; NULL: no
 * problem is known. */
const char *luci_audit_problem(const char *target, apr_pool_t *pool);

/* Writes the line of an event of this request, unless the event's record says that its success is silent. */
void luci_audit_write(luci_audit_t *audit, const luci_event_t *event, request_rec *r);

/* The same for an event of a server itself, such as one of a periodic job. count is the number of rows; 0
 * leaves it out. */
void luci_audit_write_own(luci_audit_t *audit, const luci_event_t *event, luci_ms_t count,
                          server_rec *server);

#endif
