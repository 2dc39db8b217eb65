/* SPDX-License-Identifier: Apache-2.0 */
#include "account_json.h"

#include <apr_time.h>

static json_t *iso_8601(luci_ms_t moment)
{
    apr_time_exp_t t;

    if (apr_time_exp_gmt(&t, apr_time_from_msec(moment)) != APR_SUCCESS)
        return NULL;
    return json_sprintf("%04d-%02d-%02dT%02d:%02d:%02d.%03dZ", t.tm_year + 1900, t.tm_mon + 1, t.tm_mday,
                        t.tm_hour, t.tm_min, t.tm_sec, (int)(moment % 1000));
}

/* Columns belong to whoever writes them: what is not UTF-8 is no string in JSON, and no reason to fail. */
static json_t *text_or_null(const char *value)
{
    json_t *text = value ? json_string(value) : NULL;

    return text ? text : json_null();
}

static json_t *user_json(const luci_user_t *user, const luci_settings_t *settings)
{
    json_t *object =
        json_pack("{s:o, s:o}", "userId", text_or_null(user->id), "username", text_or_null(user->username));

    for (int i = 0; object && i < settings->attributes->nelts; i++) {
        const char *value = user->attributes[i];

        if (json_object_set_new(object, APR_ARRAY_IDX(settings->attributes, i, const char *),
                                text_or_null(value)) != 0) {
            json_decref(object);
            return NULL;
        }
    }
    return object;
}

json_t *luci_account_json(const luci_session_t *session, const luci_settings_t *settings)
{
    return json_pack("{s:o, s:{s:o, s:o, s:s}}", "user", user_json(&session->user, settings), "session",
                     "activePeriodExpiresAt", iso_8601(session->active_expires), "idlePeriodExpiresAt",
                     iso_8601(session->idle_expires), "state",
                     session->state == LUCI_SESSION_ACTIVE ? "active" : "idle");
}
