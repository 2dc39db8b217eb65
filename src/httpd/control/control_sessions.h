/* SPDX-License-Identifier: Apache-2.0 */
/* The command "session-forget": removes sessions whose rows have changed or are deleted from the caches. The
 * second word is a list of SHA-256 of session ids, in hex, separated by commas. And "user-forget": ends what
 * processes keep of a user who has changed. The second word is the key of the user's change counter
 * (luci_user_counter_key), in hex. */
#ifndef LUCI_CONTROL_SESSIONS_H
#define LUCI_CONTROL_SESSIONS_H

#include "httpd/control/control.h"

luci_control_fn luci_control_session_forget, luci_control_user_forget;

#endif
