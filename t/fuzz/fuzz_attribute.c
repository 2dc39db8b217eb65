/* SPDX-License-Identifier: Apache-2.0 */
/* The input is the name of a column and, behind its line feed, what is typed for it. */
#include "fuzz.h"

#include "core/base/text.h"
#include "core/web/attribute_kind.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    char *column = fuzz_copy(data, size, 1), *value = column + strcspn(column, "\n");
    apr_pool_t *pool = fuzz_pool();
    const luci_attribute_kind_t *kind;
    const char *trimmed;

    if (*value)
        *value++ = '\0';
    kind = luci_attribute_kind(column);
    FUZZ_CHECK(kind->type && kind->autocomplete && (!kind->name || strcasecmp(kind->name, column) == 0));
    FUZZ_CHECK(!*column || strlen(luci_attribute_label(column, pool)) == strlen(column));
    trimmed = luci_attribute_trim(value, pool);
    if (trimmed && luci_text_valid_bytes(trimmed, strlen(trimmed)) == strlen(trimmed)) {
        FUZZ_CHECK(strcmp(luci_attribute_trim(trimmed, pool), trimmed) == 0);
        if (luci_attribute_check(kind, trimmed) == LUCI_OK) {
            FUZZ_CHECK(luci_text_printable_bytes(trimmed, strlen(trimmed)) == strlen(trimmed));
            if (strcmp(kind->type, "url") == 0)
                FUZZ_CHECK(strncasecmp(trimmed, "http", 4) == 0 && !strpbrk(trimmed, " \"<>"));
        }
    }
    apr_pool_destroy(pool);
    free(column);
    return 0;
}
