/* SPDX-License-Identifier: Apache-2.0 */
/* The command "session-forget": removes sessions whose rows have changed or are deleted from the caches. The
 * second word is a list of SHA-256 of session ids, in hex, separated by commas. */
#ifndef LUCI_CONTROL_SESSIONS_H
#define LUCI_CONTROL_SESSIONS_H

#include "httpd/control/control.h"

luci_control_fn luci_control_session_forget;

#endif
