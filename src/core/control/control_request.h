/* SPDX-License-Identifier: Apache-2.0 */
/* The request of a client of the control socket: a line of words separated by tabs. */
#ifndef LUCI_CONTROL_REQUEST_H
#define LUCI_CONTROL_REQUEST_H

#include "core/throttle/throttle.h"

#define LUCI_CONTROL_LINE_MAX 4096 /* bytes of a line, including the newline */
#define LUCI_CONTROL_WORDS_MAX 8

/* Splits the line at the start of bytes in place; words point into it. Returns the number of words; the last
 * one includes the rest of the line. -1: the line is incomplete. 0: it is not UTF-8 or contains a NUL. */
int luci_control_split(char *bytes, size_t length, const char *words[LUCI_CONTROL_WORDS_MAX]);

/* Which counts throttle-clear deletes. */
typedef enum { LUCI_CONTROL_ACCOUNT, LUCI_CONTROL_ADDRESS, LUCI_CONTROL_ALL } luci_control_kind_t;
typedef struct {
    luci_control_kind_t kind;
    const char *name;   /* the name in the counts; NULL with ALL */
    const char *key_id; /* the key id of an account; NULL otherwise */
} luci_control_target_t;

/* Reads the words of throttle-clear, the first of which is the command. NULL: *target is set, from pool;
 * otherwise a phrase that describes the error. */
const char *luci_control_target_read(const char *const *words, int count, luci_control_target_t *target,
                                     apr_pool_t *pool);

/* 1: the count belongs to the target. */
int luci_control_target_has(const luci_control_target_t *target, const luci_throttle_count_t *count);

#endif
