/* SPDX-License-Identifier: Apache-2.0 */
/* A QR code (ISO/IEC 18004) as the path of an SVG picture, made by libqrencode. This is the only file that
 * uses it, and only the module links it. */
#ifndef LUCI_QR_PICTURE_H
#define LUCI_QR_PICTURE_H

#include "core/base/result.h"

#include <apr_pools.h>

#define LUCI_QR_QUIET 4 /* modules of the margin on each side, without which cameras do not find the code */

typedef struct {
    int size;         /* width and height of the picture with its margin, in modules */
    const char *path; /* the data of a <path>, of the dark modules: "M4 4h7v1h-7z..." */
} luci_qr_picture_t;

/* Makes the picture of a text, from pool. INVALID: the text is too long or empty. INTERNAL: no memory. */
luci_result_t luci_qr_picture(const char *text, luci_qr_picture_t *picture, apr_pool_t *pool) LUCI_MUST_USE;

#endif
