/* SPDX-License-Identifier: Apache-2.0 */
#include "core/passkey/client_data.h"

#include "core/base/text.h"

#include <jansson.h>
#include <string.h>

/* 1 if the member is exactly this text. */
static int is_text(const json_t *object, const char *name, const char *expected)
{
    const json_t *value = json_object_get(object, name);

    return json_is_string(value) && json_string_length(value) == strlen(expected) &&
           memcmp(json_string_value(value), expected, strlen(expected)) == 0;
}

/* 1 if the page was not in a frame of another site. topOrigin is only there if it was. */
static int is_top(const json_t *object)
{
    const json_t *crossed = json_object_get(object, "crossOrigin");

    return (!crossed || json_is_false(crossed)) && !json_object_get(object, "topOrigin");
}

static luci_passkey_fault_t judge(const luci_client_data_t *expected, const json_t *object)
{
    if (!json_is_object(object))
        return LUCI_PASSKEY_FAULT_CLIENT_DATA;
    if (!is_text(object, "type", expected->type))
        return LUCI_PASSKEY_FAULT_TYPE;
    if (!is_text(object, "challenge", expected->challenge))
        return LUCI_PASSKEY_FAULT_CHALLENGE;
    if (!is_text(object, "origin", expected->origin))
        return LUCI_PASSKEY_FAULT_ORIGIN;
    return is_top(object) ? LUCI_PASSKEY_FAULT_NONE : LUCI_PASSKEY_FAULT_CROSS_ORIGIN;
}

luci_result_t luci_client_data_check(const luci_client_data_t *expected, const char *json, size_t length,
                                     luci_passkey_fault_t *fault)
{
    json_t *object = NULL;

    if (length <= LUCI_CLIENT_DATA_MAX && luci_text_json_depth(json, length) <= LUCI_CLIENT_DATA_DEPTH)
        object = json_loadb(json, length, JSON_REJECT_DUPLICATES, NULL);
    *fault = judge(expected, object);
    json_decref(object);
    return *fault == LUCI_PASSKEY_FAULT_NONE ? LUCI_OK : LUCI_DENIED;
}
