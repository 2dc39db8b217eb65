/* SPDX-License-Identifier: Apache-2.0 */
/* Events: what clients and administrators do with accounts and sessions, and whether it succeeded. The use
 * cases report each event to a sink that their caller injects; luciactl writes those of administrators. Each
 * kind of event and each reason of failure is one record, from which the audit line, the counters and the
 * status follow; doc/audit.md has a row for each. No event contains a secret. */
#ifndef LUCI_EVENT_H
#define LUCI_EVENT_H

#include "core/base/result.h"
#include "core/base/settings.h"

#include <stddef.h>

/* Those up to USER_DELETE are counted (counters.h). A new kind needs a record in event.c. */
typedef enum {
    LUCI_EVENT_SIGN_UP,
    LUCI_EVENT_SIGN_IN,
    LUCI_EVENT_PASSWORD_CHECK, /* without a session: HTTP Basic */
    LUCI_EVENT_SIGN_OUT,
    LUCI_EVENT_RENEWAL,
    LUCI_EVENT_EXPIRY,    /* an expired session was presented, and its row deleted */
    LUCI_EVENT_MIGRATION, /* a session row written by Lucia got a hashed id */
    LUCI_EVENT_PASSWORD_CHANGE,
    LUCI_EVENT_FACTOR,         /* a second factor was proved: sign-in, confirmation or a session got it */
    LUCI_EVENT_CONFIRM,        /* the holder of a session proved again to be its user */
    LUCI_EVENT_SESSION_END,    /* by its user, on the page of the sessions */
    LUCI_EVENT_PASSWORD_RESET, /* with a one-time link */
    LUCI_EVENT_EMAIL_REQUEST,  /* the user asked for a link that verifies an address */
    LUCI_EVENT_EMAIL_VERIFY,   /* an address was verified with a link */
    LUCI_EVENT_EMAIL_UNDO,     /* an address was brought back with a link */
    LUCI_EVENT_RESET_REQUEST,  /* a mail with such a link was asked for, whether or not the account exists */
    LUCI_EVENT_MAIL,           /* a mail left the queue: the mail server has accepted it, or it is not sent */
    LUCI_EVENT_USER_SET,
    LUCI_EVENT_USER_RENAME,
    LUCI_EVENT_APP_PASSWORD_ADD,
    LUCI_EVENT_APP_PASSWORD_DELETE,
    LUCI_EVENT_FACTOR_ADD,     /* a second factor, by its user */
    LUCI_EVENT_FACTOR_REMOVE,  /* by its user */
    LUCI_EVENT_RECOVERY_CODES, /* the user got new ones */
    LUCI_EVENT_USER_DELETE,
    LUCI_EVENT_USER_ADD,
    LUCI_EVENT_USER_DISABLE,
    LUCI_EVENT_USER_ENABLE,
    LUCI_EVENT_USER_APPROVE,
    LUCI_EVENT_USER_EXPIRE,
    LUCI_EVENT_USER_EMAIL,    /* a user got another address, or none */
    LUCI_EVENT_USER_LINK,     /* a one-time link was made */
    LUCI_EVENT_FACTOR_RESET,  /* all second factors of a user were removed */
    LUCI_EVENT_INVITE_ADD,    /* an invitation was made */
    LUCI_EVENT_INVITE_DELETE, /* an invitation was deleted */
    LUCI_EVENT_GROUP_ADD,     /* a user was put into a group */
    LUCI_EVENT_GROUP_REMOVE,  /* a user was taken out of a group */
    LUCI_EVENT_SESSION_REVOKE,
    LUCI_EVENT_KEY_ADD,
    LUCI_EVENT_KEY_DELETE,
    LUCI_EVENT_THROTTLE_CLEAR,
    LUCI_EVENT_PURGE,
    LUCI_EVENT_IMPORT,
    LUCI_EVENT_EXPORT,
    LUCI_EVENT_INIT
} luci_event_kind_t;

#define LUCI_EVENTS (LUCI_EVENT_INIT + 1)
#define LUCI_EVENTS_COUNTED (LUCI_EVENT_USER_DELETE + 1)

