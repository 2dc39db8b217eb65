/* SPDX-License-Identifier: Apache-2.0 */
#include "core/base/result.h"

const char *luci_result_name(luci_result_t result)
{
    switch (result) {
    case LUCI_OK: return "ok";
    case LUCI_NOT_FOUND: return "not found";
    case LUCI_DENIED: return "denied";
    case LUCI_EXPIRED: return "expired";
    case LUCI_CONFLICT: return "conflict";
    case LUCI_INVALID: return "invalid";
    case LUCI_THROTTLED: return "throttled";
    case LUCI_BUSY: return "busy";
    case LUCI_UNAVAILABLE: return "unavailable";
    case LUCI_INTERNAL: return "internal";
    }
    return "unknown";
}
