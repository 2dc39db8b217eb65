/* SPDX-License-Identifier: Apache-2.0 */
/* The input is a record of the throttle, as a shared cache may hold it. */
#include "fuzz.h"

#include "core/throttle/throttle_count.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* What is read is written, and the same bytes again, but for the order of nodes; the rules do not make a
 * moment of it that is none. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const luci_limit_t limit = { 3, 1000 };
    unsigned char *record = (unsigned char *)fuzz_copy(data, size, 0), again[LUCI_THROTTLE_RECORD_MAX];
    luci_throttle_count_t count;
    luci_ms_t retry_after = 0;

    if (luci_throttle_record_read(record, size, 0, &count) == LUCI_OK) {
        FUZZ_CHECK(luci_throttle_record_write(&count, again) == size);
        FUZZ_CHECK(luci_under_way_number(&count.own) > 0 || memcmp(again, record, size) == 0);
        FUZZ_CHECK(luci_throttle_record_read(again, size, 0, &count) == LUCI_OK);
        if (luci_throttle_count_try(&count, &limit, 1795298400123, &retry_after) == LUCI_THROTTLED)
            FUZZ_CHECK(retry_after > 0 && retry_after <= 8 * limit.period);
    }
    free(record);
    return 0;
}
