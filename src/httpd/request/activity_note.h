/* SPDX-License-Identifier: Apache-2.0 */
/* LuciaActivity: writes what happens to accounts into the table (core/activity), after the event. A request
 * never fails because of it. */
#ifndef LUCI_ACTIVITY_NOTE_H
#define LUCI_ACTIVITY_NOTE_H

#include "httpd/server/runtime.h"

/* Writes an event of a request, if LuciaActivity is On and the event belongs into the table; otherwise it
 * costs nothing. cookies is the request's Cookie header (NULL: none). No database handle may be out. A failed
 * sign-in takes equally long whether its user exists or not. */
void luci_activity_note(request_rec *r, luci_runtime_t *runtime, const char *cookies,
                        const luci_event_t *event);

#endif
