/* SPDX-License-Identifier: Apache-2.0 */
/* The notes of a request for access logs, %{...}n: luciauth-user, luciauth-user-id and luciauth-session (as
 * in the audit log) of the user that the request proved, at gates and elsewhere; luciauth-event and
 * luciauth-reason of its event. */
#ifndef LUCI_NOTES_H
#define LUCI_NOTES_H

#include <httpd.h>

/* The log_transaction hook, before any log is written. */
int luci_notes_set(request_rec *r);

#endif