/* Why an attempt failed. A new reason needs a record in event.c. */
typedef enum {
    LUCI_REASON_NONE, /* it succeeded */
    LUCI_REASON_UNKNOWN_USER,
    LUCI_REASON_WRONG_PASSWORD,
    LUCI_REASON_NO_PASSWORD,       /* the account has no password hash that can be verified */
    LUCI_REASON_DISABLED,          /* the user is disabled, and the password was right */
    LUCI_REASON_FACTOR_MISSING,    /* the password was right, but the user needs a second factor */
    LUCI_REASON_TOO_MANY_FAILURES, /* in a row, so that the key takes no password (failures.h) */
    LUCI_REASON_WRONG_CODE,        /* of a second factor */
    LUCI_REASON_USED_CODE,         /* a code of a second factor that was accepted before */
    LUCI_REASON_UNKNOWN_PASSKEY,   /* one that is not registered, or not any more */
    LUCI_REASON_WRONG_PASSKEY,     /* what an authenticator answered is not accepted (passkey_fault.h) */
    LUCI_REASON_ONE_FACTOR,        /* the session was not proved with the second factor of its user */
    LUCI_REASON_UNVERIFIED,        /* the user has to verify an e-mail address first */
    LUCI_REASON_HAS_FACTOR,        /* the user has this second factor already */
    LUCI_REASON_INVALID_USERNAME,
    LUCI_REASON_INVALID_PASSWORD,
    LUCI_REASON_WEAK_PASSWORD, /* a new password that is too easy to guess (new_password.h) */
    LUCI_REASON_NAME_TAKEN,
    LUCI_REASON_VALUE_TAKEN, /* of an attribute that no two users may share */
    LUCI_REASON_THROTTLED,
    LUCI_REASON_NO_SESSION,
    LUCI_REASON_UNCONFIRMED,  /* the holder of the session has not proved lately to be its user */
    LUCI_REASON_INVALID_LINK, /* a one-time link or an invitation that is unknown, spent, void or expired */
    LUCI_REASON_NO_ADDRESS,   /* the user has no address to which this mail may be sent */
    LUCI_REASON_CROSS_SITE,   /* the request comes from another site */
    LUCI_REASON_CLOSED,       /* the configuration does not allow it */
    LUCI_REASON_REFERENCED,   /* a row of another table refers to the account */
    LUCI_REASON_BAD_REQUEST,
    LUCI_REASON_NOT_FOUND, /* luciactl: no user, session or key has this name */
    LUCI_REASON_BUSY,
    LUCI_REASON_UNAVAILABLE,
    LUCI_REASON_INTERNAL
} luci_reason_t;

#define LUCI_REASONS (LUCI_REASON_INTERNAL + 1)

/* The record of a kind of event. */
typedef struct {
    const char *name;  /* in audit lines, as the label of the counter, in notes; lower-case and underscores */
    int is_credential; /* a password is presented; mod_status sums their failures */
    int needs_session; /* it fails without a session */
    int needs_fresh;   /* it fails if the session was not confirmed lately */
    int has_code;      /* a code of a second factor is presented */
    int has_form;      /* no password, but a form that may be refused as one with a password may */
    int has_link;      /* no session, but a link of a mail is presented */
    int has_count;     /* the audit line always has count= */
    int is_mail;       /* of a mail, which no client waits for */
    int is_activity;   /* its user may see it (core/activity) */
    int is_success_silent; /* successes have no audit line: HTTP Basic would write one with every request */
    int notice;            /* its kind of notice by mail (core/mail_notice); 0: none */
} luci_event_record_t;

/* Never NULL. */
const luci_event_record_t *luci_event_record(luci_event_kind_t kind);

/* As they are written: lower-case letters and underscores, "none" for NONE. */
const char *luci_event_name(luci_event_kind_t kind);
const char *luci_reason_name(luci_reason_t reason);

/* Whether a counted event of this kind can end with this reason, so that metrics show its counter from 0 on.
 */
int luci_reason_applies(luci_reason_t reason, luci_event_kind_t kind);

/* The number of pairs of a counted event and a reason that applies to it. */
#define LUCI_EVENT_PLACES 316

/* The number of such a pair, from 0, so that no memory is needed for the others; a reason that does not apply
 * has the number of LUCI_REASON_INTERNAL. */
