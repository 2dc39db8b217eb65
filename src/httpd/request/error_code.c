/* SPDX-License-Identifier: Apache-2.0 */
#include "httpd/request/error_code.h"

#include "core/password/new_password.h"
#include "httpd/request/reply.h"

#include <httpd.h>
#include <string.h>

/* The first record that fits counts. */
static const struct {
    int status;
    const char *message; /* NULL: any other */
    const char *code;
} records[] = {
    { HTTP_BAD_REQUEST, LUCI_MESSAGE_USERNAME, "invalid_username" },
    { HTTP_BAD_REQUEST, LUCI_MESSAGE_TAKEN, "username_taken" },
    { HTTP_BAD_REQUEST, LUCI_MESSAGE_INCORRECT, "incorrect_username_or_password" },
    { HTTP_BAD_REQUEST, LUCI_MESSAGE_CURRENT, "incorrect_password" },
    { HTTP_BAD_REQUEST, LUCI_MESSAGE_NO_PASSWORD, "no_password" },
    { HTTP_BAD_REQUEST, LUCI_MESSAGE_OTHER_NAME, "other_name" },
    { HTTP_BAD_REQUEST, LUCI_MESSAGE_LINK, "invalid_link" },
    { HTTP_BAD_REQUEST, NULL, "malformed_body" },
    { HTTP_UNAUTHORIZED, LUCI_MESSAGE_CONFIRM, "confirmation_required" },
    { HTTP_UNAUTHORIZED, NULL, "unauthorized" },
    { HTTP_FORBIDDEN, LUCI_MESSAGE_CROSS_SITE, "cross_site" },
    { HTTP_FORBIDDEN, LUCI_MESSAGE_CLOSED, "signup_closed" },
    { HTTP_FORBIDDEN, NULL, "forbidden" },
    { HTTP_NOT_FOUND, NULL, "not_found" },
    { HTTP_METHOD_NOT_ALLOWED, NULL, "method_not_allowed" },
    { HTTP_REQUEST_ENTITY_TOO_LARGE, NULL, "body_too_large" },
    { HTTP_UNSUPPORTED_MEDIA_TYPE, NULL, "unsupported_content_type" },
    { HTTP_TOO_MANY_REQUESTS, NULL, "too_many_attempts" },
    { HTTP_NOT_IMPLEMENTED, NULL, "confirmation_impossible" },
    { HTTP_SERVICE_UNAVAILABLE, NULL, "unavailable" },
};

static const char *code_of_password(const char *message)
{
    for (luci_weakness_t weakness = LUCI_WEAKNESS_LENGTH; weakness <= LUCI_WEAKNESS_SITE; weakness++) {
        if (strcmp(luci_weakness_record(weakness)->message, message) == 0)
            return luci_weakness_record(weakness)->code;
    }
    return NULL;
}

const char *luci_error_code(int status, const char *message)
{
    const char *code = status == HTTP_BAD_REQUEST ? code_of_password(message) : NULL;

    for (size_t i = 0; !code && i < sizeof records / sizeof *records; i++) {
        if (records[i].status == status && (!records[i].message || strcmp(records[i].message, message) == 0))
            code = records[i].code;
    }
    return code ? code : "unknown_error";
}
