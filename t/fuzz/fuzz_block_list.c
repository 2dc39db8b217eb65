/* SPDX-License-Identifier: Apache-2.0 */
/* The input is a password and, behind its line feed, a file of common passwords or of their hashes. */
#include "fuzz.h"

#include "core/base/text.h"
#include "core/password/block_list.h"

#include <sys/mman.h>
#include <unistd.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* A line of a list of passwords is found in it. */
static void fuzz_block_list_first(const luci_block_list_t *list, const uint8_t *file, size_t size,
                                  apr_pool_t *pool)
{
    const uint8_t *end = size ? memchr(file, '\n', size) : NULL;
    char *line = fuzz_copy(file, end ? (size_t)(end - file) : 0, 1);
    size_t length = strlen(line);

    if (end && length && length == (size_t)(end - file) && luci_text_valid_bytes(line, length) == length &&
        luci_text_printable_bytes(line, length) == length && strspn(line, "0123456789abcdefABCDEF") < 40 &&
        strncmp(line, "#!comment:", 10) != 0)
        FUZZ_CHECK(luci_block_list_find(list, line, pool) == LUCI_OK);
    free(line);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    const uint8_t *end = size ? memchr(data, '\n', size) : NULL, *file = end ? end + 1 : data + size;
    size_t file_size = (size_t)(data + size - file);
    char path[40], *password = fuzz_copy(data, end ? (size_t)(end - data) : size, 1);
    int descriptor = memfd_create("list", MFD_CLOEXEC);
    apr_pool_t *pool = fuzz_pool();
    const luci_block_list_t *list;
    const char *problem = NULL;

    if (descriptor < 0 || write(descriptor, file, file_size) != (ssize_t)file_size)
        abort();
    snprintf(path, sizeof path, "/proc/self/fd/%d", descriptor);
    list = luci_block_list_open(path, &problem, pool);
    FUZZ_CHECK(list || (problem && *problem));
    if (list && luci_text_valid_bytes(password, strlen(password)) == strlen(password)) {
        luci_result_t result = luci_block_list_find(list, password, pool);

        FUZZ_CHECK(result == LUCI_OK || result == LUCI_NOT_FOUND || result == LUCI_UNAVAILABLE);
        fuzz_block_list_first(list, file, file_size, pool);
    }
    apr_pool_destroy(pool);
    close(descriptor);
    free(password);
    return 0;
}
