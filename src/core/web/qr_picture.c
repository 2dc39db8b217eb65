/* SPDX-License-Identifier: Apache-2.0 */
#include "core/web/qr_picture.h"

#include "core/base/secret.h"

#include <apr_strings.h>
#include <errno.h>
#include <qrencode.h>

#define RUN_MAX sizeof "M177 177h177v1h-177z" /* the largest code has 177 modules a side */

static int is_dark(const QRcode *code, int x, int y)
{
    return code->data[y * code->width + x] & 1;
}

/* Appends a rectangle for each run of dark modules of a row. */
static char *append_row(char *out, const QRcode *code, int y)
{
    for (int x = 0; x < code->width; x++) {
        int end = x;

        while (end < code->width && is_dark(code, end, y))
            end++;
        if (end == x)
            continue;
        out += apr_snprintf(out, RUN_MAX, "M%d %dh%dv1h-%dz", x + LUCI_QR_QUIET, y + LUCI_QR_QUIET, end - x,
                            end - x);
        x = end;
    }
    return out;
}

luci_result_t luci_qr_picture(const char *text, luci_qr_picture_t *picture, apr_pool_t *pool)
{
    QRcode *code = QRcode_encodeString8bit(text, 0, QR_ECLEVEL_M);
    char *path, *out;

    if (!code)
        return errno == ENOMEM ? LUCI_INTERNAL : LUCI_INVALID;
    out = path = apr_palloc(pool, (apr_size_t)code->width * ((apr_size_t)code->width / 2 + 1) * RUN_MAX + 1);
    *out = '\0';
    for (int y = 0; y < code->width; y++)
        out = append_row(out, code, y);
    *picture = (luci_qr_picture_t){ code->width + 2 * LUCI_QR_QUIET, path };
    luci_secret_wipe(code->data, (size_t)code->width * (size_t)code->width);
    QRcode_free(code);
    return LUCI_OK;
}
