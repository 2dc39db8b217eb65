/* SPDX-License-Identifier: Apache-2.0 */
/* One count of the throttle, the rules by which it refuses attempts, and its stored form. Pure: the current
 * time is an argument.
 *
 * A limit allows a number of failures within a period, which starts with the first attempt. An attempt whose
 * outcome is not known yet counts like a failure, but not for longer than an attempt lasts (under_way.h):
 * attempts above the limit are then told to retry soon. When
 * the limit is reached, further attempts are refused for one period; if it is reached again, for 2, 4 and
 * then 8 periods. The number of refusals is remembered for 8 periods after the last one. If the clock is set
 * back, no refusal lasts longer than it could have when it began. */
#ifndef LUCI_THROTTLE_COUNT_H
#define LUCI_THROTTLE_COUNT_H

#include "core/base/result.h"
#include "core/throttle/throttle_kind.h"
#include "core/throttle/under_way.h"

#include <stddef.h>

#define LUCI_THROTTLE_NAME_MAX 128   /* bytes of a name that are stored, for luciactl throttle list */
#define LUCI_THROTTLE_NODES_MAX 16   /* that have attempts under way at the same time, in a record */
#define LUCI_THROTTLE_RECORD_HEAD 40 /* bytes */
#define LUCI_THROTTLE_RECORD_NODE 16 /* bytes of the attempts of one node */
#define LUCI_THROTTLE_RECORD_OF(nodes)                                                                       \
    (LUCI_THROTTLE_RECORD_HEAD + (nodes)*LUCI_THROTTLE_RECORD_NODE + LUCI_THROTTLE_NAME_MAX)
#define LUCI_THROTTLE_RECORD_OWN LUCI_THROTTLE_RECORD_OF(1) /* the longest without other nodes */
#define LUCI_THROTTLE_RECORD_MAX LUCI_THROTTLE_RECORD_OF(LUCI_THROTTLE_NODES_MAX)

/* An empty count is all zeros except for kind, name and own.node.
 *
 * Nodes write the count one after the other, and may overwrite what another one has just written. So each
 * node counts its own attempts under way: what a record says of them is true again when it writes the next
 * time. */
typedef struct {
    luci_throttle_kind_t kind;
    char name[LUCI_THROTTLE_NAME_MAX + 1]; /* the account, or the address */
    apr_uint32_t failures;                 /* since the period began; successes if the kind counts these */
    luci_under_way_t own;                  /* attempts of this node whose outcome is not known yet */
    luci_under_way_t others[LUCI_THROTTLE_NODES_MAX]; /* those of other nodes, as these last wrote them */
    int others_count;
    apr_uint32_t refusals; /* how often the limit was reached in succession */
    luci_ms_t since;       /* when the period began */
    luci_ms_t until;       /* refused until then; 0: not refused */
    luci_ms_t remembered;  /* when refusals is reset */
    luci_ms_t cleared;     /* when a success or an administrator last deleted the count, as long as no refusal
                              followed; 0: never. Records of an earlier period are then obsolete */
} luci_throttle_count_t;

/* Initialises a count of node 0. A name that is too long is cut between two characters. */
void luci_throttle_count_init(luci_throttle_count_t *count, luci_throttle_kind_t kind, const char *name);

/* The number of attempts of all nodes whose outcome is not known yet. */
apr_uint32_t luci_throttle_count_under_way(const luci_throttle_count_t *count);

/* Counts an attempt that begins now. THROTTLED: the limit is reached; the next attempt is allowed in
 * *retry_after ms. BUSY: the limit would be reached if all attempts under way failed. In both cases the
 * attempt is not counted. */
luci_result_t luci_throttle_count_try(luci_throttle_count_t *count, const luci_limit_t *limit, luci_ms_t now,
                                      luci_ms_t *retry_after) LUCI_MUST_USE;

/* THROTTLED with *retry_after while attempts are refused, otherwise OK. Counts nothing. */
luci_result_t luci_throttle_count_look(luci_throttle_count_t *count, const luci_limit_t *limit, luci_ms_t now,
                                       luci_ms_t *retry_after) LUCI_MUST_USE;

/* Ends an attempt that was counted at a moment: it failed, or it must not count. began is 0 for a failure, or
 * a success, that was not counted before. */
void luci_throttle_count_failure(luci_throttle_count_t *count, const luci_limit_t *limit, luci_ms_t now,
                                 luci_ms_t began);
void luci_throttle_count_undo(luci_throttle_count_t *count, const luci_limit_t *limit, luci_ms_t now,
                              luci_ms_t began);

/* Empties a count in a store that others may have copies of. The count is then kept as long as a refusal can
 * last, so that no older copy comes back. */
void luci_throttle_count_clear(luci_throttle_count_t *count, luci_ms_t now);

/* 1: nothing is counted, and nothing has to be kept. */
int luci_throttle_count_is_empty(const luci_throttle_count_t *count);

/* Joins two records of one count, which were counted apart from one another for a while. Each number becomes
 * the greater one, unless one of the two is from before a deletion that the other knows of. Attempts under
 * way stay those of count. */
void luci_throttle_count_join(luci_throttle_count_t *count, const luci_throttle_count_t *other,
                              const luci_limit_t *limit, luci_ms_t now);

/* When the count expires and may be deleted; 0: it has expired. */
luci_ms_t luci_throttle_count_end(const luci_throttle_count_t *count, const luci_limit_t *limit);

/* The value of keeping this count rather than another one in a full table: a refusal is worth more than any
 * number of attempts. */
apr_int64_t luci_throttle_count_worth(const luci_throttle_count_t *count, luci_ms_t now);

/* Writes the stored form of a count; returns its length in bytes. Of more than LUCI_THROTTLE_NODES_MAX nodes
 * with attempts under way, the last are left out, until they write again. */
size_t luci_throttle_record_write(const luci_throttle_count_t *count,
                                  unsigned char record[LUCI_THROTTLE_RECORD_MAX]);

/* Reads the stored form; own in the count is what it says of the attempts of a node. INVALID: not a count
 * that this version writes. */
luci_result_t luci_throttle_record_read(const unsigned char *record, size_t length, apr_uint32_t node,
                                        luci_throttle_count_t *count) LUCI_MUST_USE;

#endif
