/* SPDX-License-Identifier: Apache-2.0 */
/* The one closed set of answers every core function gives.
 * "Not there" is never "could not look": NOT_FOUND is an answer, UNAVAILABLE is the lack of one. */
#ifndef LUCI_RESULT_H
#define LUCI_RESULT_H

typedef enum {
    LUCI_OK,          /* done; the outputs are set */
    LUCI_NOT_FOUND,   /* looked, and there is none: treat the visitor as anonymous */
    LUCI_DENIED,      /* wrong password, or a disabled user: refuse, and do not say why */
    LUCI_EXPIRED,     /* the session is dead: clear the cookie */
    LUCI_CONFLICT,    /* the name is taken: say so */
    LUCI_INVALID,     /* the input breaks a rule: say which; trying again the same way is useless */
    LUCI_THROTTLED,   /* too many tries: 429, try again later */
    LUCI_BUSY,        /* a bounded wait ended (lock, pool, slot): 503, try again soon */
    LUCI_UNAVAILABLE, /* the database could not be asked: 503, fail closed */
    LUCI_INTERNAL /* a fault of this machine or of ours (no randomness, no memory): 500, look at the log */
} luci_result_t;

#define LUCI_MUST_USE __attribute__((warn_unused_result))

/* The name of a result, for logs. Never NULL. */
const char *luci_result_name(luci_result_t result);

#endif
