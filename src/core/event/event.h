/* SPDX-License-Identifier: Apache-2.0 */
/* What happens to accounts and sessions, for audit and statistics: a closed set of events, each done
 * or not done for a reason. The use cases report them to a sink that their user injects, one for each thing
 * that somebody tried; administrators' tools write their own acts. The line of an event is the same
 * everywhere; doc/audit.md describes it. No event holds a secret. */
#ifndef LUCI_EVENT_H
#define LUCI_EVENT_H

#include "core/base/result.h"
#include "core/base/settings.h"

#include <stddef.h>

typedef enum {
    /* what visitors do */
    LUCI_EVENT_SIGN_UP,
    LUCI_EVENT_SIGN_IN,
    LUCI_EVENT_PASSWORD_CHECK, /* without a session: HTTP Basic */
    LUCI_EVENT_SIGN_OUT,
    LUCI_EVENT_RENEWAL,
    LUCI_EVENT_EXPIRY,    /* a dead session was met, and its row removed */
    LUCI_EVENT_MIGRATION, /* a row that Lucia left got its hash */
    LUCI_EVENT_PASSWORD_CHANGE,
    /* what administrators do */
    LUCI_EVENT_USER_ADD,
    LUCI_EVENT_USER_SET,
    LUCI_EVENT_USER_RENAME,
    LUCI_EVENT_USER_DISABLE,
    LUCI_EVENT_USER_ENABLE,
    LUCI_EVENT_USER_DELETE,
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
#define LUCI_EVENTS_BY_ANONYMOUS (LUCI_EVENT_PASSWORD_CHANGE + 1)

/* Why it was not done. */
typedef enum {
    LUCI_REASON_NONE, /* it was */
    LUCI_REASON_UNKNOWN_USER,
    LUCI_REASON_WRONG_PASSWORD,
    LUCI_REASON_NO_PASSWORD, /* none that can be checked */
    LUCI_REASON_DISABLED,    /* and the password was right */
    LUCI_REASON_INVALID_USERNAME,
    LUCI_REASON_INVALID_PASSWORD,
    LUCI_REASON_NAME_TAKEN,
    LUCI_REASON_THROTTLED,
    LUCI_REASON_NO_SESSION,
    LUCI_REASON_CROSS_SITE, /* asked for from another site */
    LUCI_REASON_CLOSED,     /* no sign-up here */
    LUCI_REASON_BAD_REQUEST,
    LUCI_REASON_NOT_FOUND, /* an administrator's: there is nothing of that name */
    LUCI_REASON_BUSY,
    LUCI_REASON_UNAVAILABLE,
    LUCI_REASON_INTERNAL
} luci_reason_t;

#define LUCI_REASONS (LUCI_REASON_INTERNAL + 1)

#define LUCI_EVENT_TAG_HEX 12 /* characters that stand for a session */

/* Strings are borrowed for the call; NULL: not known, or better not said. A name is said only when it is
 * known to be an account's: what else stands in the field may be a password. */
typedef struct {
    luci_event_kind_t kind;
    luci_reason_t reason;
    luci_ms_t at;
    const char *account;
    const char *user_id;
    char session[LUCI_EVENT_TAG_HEX + 1]; /* luci_event_tag; "": none */
    int is_repeated;                      /* the same wrong password as before, which counts once */
} luci_event_t;

/* Where events go. write may be NULL. */
typedef void luci_event_write_fn(void *baton, const luci_event_t *event);
typedef struct {
    luci_event_write_fn *write;
    void *baton;
} luci_event_sink_t;

void luci_event_report(const luci_event_sink_t *sink, const luci_event_t *event);

/* What stands for a session in logs: the beginning of the SHA-256 of its id, and so of its row's id where
 * those are hashed. "" without SHA-256. */
void luci_event_tag(const char *id, char tag[LUCI_EVENT_TAG_HEX + 1]);

/* The reason of a failure that has nothing to do with what was asked for; NONE for OK. */
luci_reason_t luci_reason_of(luci_result_t result);

/* Words of lower-case letters and underscores. Never NULL. */
const char *luci_event_name(luci_event_kind_t kind);
const char *luci_reason_name(luci_reason_t reason); /* "none" for NONE */

/* Who is behind an event and where, each NULL when that does not apply. */
typedef struct {
    const char *address;
    const char *vhost;
    const char *by;  /* the administrator's login name */
    luci_ms_t count; /* how many rows it was about; 0: one, or that goes without saying, but
                      * for throttle_clear, purge, import and export */
} luci_event_origin_t;

#define LUCI_EVENT_LINE_MAX 2048 /* bytes with the final NUL; the longest values are cut */

/* The line without a newline: words NAME=VALUE, separated by a space. Bytes of a value other than letters,
 * digits and some punctuation are percent-encoded, so that it holds no space, quote, "=" or control
 * character. Returns its length. */
size_t luci_event_line(const luci_event_t *event, const luci_event_origin_t *origin,
                       char line[LUCI_EVENT_LINE_MAX]);

#endif
