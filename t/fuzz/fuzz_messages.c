/* SPDX-License-Identifier: Apache-2.0 */
/* The input is a file of messages. */
#include "fuzz.h"

#include "core/web/messages.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* What is found is in the file, and is the text of one line. */
static void fuzz_messages_find(const char *file, const char *key, apr_pool_t *pool)
{
    const char *text = luci_messages_find(file, key, pool);

    FUZZ_CHECK(!text || (*text && strstr(file, text) && !strchr(text, '\n')));
    if (text)
        FUZZ_CHECK(luci_messages_fill(text, NULL, pool));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    char *text = fuzz_copy(data, size, 0), *file;
    apr_pool_t *pool = fuzz_pool();
    const char *problem = luci_messages_problem(text, size, pool);

    FUZZ_CHECK(!problem || *problem);
    if (!problem) {
        file = fuzz_copy(data, size, 1);
        FUZZ_CHECK(strlen(file) == size);
        fuzz_messages_find(file, "a", pool);
        fuzz_messages_find(file, "a.b", pool);
        fuzz_messages_find(file, "", pool);
        free(file);
    }
    apr_pool_destroy(pool);
    free(text);
    return 0;
}
