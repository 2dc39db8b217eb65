/* SPDX-License-Identifier: Apache-2.0 */
#include "httpd/account/account_json.h"

#include "core/base/timestamp.h"

json_t *luci_json_moment(luci_ms_t moment)
{
    char text[LUCI_TIMESTAMP_TEXT];

    luci_timestamp_to_iso(moment, text);
    return json_string(text);
}

json_t *luci_json_text(const char *value)
{
    json_t *text = value ? json_string(value) : NULL;

    return text ? text : json_null();
}

static json_t *user_json(const luci_user_t *user, const luci_settings_t *settings)
{
    json_t *object = json_pack("{s:o, s:o}", "userId", luci_json_text(user->id), "username",
                               luci_json_text(user->username));

    for (int i = 0; object && i < settings->attributes->nelts; i++) {
        const char *value = user->attributes[i];

        if (json_object_set_new(object, APR_ARRAY_IDX(settings->attributes, i, const char *),
                                luci_json_text(value)) != 0) {
            json_decref(object);
            return NULL;
        }
    }
    return object;
}

json_t *luci_account_json(const luci_session_t *session, const luci_settings_t *settings)
{
    return json_pack("{s:o, s:{s:o, s:o, s:s}}", "user", user_json(&session->user, settings), "session",
                     "activePeriodExpiresAt", luci_json_moment(session->active_expires),
                     "idlePeriodExpiresAt", luci_json_moment(session->idle_expires), "state",
                     session->state == LUCI_SESSION_ACTIVE ? "active" : "idle");
}
