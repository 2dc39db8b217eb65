/* SPDX-License-Identifier: Apache-2.0 */
/* What a client of the control socket asks: a line of words parted by tabs. */
#ifndef LUCI_CONTROL_REQUEST_H
#define LUCI_CONTROL_REQUEST_H

#include "core/throttle/throttle.h"

#define LUCI_CONTROL_LINE_MAX 4096 /* bytes of a line, with its end */
#define LUCI_CONTROL_WORDS_MAX 8

/* Takes the line apart that these bytes begin with, in place: words point into them. Returns how many words
 * there are, the last one with everything behind it. -1: the line has no end yet; 0: it is not UTF-8 or holds
 * a NUL. */
int luci_control_split(char *bytes, size_t length, const char *words[LUCI_CONTROL_WORDS_MAX]);

/* Whose counts are to be forgotten. */
typedef enum { LUCI_CONTROL_ACCOUNT, LUCI_CONTROL_ADDRESS, LUCI_CONTROL_ALL } luci_control_kind_t;
typedef struct {
    luci_control_kind_t kind;
    const char *name;   /* as counts have it; NULL with ALL */
    const char *key_id; /* of an account's key; NULL with the others */
} luci_control_target_t;

/* The words of throttle-clear, its name the first of them. NULL: *target was set from pool; or what is wrong.
 */
const char *luci_control_target_read(const char *const *words, int count, luci_control_target_t *target,
                                     apr_pool_t *pool);

/* Whether a count is one of the target's. */
int luci_control_target_has(const luci_control_target_t *target, const luci_throttle_count_t *count);

#endif
