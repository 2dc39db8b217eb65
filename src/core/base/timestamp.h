/* SPDX-License-Identifier: Apache-2.0 */
/* Moments, milliseconds since 1970, as text. What a table holds may be any number: it counts as
 * the nearest moment that JavaScript's Date knows, so nothing overflows and the far future stays the future.
 */
#ifndef LUCI_TIMESTAMP_H
#define LUCI_TIMESTAMP_H

#include "core/base/settings.h"

#define LUCI_TIMESTAMP_TEXT 40 /* bytes of the longest text, with its NUL */

luci_ms_t luci_timestamp_clamp(luci_ms_t moment);

/* Decimal digits, as a database writes a number. */
luci_ms_t luci_timestamp_parse(const char *digits);

/* ISO 8601 as JavaScript's toISOString writes it: years outside of 0 to 9999 have a sign and six digits. */
void luci_timestamp_iso(luci_ms_t moment, char text[LUCI_TIMESTAMP_TEXT]);

/* The moment of a text that luci_timestamp_iso writes. 0: it is any other text, and *moment stays as it is.
 */
int luci_timestamp_read(const char *iso, luci_ms_t *moment);

/* "2026-11-28 03:50:05Z". */
void luci_timestamp_readable(luci_ms_t moment, char text[LUCI_TIMESTAMP_TEXT]);

#endif
