/* SPDX-License-Identifier: Apache-2.0 */
/* The input is a file of htpasswd. */
#include "fuzz.h"

#include "core/password/password_hash.h"
#include "core/password/policy.h"
#include "ctl/commands/htpasswd.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void fuzz_htpasswd_user(const luci_htpasswd_user_t *user, const luci_settings_t *rules)
{
    FUZZ_CHECK(user->problem ? *user->problem != '\0' : user->username && user->stored_hash);
    if (user->username)
        FUZZ_CHECK(luci_policy_new_name(rules, user->username) == LUCI_OK && !strchr(user->username, ':'));
    if (!user->problem)
        FUZZ_CHECK(luci_password_is_readable(user->stored_hash) && !strchr(user->stored_hash, ':'));
}

/* All of it is read, and its lines are counted. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const luci_settings_t rules = { .username_length = { 4, 31 } };
    apr_pool_t *pool = fuzz_pool();
    uint8_t *copy = (uint8_t *)fuzz_copy(data, size, 0);
    luci_htpasswd_t file = { .stream = size ? fmemopen(copy, size, "r") : fopen("/dev/null", "r") };
    apr_int64_t lines = size && data[size - 1] != '\n', before = 0;
    luci_htpasswd_user_t user;

    if (!file.stream)
        abort();
    for (size_t i = 0; i < size; i++)
        lines += data[i] == '\n';
    while (luci_htpasswd_next(&file, &rules, &user, pool)) {
        FUZZ_CHECK(file.line > before);
        before = file.line;
        fuzz_htpasswd_user(&user, &rules);
    }
    FUZZ_CHECK(!file.failed && file.line == lines);
    FUZZ_CHECK(file.bytes == (apr_int64_t)size + (size && data[size - 1] != '\n'));
    fclose(file.stream);
    free(copy);
    apr_pool_destroy(pool);
    return 0;
}
