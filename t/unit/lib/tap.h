/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A very small TAP producer for the C unit tests.
 *
 *     int main(void)
 *     {
 *         tap_ok(1 + 1 == 2, "sums work");
 *         tap_is_str(name, "alice", "the name of user %d", 1);
 *         return tap_done();
 *     }
 *
 * Every check prints one line and returns whether it passed. tap_done()
 * prints the plan and returns the exit status for main().
 */
#ifndef LUCI_TAP_H
#define LUCI_TAP_H

#include "core/base/result.h"

#include <stddef.h>

#define TAP_PRINTF(fmt, args) __attribute__((format(printf, fmt, args)))

/* The condition holds. */
#define tap_ok(cond, ...) tap_ok_at(__FILE__, __LINE__, (cond) ? 1 : 0, __VA_ARGS__)

/* Two integers are equal; bools and enums too. */
#define tap_is_int(got, want, ...)                                                                           \
    tap_is_int_at(__FILE__, __LINE__, (long long)(got), (long long)(want), __VA_ARGS__)

/* Two results of the core are equal; a difference is shown by their names, such as LUCI_NOT_FOUND. */
#define tap_is_result(got, want, ...) tap_is_result_at(__FILE__, __LINE__, (got), (want), __VA_ARGS__)

/* Two strings are equal; NULL equals only NULL. */
#define tap_is_str(got, want, ...) tap_is_str_at(__FILE__, __LINE__, (got), (want), __VA_ARGS__)

/* Two blocks of the same length are equal; a difference is shown by its offset. */
#define tap_is_mem(got, want, len, ...) tap_is_mem_at(__FILE__, __LINE__, (got), (want), (len), __VA_ARGS__)

/* Unconditional results. */
#define tap_pass(...) tap_ok_at(__FILE__, __LINE__, 1, __VA_ARGS__)
#define tap_fail(...) tap_ok_at(__FILE__, __LINE__, 0, __VA_ARGS__)

int tap_ok_at(const char *file, int line, int cond, const char *fmt, ...) TAP_PRINTF(4, 5);
int tap_is_int_at(const char *file, int line, long long got, long long want, const char *fmt, ...)
    TAP_PRINTF(5, 6);
int tap_is_result_at(const char *file, int line, luci_result_t got, luci_result_t want, const char *fmt, ...)
    TAP_PRINTF(5, 6);
int tap_is_str_at(const char *file, int line, const char *got, const char *want, const char *fmt, ...)
    TAP_PRINTF(5, 6);
int tap_is_mem_at(const char *file, int line, const void *got, const void *want, size_t len, const char *fmt,
                  ...) TAP_PRINTF(6, 7);

/* A line for the reader; "# " is put before it. */
void tap_diag(const char *fmt, ...) TAP_PRINTF(1, 2);

/* Counts a check as passed that cannot run here, and says why. */
void tap_skip(const char *fmt, ...) TAP_PRINTF(1, 2);

/* The whole file cannot run here: prints the plan and ends the program. */
void tap_skip_all(const char *fmt, ...) TAP_PRINTF(1, 2) __attribute__((noreturn));

/* Prints the plan; returns 0 when every check passed, 1 otherwise. */
int tap_done(void);

#endif
