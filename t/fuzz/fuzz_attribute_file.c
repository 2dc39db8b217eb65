/* SPDX-License-Identifier: Apache-2.0 */
/* The input is a file that assigns attributes to users: CSV, or JSON objects one a line. */
#include "fuzz.h"

#include "core/base/text.h"
#include "core/config/directive_types.h"
#include "ctl/commands/attribute_file.h"
#include "ctl/lib/account.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* In place of that in ctl/lib, which needs a database. */
int luci_account_is_attribute(const char *column)
{
    return luci_word_is_identifier(column) && strcasecmp(column, "username") != 0;
}

static void fuzz_attribute_file_record(const luci_attribute_record_t *record)
{
    if (record->problem) {
        FUZZ_CHECK(*record->problem);
        return;
    }
    FUZZ_CHECK(record->name && record->count >= 0 && record->count <= LUCI_ATTRIBUTE_VALUES_MAX);
    for (int i = 0; i < record->count; i++) {
        const luci_user_value_t *value = &record->values[i];

        FUZZ_CHECK(value->column && *value->column);
        FUZZ_CHECK(!value->value ||
                   luci_text_valid_bytes(value->value, strlen(value->value)) == strlen(value->value));
    }
}

/* It is read to its end. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    apr_pool_t *pool = fuzz_pool(), *scratch;
    uint8_t *copy = (uint8_t *)fuzz_copy(data, size, 0);
    luci_attribute_file_t file = { .pool = pool };
    luci_attribute_record_t record;
    size_t records = 0;

    file.stream = size ? fmemopen(copy, size, "r") : fopen("/dev/null", "r");
    if (!file.stream)
        abort();
    apr_pool_create(&scratch, pool);
    while (luci_attribute_file_next(&file, &record, scratch) && records++ <= size) {
        fuzz_attribute_file_record(&record);
        apr_pool_clear(scratch);
    }
    fclose(file.stream);
    free(copy);
    apr_pool_destroy(pool);
    return 0;
}
