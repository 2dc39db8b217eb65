/* SPDX-License-Identifier: Apache-2.0 */
#include "core/passkey/cose_key.h"

#include <string.h>

const int luci_cose_algorithms[3] = { LUCI_COSE_ES256, LUCI_COSE_EDDSA, LUCI_COSE_RS256 };

/* A part of a COSE_Key: fixed bytes, then bytes of the raw key. */
typedef struct {
    const char *fixed;
    size_t fixed_length;
    size_t raw_length;
} part_t;

#define FIXED(text) text, sizeof(text) - 1

typedef struct {
    int algorithm;
    part_t parts[2];
    const char *last; /* what the raw key ends with; NULL: anything */
    size_t last_length;
} layout_t;

/* kty, alg, and the parameters of the algorithm. */
static const layout_t layouts[] = {
    { LUCI_COSE_ES256,
      { { FIXED("\xa5\x01\x02\x03\x26\x20\x01\x21\x58\x20"), 32 }, { FIXED("\x22\x58\x20"), 32 } },
      NULL,
      0 },
    { LUCI_COSE_EDDSA, { { FIXED("\xa4\x01\x01\x03\x27\x20\x06\x21\x58\x20"), 32 }, { "", 0, 0 } }, NULL, 0 },
    { LUCI_COSE_RS256,
      { { FIXED("\xa4\x01\x03\x03\x39\x01\x00\x20\x59\x01\x00"), 256 }, { FIXED("\x21\x43"), 3 } },
      FIXED("\x01\x00\x01") },
};

#define LAYOUTS (sizeof layouts / sizeof *layouts)

static size_t raw_bytes(const layout_t *layout)
{
    return layout->parts[0].raw_length + layout->parts[1].raw_length;
}

static int ends_right(const layout_t *layout, const unsigned char *raw)
{
    return memcmp(raw + raw_bytes(layout) - layout->last_length, layout->last ? layout->last : "",
                  layout->last_length) == 0;
}

luci_result_t luci_cose_key_write(const luci_cose_key_t *key, unsigned char out[LUCI_COSE_KEY_MAX],
                                  size_t *length)
{
    const unsigned char *raw = key->raw;

    *length = 0;
    for (size_t i = 0; i < LAYOUTS; i++) {
        const layout_t *layout = &layouts[i];

        if (layout->algorithm != key->algorithm)
            continue;
        if (key->length != raw_bytes(layout) || !ends_right(layout, key->raw))
            return LUCI_INVALID;
        for (const part_t *part = layout->parts; part < layout->parts + 2; part++) {
            memcpy(out + *length, part->fixed, part->fixed_length);
            *length += part->fixed_length;
            memcpy(out + *length, raw, part->raw_length);
            *length += part->raw_length;
            raw += part->raw_length;
        }
        return LUCI_OK;
    }
    return LUCI_INVALID;
}

static luci_result_t read_layout(const layout_t *layout, const unsigned char *data, size_t length,
                                 luci_cose_key_t *key)
{
    key->algorithm = layout->algorithm;
    key->length = 0;
    for (const part_t *part = layout->parts; part < layout->parts + 2; part++) {
        size_t bytes = part->fixed_length + part->raw_length;

        if (length < bytes || memcmp(data, part->fixed, part->fixed_length) != 0)
            return LUCI_INVALID;
        memcpy(key->raw + key->length, data + part->fixed_length, part->raw_length);
        key->length += part->raw_length;
        data += bytes;
        length -= bytes;
    }
    return length == 0 && ends_right(layout, key->raw) ? LUCI_OK : LUCI_INVALID;
}

luci_result_t luci_cose_key_read(const unsigned char *data, size_t length, luci_cose_key_t *key)
{
    for (size_t i = 0; i < LAYOUTS; i++) {
        if (read_layout(&layouts[i], data, length, key) == LUCI_OK)
            return LUCI_OK;
    }
    return LUCI_INVALID;
}
