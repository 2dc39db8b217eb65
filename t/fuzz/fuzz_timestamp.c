/* SPDX-License-Identifier: Apache-2.0 */
/* The input is a moment as text, as digits, and its first eight bytes as a number. */
#include "fuzz.h"

#include "core/base/timestamp.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void fuzz_timestamp_written(luci_ms_t moment)
{
    char iso[LUCI_TIMESTAMP_TEXT], readable[LUCI_TIMESTAMP_TEXT];
    luci_ms_t back;

    luci_timestamp_to_iso(moment, iso);
    FUZZ_CHECK(luci_timestamp_from_iso(iso, &back) && back == luci_timestamp_clamp(moment));
    luci_timestamp_to_text(moment, readable);
    FUZZ_CHECK(readable[strlen(readable) - 1] == 'Z' && strlen(readable) + 4 == strlen(iso));
}

static void fuzz_timestamp_read(const char *text)
{
    char again[LUCI_TIMESTAMP_TEXT];
    luci_ms_t moment = 7, number = luci_timestamp_from_digits(text);

    FUZZ_CHECK(number >= -LUCI_TIMESTAMP_MAX && number <= LUCI_TIMESTAMP_MAX);
    fuzz_timestamp_written(number);
    if (!luci_timestamp_from_iso(text, &moment)) {
        FUZZ_CHECK(moment == 7);
        return;
    }
    FUZZ_CHECK(luci_timestamp_clamp(moment) == moment);
    luci_timestamp_to_iso(moment, again);
    FUZZ_CHECK(strcmp(text, again) == 0);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    char *text = fuzz_copy(data, size, 1);
    luci_ms_t number = 0;

    memcpy(&number, data, size < sizeof number ? size : sizeof number);
    fuzz_timestamp_written(number);
    fuzz_timestamp_read(text);
    free(text);
    return 0;
}