int luci_event_place(luci_event_kind_t kind, luci_reason_t reason);

/* The reason for a result that does not depend on what was asked for; NONE for OK. */
luci_reason_t luci_reason_of(luci_result_t result);

#define LUCI_EVENT_TAG_HEX 12 /* characters that identify a session in logs */

/* An event. Strings are borrowed for the call, and NULL if they are unknown or must not be written: a name is
 * set only if it is known to be an account's, because users type passwords into the wrong field. */
typedef struct {
    luci_event_kind_t kind;
    luci_reason_t reason;
    luci_ms_t at;
    const char *account;
    const char *user_id;
    char session[LUCI_EVENT_TAG_HEX + 1];      /* luci_event_tag; "": none */
    char app_password[LUCI_EVENT_TAG_HEX + 1]; /* the tag of one that was made or deleted; "": none */
    char invitation[LUCI_EVENT_TAG_HEX + 1];   /* the same of an invitation */
    const char *factor;                        /* the kind of second factor (factor.h) */
    const char *provider;                      /* of a sign-in with another module (core/auth/adoption.h) */
    const char *mail;                          /* the kind of mail (mail_queue.h) */
    int is_repeated; /* the same wrong password as before, which the throttle counts once */
} luci_event_t;

/* A condition that administrators need to know of and that is not the outcome of an attempt. */
typedef struct {
    enum {
        LUCI_NOTICE_HASH_NOT_REPLACED, /* result: why an outdated password hash could not be replaced */
        LUCI_NOTICE_SESSIONS_REMOVED,  /* count: how many sessions were deleted (LUCI_SESSIONS_MAX) */
        LUCI_NOTICE_USER_REFERENCED,   /* text: the database's reason why an account was not deleted */
        LUCI_NOTICE_LIST_UNREADABLE,   /* file: the block list of passwords, which no look-up can read */
        LUCI_NOTICE_LOCKED,            /* count: so many failures in a row, the last one just now */
        LUCI_NOTICE_UNLOCKED,          /* a device that was signed in before has set them back */
        LUCI_NOTICE_FAILURE_UNCOUNTED, /* result: why a failure could not be counted or set back */
        LUCI_NOTICE_FACTOR_LOCKED,     /* count: so many wrong codes in a row, the last one just now */
        LUCI_NOTICE_SEED_UNREADABLE,   /* the secret with which it was sealed is not in LuciaSecret */
        LUCI_NOTICE_PASSKEY_COPIED     /* its counter did not grow */
    } kind;
    const char *user_id; /* NULL: it is not about a user */
    const char *file;
    const char *text;
    luci_result_t result;
    int count;
} luci_notice_t;

/* Where the core reports to. Both functions may be NULL. */
typedef struct {
    void (*write)(void *baton, const luci_event_t *event);
    void (*notice)(void *baton, const luci_notice_t *notice);
    void *baton;
} luci_event_sink_t;

void luci_event_report(const luci_event_sink_t *sink, const luci_event_t *event);
void luci_event_notice(const luci_event_sink_t *sink, const luci_notice_t *notice);

/* Sets the tag that identifies a session in logs: the first digits of the SHA-256 of its id, and so of the id
 * that the table stores if ids are hashed. "" if SHA-256 is unavailable. */
void luci_event_tag(const char *id, char tag[LUCI_EVENT_TAG_HEX + 1]);

/* Where an event comes from; a field that does not apply is NULL. */
typedef struct {
    const char *address;
    const char *vhost;
    const char *by;  /* login name of the administrator */
    luci_ms_t count; /* number of rows; 0 is written only for events whose record has has_count */
} luci_event_origin_t;

#define LUCI_EVENT_LINE_MAX 2048 /* bytes with the final NUL; long values are cut so that a line fits */

/* Formats the audit line of an event, without a newline: words NAME=VALUE separated by single spaces. All
 * bytes of a value other than letters, digits and some punctuation are percent-encoded, so that a value
 * contains no space, quote, "=" or control character. Returns the length. */
size_t luci_event_line(const luci_event_t *event, const luci_event_origin_t *origin,
                       char line[LUCI_EVENT_LINE_MAX]);

#endif
