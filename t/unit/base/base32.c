/* SPDX-License-Identifier: Apache-2.0 */
/* Base32: the vectors of RFC 4648, what people type, and what is none. */
#include "core/base/base32.h"

#include "lib/tap.h"

#include <string.h>

static void check_decode(const char *text, const char *want, const char *what)
{
    unsigned char out[10];
    luci_result_t result = luci_base32_decode(text, out, want ? strlen(want) : 5);

    tap_is_result(result, want ? LUCI_OK : LUCI_INVALID, "base32 of %s", what);
    if (want)
        tap_ok(memcmp(out, want, strlen(want)) == 0, "the bytes of %s", what);
    else
        tap_ok(memcmp(out, "\0\0\0\0\0", 5) == 0, "nothing is left of %s", what);
}

int main(void)
{
    static const unsigned char all[] = { 0x00, 0x44, 0x32, 0x14, 0xc7, 0x42, 0x54, 0xb6, 0x35, 0xcf,
                                         0x84, 0x65, 0x3a, 0x56, 0xd7, 0xc6, 0x75, 0xbe, 0x77, 0xdf };
    char text[LUCI_BASE32_LENGTH(sizeof all) + 1];

    luci_base32_encode((const unsigned char *)"fooba", 5, text);
    tap_is_str(text, "MZXW6YTB", "RFC 4648: the vector without padding");
    luci_base32_encode(all, sizeof all, text);
    tap_is_str(text, "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567", "all characters in their order");
    luci_base32_encode(all, 0, text);
    tap_is_str(text, "", "no bytes are the empty text");
    check_decode("MZXW6YTB", "fooba", "upper case");
    check_decode("mzxw6ytb", "fooba", "lower case");
    check_decode("mzxw-6yTB", "fooba", "mixed case with a hyphen");
    check_decode(" MZ XW  6Y-TB ", "fooba", "text with spaces");
    check_decode("MZXW6YTBMZXW6YTB", "foobafooba", "two blocks");
    check_decode("MZXW6YT", NULL, "text that is too short");
    check_decode("MZXW6YTBA", NULL, "text that is too long");
    check_decode("MZXW6YTB========", NULL, "text with padding");
    check_decode("MZXW6YT1", NULL, "text with a digit that base32 does not have");
    check_decode("MZXW6YT8", NULL, "text with another one");
    check_decode("MZXW6YT\xc3\x84", NULL, "text with a letter outside of ASCII");
    check_decode("", NULL, "the empty text");
    return tap_done();
}
