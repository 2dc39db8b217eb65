/* SPDX-License-Identifier: Apache-2.0 */
#include "core/base/base64url.h"
#include "lib/tap.h"

#include <apr_general.h>
#include <string.h>

/* RFC 4648, section 10, without the padding, and the two characters that differ from base64. */
static const struct {
    const char *data, *text;
} pairs[] = {
    { "", "" },           { "f", "Zg" },          { "fo", "Zm8" },          { "foo", "Zm9v" },
    { "foob", "Zm9vYg" }, { "fooba", "Zm9vYmE" }, { "foobar", "Zm9vYmFy" }, { "\xfb\xff\xbf", "-_-_" },
};

static const struct {
    const char *text, *why;
} others[] = {
    { "Zg==", "padding" },
    { "Zg=", "half of the padding" },
    { "Zh", "a bit that is discarded after one byte" },
    { "Zm9", "a bit that is discarded after two bytes" },
    { "Z", "a single character" },
    { "Zm9vY", "a single character after a group" },
    { "+/+/", "characters of base64" },
    { "Zm9v\n", "a line end" },
    { " Zm9v", "a blank" },
    { "Zm9v.", "a character of no alphabet" },
    { "Zm9\x80", "a character beyond ASCII" },
};

int main(void)
{
    apr_pool_t *pool;
    unsigned char every[256], *data;
    size_t length;

    apr_initialize();
    apr_pool_create(&pool, NULL);
    for (size_t i = 0; i < sizeof pairs / sizeof *pairs; i++) {
        tap_is_str(luci_base64url_encode((const unsigned char *)pairs[i].data, strlen(pairs[i].data), pool),
                   pairs[i].text, "the base64url of \"%s\" is as in RFC 4648", pairs[i].data);
        length = 99;
        tap_ok(luci_base64url_decode(pairs[i].text, &data, &length, pool) == LUCI_OK &&
                   length == strlen(pairs[i].data) && strcmp((const char *)data, pairs[i].data) == 0,
               "\"%s\" is read back, and ends with a NUL", pairs[i].text);
    }
    for (size_t i = 0; i < sizeof others / sizeof *others; i++)
        tap_is_result(luci_base64url_decode(others[i].text, &data, &length, pool), LUCI_INVALID,
                      "base64url with %s is refused", others[i].why);
    for (int i = 0; i < 256; i++)
        every[i] = (unsigned char)i;
    tap_ok(luci_base64url_decode(luci_base64url_encode(every, sizeof every, pool), &data, &length, pool) ==
                   LUCI_OK &&
               length == sizeof every && memcmp(data, every, sizeof every) == 0,
           "every byte is read back");
    apr_pool_destroy(pool);
    apr_terminate();
    return tap_done();
}
