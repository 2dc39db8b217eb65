/* SPDX-License-Identifier: Apache-2.0 */
/* How often somebody tried, and the rules of it. Pure: the moment comes in.
 *
 * A limit is so many failures within a period, which starts with the first try. As long as it isn't known how
 * a try went, it counts like a failure: who comes on top of it is told to come back soon. Who reached the
 * limit is refused for one period, the next time for two, then four, then eight, and eight from there on.
 * That is remembered for eight periods after the refusal. A clock that was set back makes nobody wait longer
 * than it would have at the worst.
 */
#ifndef LUCI_THROTTLE_RECORD_H
#define LUCI_THROTTLE_RECORD_H

#include "core/base/result.h"
#include "core/base/settings.h"

#include <stddef.h>

/* What is counted. The numbers stand in records. */
typedef enum {
    LUCI_THROTTLE_ACCOUNT = 1, /* failed sign-ins of a name, whether there is such a user or not */
    LUCI_THROTTLE_ADDRESS = 2, /* failed sign-ins from an address */
    LUCI_THROTTLE_DEVICE = 3,  /* failed sign-ins of a name, on one browser where it was signed in before */
    LUCI_THROTTLE_SIGN_UP = 4, /* sign-ups from an address */
    LUCI_THROTTLE_ACCOUNT_SUCCESS = 5, /* right sign-ins of a name */
    LUCI_THROTTLE_ADDRESS_SUCCESS = 6  /* right sign-ins from an address */
} luci_throttle_kind_t;

#define LUCI_THROTTLE_NAME_MAX 128 /* bytes kept of a name, for those who look at what is counted */
#define LUCI_THROTTLE_RECORD_HEAD 40
#define LUCI_THROTTLE_RECORD_MAX (LUCI_THROTTLE_RECORD_HEAD + LUCI_THROTTLE_NAME_MAX) /* bytes */

/* Zeros but for kind and name: nothing was counted yet. */
typedef struct {
    luci_throttle_kind_t kind;
    char name[LUCI_THROTTLE_NAME_MAX + 1]; /* the account, or the address */
    apr_uint32_t failures;                 /* since the period began; of a success' count, successes */
    apr_uint32_t under_way;                /* tries that are not decided yet */
    apr_uint32_t refusals;                 /* how often in a row the limit was reached */
    luci_ms_t since;                       /* when the period began */
    luci_ms_t until;                       /* refused until then; 0: not refused */
    luci_ms_t remembered;                  /* until when refusals counts */
} luci_throttle_count_t;

/* Starts a count; names that are too long are cut, between two characters. */
void luci_throttle_count_init(luci_throttle_count_t *count, luci_throttle_kind_t kind, const char *name);

/* Counts a try that begins now. Else it was not counted; THROTTLED: the limit was reached, and the next one
 * is allowed in *retry_after ms; BUSY: it may be, when those under way fail. */
luci_result_t luci_throttle_count_try(luci_throttle_count_t *count, const luci_limit_t *limit, luci_ms_t now,
                                      luci_ms_t *retry_after) LUCI_MUST_USE;

/* Whether a refusal is in force: THROTTLED with *retry_after, or OK. */
luci_result_t luci_throttle_count_look(luci_throttle_count_t *count, const luci_limit_t *limit, luci_ms_t now,
                                       luci_ms_t *retry_after) LUCI_MUST_USE;

/* A try that was counted has failed; or was none. */
void luci_throttle_count_failure(luci_throttle_count_t *count, const luci_limit_t *limit, luci_ms_t now);
void luci_throttle_count_undo(luci_throttle_count_t *count);

/* From when on it's as good as none; 0: it's so already. */
luci_ms_t luci_throttle_count_end(const luci_throttle_count_t *count, const luci_limit_t *limit);

/* What it is worth to keep it rather than another one: a refusal most of all, else as much as was counted. */
apr_int64_t luci_throttle_count_worth(const luci_throttle_count_t *count, luci_ms_t now);

/* As bytes; returns how many. */
size_t luci_throttle_record_write(const luci_throttle_count_t *count,
                                  unsigned char record[LUCI_THROTTLE_RECORD_MAX]);

/* INVALID: these bytes are no such record. */
luci_result_t luci_throttle_record_read(const unsigned char *record, size_t length,
                                        luci_throttle_count_t *count) LUCI_MUST_USE;

#endif
