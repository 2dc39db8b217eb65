/* SPDX-License-Identifier: Apache-2.0 */
/* The kinds of counts that the throttle keeps, one record each. The throttle, the control socket and luciactl
 * read the records, so that a new kind needs its number and its record here, a limit in
 * luci_throttle_limits_t and a directive. */
#ifndef LUCI_THROTTLE_KIND_H
#define LUCI_THROTTLE_KIND_H

#include "core/base/settings.h"

#include <stddef.h>

/* The numbers are part of stored counts (throttle_count.h) and must not change. */
typedef enum {
    LUCI_THROTTLE_ACCOUNT = 1, /* failed sign-ins to a username, whether or not such a user exists */
    LUCI_THROTTLE_ADDRESS = 2, /* failed sign-ins from an address */
    LUCI_THROTTLE_DEVICE = 3,  /* failed sign-ins to a username by one browser that has signed in before */
    LUCI_THROTTLE_SIGN_UP = 4, /* sign-ups from an address */
    LUCI_THROTTLE_ACCOUNT_SUCCESS = 5, /* successful sign-ins to a username */
    LUCI_THROTTLE_ADDRESS_SUCCESS = 6, /* successful sign-ins from an address */
    LUCI_THROTTLE_FACTOR = 7,          /* wrong codes of a user's second factor, after the right password */
    LUCI_THROTTLE_MAIL_NAME = 8,       /* requests for a mail to a username or an address that was typed */
    LUCI_THROTTLE_MAIL_CLIENT = 9,     /* requests for a mail from an address */
    LUCI_THROTTLE_MAIL = 10,           /* mails to a recipient that others can ask for */
    LUCI_THROTTLE_MAIL_NOTICE = 11,    /* mails to a recipient that tell of a change */
    LUCI_THROTTLE_MAIL_RESET = 12,     /* mails to a recipient with a link to a new password */
    LUCI_THROTTLE_KINDS                /* one more than the last kind */
} luci_throttle_kind_t;

typedef struct {
    const char *name; /* in luciactl throttle list; NULL in the record of the unused number 0 */

    /* What the counts are kept for. */
    enum {
        LUCI_THROTTLE_PER_ACCOUNT,
        LUCI_THROTTLE_PER_ADDRESS,
        LUCI_THROTTLE_PER_DEVICE,
        LUCI_THROTTLE_PER_USER,     /* whatever the username is */
        LUCI_THROTTLE_PER_RECIPIENT /* a mailbox */
    } per;

    /* What a successful attempt does to the count: deletes it, takes the attempt back, or is counted. */
    enum { LUCI_THROTTLE_FORGETS, LUCI_THROTTLE_TAKES_BACK, LUCI_THROTTLE_COUNTS } success;

    int is_success_only; /* only successful attempts are counted; luciactl throttle list shows the count only
                            while it refuses */
    size_t limit;        /* offset of its luci_limit_t in luci_throttle_limits_t */
    unsigned char part;  /* part of the shared table that holds the counts (shared_table.h) */
} luci_throttle_kind_record_t;

/* The record of a kind. Never NULL. */
const luci_throttle_kind_record_t *luci_throttle_kind(luci_throttle_kind_t kind);

/* 1 when number is a kind. */
int luci_throttle_is_kind(unsigned number);

/* The limit of a kind. */
const luci_limit_t *luci_throttle_limit(const luci_throttle_limits_t *limits, luci_throttle_kind_t kind);

#endif
