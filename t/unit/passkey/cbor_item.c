/* SPDX-License-Identifier: Apache-2.0 */
/* Where an item of CBOR ends, and which ones are refused. */
#include "core/passkey/cbor_item.h"

#include "lib/support.h"
#include "lib/tap.h"

#include <stdlib.h>
#include <string.h>

#define BYTES(text) text, sizeof(text) - 1

static void check_items(void)
{
    static const struct {
        const char *what;
        const char *data;
        size_t length, item;
    } cases[] = {
        { "nothing", BYTES(""), 0 },
        { "a small number", BYTES("\x17\x17"), 1 },
        { "a number of one byte", BYTES("\x18\xff\x00"), 2 },
        { "a negative number of two bytes", BYTES("\x39\x01\x00"), 3 },
        { "a number of eight bytes", BYTES("\x1b\1\2\3\4\5\6\7\x08"), 9 },
        { "a number that is cut off", BYTES("\x1b\1\2\3\4\5\6\7"), 0 },
        { "a reserved length", BYTES("\x1c\x00"), 0 },
        { "bytes",
          BYTES("\x42"
                "abc"),
          3 },
        { "bytes that are cut off",
          BYTES("\x44"
                "abc"),
          0 },
        { "bytes of 2^64 - 1", BYTES("\x5b\xff\xff\xff\xff\xff\xff\xff\xff"), 0 },
        { "bytes of indefinite length", BYTES("\x5f\x41\x61\xff"), 0 },
        { "an empty text", BYTES("\x60"), 1 },
        { "true", BYTES("\xf5\xf5"), 1 },
        { "a float", BYTES("\xfa\x00\x00\x00\x00"), 5 },
        { "an end without a beginning", BYTES("\xff"), 0 },
        { "a tag", BYTES("\xc1\x01"), 0 },
        { "an empty map", BYTES("\xa0\x01"), 1 },
        { "a map", BYTES("\xa2\x01\x02\x03\x04\x05"), 5 },
        { "a map without its last value", BYTES("\xa2\x01\x02\x03"), 0 },
        { "a map of 2^63 members", BYTES("\xbb\x80\0\0\0\0\0\0\0\x01\x02"), 0 },
        { "an array of 2^60 items", BYTES("\x9b\x10\0\0\0\0\0\0\0\x01\x02"), 0 },
        { "four arrays in each other", BYTES("\x81\x81\x81\x81\x01"), 5 },
        { "five arrays in each other", BYTES("\x81\x81\x81\x81\x81\x01"), 0 },
        { "a map in an array in a map", BYTES("\xa1\x01\x81\xa1\x02\x03\x04"), 6 },
    };

    for (int i = 0; i < COUNT(cases); i++) {
        unsigned char *copy = malloc(cases[i].length + !cases[i].length);

        if (!copy)
            support_give_up("a copy", "no memory");
        memcpy(copy, cases[i].data, cases[i].length);
        tap_is_int(luci_cbor_item_bytes(copy, cases[i].length), cases[i].item, "the bytes of %s",
                   cases[i].what);
        free(copy);
    }
}

static void check_maps(void)
{
    tap_ok(luci_cbor_is_one_map((const unsigned char *)"\xa1\x01\x02", 3), "a map is a map");
    tap_ok(!luci_cbor_is_one_map((const unsigned char *)"\xa1\x01\x02\x00", 4),
           "a map with a byte behind it is not one map");
    tap_ok(!luci_cbor_is_one_map((const unsigned char *)"\x82\x01\x02", 3), "an array is no map");
    tap_ok(!luci_cbor_is_one_map((const unsigned char *)"", 0), "nothing is no map");
}

int main(void)
{
    check_items();
    check_maps();
    return tap_done();
}
