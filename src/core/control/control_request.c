/* SPDX-License-Identifier: Apache-2.0 */
#include "core/control/control_request.h"

#include "core/account/key.h"
#include "core/base/text.h"

#include <string.h>

int luci_control_split(char *bytes, size_t length, const char *words[LUCI_CONTROL_WORDS_MAX])
{
    char *end = memchr(bytes, '\n', length), *tab;
    int count = 0;

    if (!end)
        return -1;
    *end = '\0';
    if (luci_text_valid_bytes(bytes, (size_t)(end - bytes)) != (size_t)(end - bytes))
        return 0;
    for (words[count++] = bytes; count < LUCI_CONTROL_WORDS_MAX && (tab = strchr(bytes, '\t')) != NULL;
         bytes = tab + 1) {
        *tab = '\0';
        words[count++] = tab + 1;
    }
    return count;
}

const char *luci_control_target_read(const char *const *words, int count, luci_control_target_t *target,
                                     apr_pool_t *pool)
{
    const char *what = count > 1 ? words[1] : "";

    *target = (luci_control_target_t){ .kind = LUCI_CONTROL_ALL };
    if (strcmp(what, "account") == 0 && count == 3) {
        target->kind = LUCI_CONTROL_ACCOUNT;
        if (luci_key_id(words[2], &target->key_id, pool) != LUCI_OK)
            return "this is not a valid name";
        target->name = luci_key_name(target->key_id);
        return NULL;
    }
    if (strcmp(what, "address") == 0 && count == 3) {
        target->kind = LUCI_CONTROL_ADDRESS;
        target->name = luci_throttle_address(words[2], pool);
        return NULL;
    }
    return strcmp(what, "all") == 0 && count == 2
               ? NULL
               : "say what to clear: account NAME, address ADDRESS, or all";
}

int luci_control_target_has(const luci_control_target_t *target, const luci_throttle_count_t *count)
{
    int is_account = luci_throttle_kind(count->kind)->per != LUCI_THROTTLE_PER_ADDRESS;

    return target->kind == LUCI_CONTROL_ALL ||
           (is_account == (target->kind == LUCI_CONTROL_ACCOUNT) && strcmp(count->name, target->name) == 0);
}
