/* SPDX-License-Identifier: Apache-2.0 */
/* A session and its user as JSON (doc/specification.md, S1.16). */
#ifndef LUCI_ACCOUNT_JSON_H
#define LUCI_ACCOUNT_JSON_H

#include "core/session/session.h"

#include <jansson.h>

/* {"user": {"userId", "username", attributes...}, "session": {"activePeriodExpiresAt", "idlePeriodExpiresAt",
 * "state"}}, moments in ISO 8601 (UTC, milliseconds). A new reference; NULL without memory or when a value is
 * not UTF-8. */
json_t *luci_account_json(const luci_session_t *session, const luci_settings_t *settings);

/* A moment as above. */
json_t *luci_json_moment(luci_ms_t moment);

/* The same, or JSON's null for 0, a moment that is not known. */
json_t *luci_json_known_moment(luci_ms_t moment);

/* A text, or JSON's null if it is NULL or not UTF-8, because other programs may write the columns. */
json_t *luci_json_text(const char *value);

#endif
