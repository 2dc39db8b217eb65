/* SPDX-License-Identifier: Apache-2.0 */
/* The input is a User-Agent header. */
#include "fuzz.h"

#include "core/base/text.h"
#include "core/web/user_agent.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    char *header = fuzz_copy(data, size, 1);
    apr_pool_t *pool = fuzz_pool();
    luci_user_agent_t agent = luci_user_agent(header, pool);
    const char *stored = luci_text_printable_ascii(header, 255, pool);

    FUZZ_CHECK(agent.browser && agent.system);
    FUZZ_CHECK(strlen(agent.browser) <= 40 && (agent.is_known || strstr(header, agent.browser)));
    FUZZ_CHECK(strlen(stored) <= 255);
    for (const char *c = stored; *c; c++)
        FUZZ_CHECK(*c >= ' ' && *c <= '~');
    agent = luci_user_agent(stored, pool);
    FUZZ_CHECK(luci_text_valid_bytes(agent.browser, strlen(agent.browser)) == strlen(agent.browser));
    apr_pool_destroy(pool);
    free(header);
    return 0;
}
