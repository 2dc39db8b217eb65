/* SPDX-License-Identifier: Apache-2.0 */
#include "httpd/account/account_json.h"

#include "core/base/timestamp.h"

#include <string.h>

json_t *luci_json_moment(luci_ms_t moment)
{
    char text[LUCI_TIMESTAMP_TEXT];

    luci_timestamp_to_iso(moment, text);
    return json_string(text);
}

json_t *luci_json_known_moment(luci_ms_t moment)
{
    return moment ? luci_json_moment(moment) : json_null();
}

json_t *luci_json_text(const char *value)
{
    json_t *text = value ? json_string(value) : NULL;

    return text ? text : json_null();
}

/* ["admins", "staff"]; an empty array for none. */
static json_t *groups_json(const luci_user_t *user, const luci_settings_t *settings)
{
    const char *list = luci_user_groups(user, settings);
    json_t *array = json_array();

    while (list && *list) {
        size_t length = strcspn(list, ",");

        if (json_array_append_new(array, json_stringn(list, length)) != 0) {
            json_decref(array);
            return NULL;
        }
        list += length + (list[length] == ',');
    }
    return array;
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
    if (object && settings->groups &&
        json_object_set_new(object, "groups", groups_json(user, settings)) != 0) {
        json_decref(object);
        return NULL;
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
