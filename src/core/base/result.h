/* SPDX-License-Identifier: Apache-2.0 */
/* The results of the core's functions, a closed set: a switch over it has no default.
 * NOT_FOUND and UNAVAILABLE are never confused: NOT_FOUND means that the database was asked and has no such
 * row, UNAVAILABLE that it could not be asked. */
#ifndef LUCI_RESULT_H
#define LUCI_RESULT_H

typedef enum {
    LUCI_OK,          /* success; the outputs are set */
    LUCI_NOT_FOUND,   /* does not exist: treat the request as anonymous */
    LUCI_DENIED,      /* wrong password or disabled user: refuse without telling which */
    LUCI_EXPIRED,     /* the session has expired: clear the cookie */
    LUCI_CONFLICT,    /* the name is taken: tell the user */
    LUCI_INVALID,     /* the input violates a rule: tell which; retrying unchanged is useless */
    LUCI_THROTTLED,   /* too many attempts: 429, retry later */
    LUCI_BUSY,        /* a wait for a lock, database handle or hash slot timed out: 503, retry soon */
    LUCI_UNAVAILABLE, /* the database could not be queried: 503, fail closed */
    LUCI_INTERNAL /* an error of this machine or this program (no randomness, no memory): 500, see the log */
} luci_result_t;

#define LUCI_MUST_USE __attribute__((warn_unused_result))

/* The name of a result, for logs; never NULL. */
const char *luci_result_name(luci_result_t result);

#endif
