/* SPDX-License-Identifier: Apache-2.0 */
/* The input is what a client of the control socket sends. */
#include "fuzz.h"

#include "core/base/text.h"
#include "core/control/control_request.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* A count of the same name is the target's exactly when it's of its kind. */
static void fuzz_control_target(const char *const *words, int count, apr_pool_t *pool)
{
    luci_control_target_t target;
    const char *problem = luci_control_target_read(words, count, &target, pool);
    luci_throttle_count_t account, address;

    if (problem) {
        FUZZ_CHECK(*problem);
        return;
    }
    FUZZ_CHECK((target.kind == LUCI_CONTROL_ALL) == !target.name);
    FUZZ_CHECK((target.kind == LUCI_CONTROL_ACCOUNT) == (target.key_id != NULL));
    luci_throttle_count_init(&account, LUCI_THROTTLE_ACCOUNT, target.name ? target.name : "");
    luci_throttle_count_init(&address, LUCI_THROTTLE_ADDRESS, target.name ? target.name : "");
    if (target.name && strcmp(account.name, target.name) != 0)
        return; /* longer than a count keeps */
    FUZZ_CHECK(luci_control_target_has(&target, &account) == (target.kind != LUCI_CONTROL_ADDRESS));
    FUZZ_CHECK(luci_control_target_has(&target, &address) == (target.kind != LUCI_CONTROL_ACCOUNT));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    const char *words[LUCI_CONTROL_WORDS_MAX];
    char *line = fuzz_copy(data, size, 0);
    const uint8_t *end = size ? memchr(data, '\n', size) : NULL;
    size_t length = 0;
    int count = luci_control_split(line, size, words);

    FUZZ_CHECK(count <= LUCI_CONTROL_WORDS_MAX && (count < 0) == !end);
    for (int i = 0; i < count; i++) {
        FUZZ_CHECK(words[i] == line + length); /* the words and one separator behind each are the line */
        length += strlen(words[i]) + 1;
        FUZZ_CHECK(luci_text_valid_bytes(words[i], strlen(words[i])) == strlen(words[i]));
        FUZZ_CHECK(i == LUCI_CONTROL_WORDS_MAX - 1 || !strchr(words[i], '\t'));
    }
    if (count > 0) {
        apr_pool_t *pool = fuzz_pool();

        FUZZ_CHECK(length == (size_t)(end - data) + 1);
        fuzz_control_target(words, count, pool);
        apr_pool_destroy(pool);
    }
    free(line);
    return 0;
}
