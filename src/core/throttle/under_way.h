/* SPDX-License-Identifier: Apache-2.0 */
/* Attempts of one node whose outcome is not known yet, in one count. An attempt whose end is never heard of,
 * because its process died or another node overwrote what the store had, must not count for ever: attempts
 * are counted by the span of time in which they began, and forgotten when the next span has passed. Pure: the
 * current time is an argument. */
#ifndef LUCI_UNDER_WAY_H
#define LUCI_UNDER_WAY_H

#include "core/base/settings.h"

/* Longer than an attempt lasts: it waits for a hash slot and for the database (core/guard/times.h), or for a
 * mail server. An attempt counts for at most two spans. */
#define LUCI_UNDER_WAY_SPAN LUCI_MS_MINUTE

/* All zeros: none. */
typedef struct {
    apr_uint32_t node;  /* a random number of the node; 0 in a store of one machine */
    apr_uint32_t newer; /* that began since then, and in the span before */
    apr_uint32_t older;
    luci_ms_t since;
} luci_under_way_t;

/* How many there are. */
apr_uint32_t luci_under_way_number(const luci_under_way_t *attempts);

/* Forgets those that began too long ago. The functions below do it first. */
void luci_under_way_settle(luci_under_way_t *attempts, const luci_limit_t *limit, luci_ms_t now);

/* Adds an attempt that begins now, or takes one out that began at a moment, unless it is forgotten. */
void luci_under_way_begin(luci_under_way_t *attempts, const luci_limit_t *limit, luci_ms_t now);
void luci_under_way_end(luci_under_way_t *attempts, const luci_limit_t *limit, luci_ms_t now,
                        luci_ms_t began);

/* When all of them are forgotten; 0: there are none. */
luci_ms_t luci_under_way_until(const luci_under_way_t *attempts, const luci_limit_t *limit);

#endif
