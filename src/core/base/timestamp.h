/* SPDX-License-Identifier: Apache-2.0 */
/* Times (luci_ms_t) as text. A table may contain any number: it is clamped to the range of JavaScript's Date,
 * so that nothing overflows and the far future stays in the future. */
#ifndef LUCI_TIMESTAMP_H
#define LUCI_TIMESTAMP_H

#include "core/base/settings.h"

#include <apr_pools.h>

#define LUCI_TIMESTAMP_TEXT 40 /* bytes of the longest text, including the NUL */

luci_ms_t luci_timestamp_clamp(luci_ms_t moment);

/* Reads decimal digits, as databases write numbers, and clamps the result. */
luci_ms_t luci_timestamp_from_digits(const char *digits);

/* Formats as ISO 8601 like JavaScript's toISOString: years outside of 0 to 9999 have a sign and six digits.
 */
void luci_timestamp_to_iso(luci_ms_t moment, char text[LUCI_TIMESTAMP_TEXT]);

/* Reads a text that luci_timestamp_to_iso writes. 0: any other text; *moment is unchanged. */
int luci_timestamp_from_iso(const char *iso, luci_ms_t *moment);

/* Formats as "2026-11-28 03:50:05Z". */
void luci_timestamp_to_text(luci_ms_t moment, char text[LUCI_TIMESTAMP_TEXT]);

/* Formats as "2026-11-28 03:50 UTC", for people, whose zone is unknown. */
void luci_timestamp_to_minutes(luci_ms_t moment, char text[LUCI_TIMESTAMP_TEXT]);

/* The same from pool; "" for 0, a moment that is not known. */
const char *luci_timestamp_readable(luci_ms_t moment, apr_pool_t *pool);

#endif
