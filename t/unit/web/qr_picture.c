/* SPDX-License-Identifier: Apache-2.0 */
/* QR codes as SVG: what a picture consists of, and that it is the code. t/http/factors_totp.t has a camera's
 * program read one. */
#include "core/web/qr_picture.h"

#include "lib/support.h"
#include "lib/tap.h"

#include <qrencode.h>
#include <stdio.h>
#include <string.h>

static apr_pool_t *pool;

/* Draws a path into cells, one byte each; returns 0 if it has anything but rectangles one module high. */
static int draw(const char *path, int size, char *cells)
{
    while (*path) {
        int x, y, width, back, length = 0;

        if (sscanf(path, "M%d %dh%dv1h-%dz%n", &x, &y, &width, &back, &length) != 4 || length == 0 ||
            width != back || x < 0 || y < 0 || x + width > size || y >= size)
            return 0;
        memset(&cells[y * size + x], 1, (size_t)width);
        path += length;
    }
    return 1;
}

static void check_picture(const char *text, const char *what)
{
    luci_qr_picture_t picture = { 0 };
    QRcode *code = QRcode_encodeString8bit(text, 0, QR_ECLEVEL_M);
    int wrong = 0, size;
    char *cells;

    tap_is_result(luci_qr_picture(text, &picture, pool), LUCI_OK, "a picture of %s is made", what);
    size = picture.size;
    tap_is_int(size, code->width + 8, "the picture of %s has a margin", what);
    cells = apr_pcalloc(pool, (apr_size_t)size * (apr_size_t)size);
    tap_is_int(draw(picture.path, size, cells), 1, "the picture of %s consists of rectangles", what);
    for (int y = 0; y < size; y++) {
        for (int x = 0; x < size; x++) {
            int at_x = x - 4, at_y = y - 4;
            int inside = at_x >= 0 && at_y >= 0 && at_x < code->width && at_y < code->width;
            int dark = inside && code->data[at_y * code->width + at_x] & 1;

            wrong += cells[y * size + x] != dark;
        }
    }
    tap_is_int(wrong, 0, "each module of the picture of %s is that of the code", what);
    QRcode_free(code);
}

int main(void)
{
    static char text[4000];
    luci_qr_picture_t picture;

    pool = support_start();
    check_picture("otpauth://totp/Example:alice?secret=JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP&issuer=Example",
                  "a URI");
    check_picture("a", "one letter");
    memset(text, 'a', 2300);
    check_picture(text, "a long text");
    memset(text, 'a', sizeof text - 1);
    tap_is_result(luci_qr_picture(text, &picture, pool), LUCI_INVALID,
                  "a text that is too long has no picture");
    tap_is_result(luci_qr_picture("", &picture, pool), LUCI_INVALID, "an empty text has no picture");
    return tap_done();
}
