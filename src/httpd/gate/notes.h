/* SPDX-License-Identifier: Apache-2.0 */
/* What access logs can say of a request, as notes for %{...}n: luciauth-user, luciauth-user-id and
 * luciauth-session (as in the audit log) of whoever the request proved to be, at gates and elsewhere;
 * luciauth-event and luciauth-reason of what was tried. */
#ifndef LUCI_NOTES_H
#define LUCI_NOTES_H

#include <httpd.h>

/* The log_transaction hook, before any log is written. */
int luci_notes_set(request_rec *r);

#endif
