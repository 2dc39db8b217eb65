/* SPDX-License-Identifier: Apache-2.0 */
#include "core/event/event.h"

#include "core/base/secret.h"
#include "core/base/timestamp.h"

#include <pthread.h>
#include <apr_strings.h>
#include <apr_time.h>

#include <string.h>

#define VALUE_MAX                                                                                            \
    300 /* characters of a value: five values of this length and all other words fit into a line */

/* ---- Records ---- */

static const luci_event_record_t records[] = {
    [LUCI_EVENT_SIGN_UP] = { .name = "sign_up", .is_activity = 1, .is_credential = 1 },
    [LUCI_EVENT_SIGN_IN] = { .name = "sign_in",
                             .is_activity = 1,
                             .is_credential = 1,
                             .notice = LUCI_MAIL_NOTICE_DEVICE },
    [LUCI_EVENT_PASSWORD_CHECK] = { .name = "password_check",
                                    .is_activity = 1,
                                    .is_credential = 1,
                                    .is_success_silent = 1 },
    [LUCI_EVENT_SIGN_OUT] = { .name = "sign_out", .is_activity = 1, .needs_session = 1 },
    [LUCI_EVENT_RENEWAL] = { .name = "renewal" },
    [LUCI_EVENT_EXPIRY] = { .name = "expiry" },
    [LUCI_EVENT_MIGRATION] = { .name = "takeover" },
    [LUCI_EVENT_PASSWORD_CHANGE] = { .name = "password_change",
                                     .is_activity = 1,
                                     .is_credential = 1,
                                     .needs_session = 1,
                                     .notice = LUCI_MAIL_NOTICE_PASSWORD },
    [LUCI_EVENT_FACTOR] = { .name = "factor", .is_activity = 1, .has_form = 1, .has_code = 1 },
    [LUCI_EVENT_CONFIRM] = { .name = "confirm", .is_activity = 1, .is_credential = 1, .needs_session = 1 },
    [LUCI_EVENT_SESSION_END] = { .name = "session_end",
                                 .is_activity = 1,
                                 .needs_session = 1,
                                 .needs_fresh = 1 },
    [LUCI_EVENT_PASSWORD_RESET] = { .name = "password_reset",
                                    .is_activity = 1,
                                    .is_credential = 1,
                                    .notice = LUCI_MAIL_NOTICE_PASSWORD },
    [LUCI_EVENT_EMAIL_REQUEST] = { .name = "email_request",
                                   .is_activity = 1,
                                   .has_form = 1,
                                   .needs_session = 1,
                                   .needs_fresh = 1 },
    [LUCI_EVENT_EMAIL_VERIFY] = { .name = "email_verify", .is_activity = 1, .has_form = 1, .has_link = 1 },
    [LUCI_EVENT_EMAIL_UNDO] = { .name = "email_undo",
                                .is_activity = 1,
                                .has_form = 1,
                                .has_link = 1,
                                .notice = LUCI_MAIL_NOTICE_EMAIL },
    [LUCI_EVENT_RESET_REQUEST] = { .name = "reset_request", .has_form = 1 },
    [LUCI_EVENT_MAIL] = { .name = "mail", .is_mail = 1 },
    [LUCI_EVENT_USER_SET] = { .name = "user_set",
                              .is_activity = 1,
                              .has_form = 1,
                              .needs_session = 1,
                              .needs_fresh = 1 },
    [LUCI_EVENT_USER_RENAME] = { .name = "user_rename",
                                 .is_activity = 1,
                                 .has_form = 1,
                                 .needs_session = 1,
                                 .needs_fresh = 1,
                                 .notice = LUCI_MAIL_NOTICE_USERNAME },
    [LUCI_EVENT_APP_PASSWORD_ADD] = { .name = "app_password_add",
                                      .is_activity = 1,
                                      .has_form = 1,
                                      .needs_session = 1,
                                      .needs_fresh = 1,
                                      .notice = LUCI_MAIL_NOTICE_FACTOR },
    [LUCI_EVENT_APP_PASSWORD_DELETE] = { .name = "app_password_delete",
                                         .is_activity = 1,
                                         .has_form = 1,
                                         .needs_session = 1,
                                         .needs_fresh = 1 },
    [LUCI_EVENT_FACTOR_ADD] = { .name = "factor_add",
                                .is_activity = 1,
                                .has_code = 1,
                                .has_form = 1,
                                .needs_session = 1,
                                .needs_fresh = 1,
                                .notice = LUCI_MAIL_NOTICE_FACTOR },
    [LUCI_EVENT_FACTOR_REMOVE] = { .name = "factor_remove",
                                   .is_activity = 1,
                                   .has_form = 1,
                                   .needs_session = 1,
                                   .needs_fresh = 1,
                                   .notice = LUCI_MAIL_NOTICE_FACTOR },
    [LUCI_EVENT_RECOVERY_CODES] = { .name = "recovery_codes",
                                    .is_activity = 1,
                                    .has_form = 1,
                                    .needs_session = 1,
                                    .needs_fresh = 1,
                                    .notice = LUCI_MAIL_NOTICE_FACTOR },
    [LUCI_EVENT_USER_DELETE] = { .name = "user_delete", .has_form = 1, .needs_session = 1, .needs_fresh = 1 },
    [LUCI_EVENT_USER_ADD] = { .name = "user_add" },
    [LUCI_EVENT_USER_DISABLE] = { .name = "user_disable" },
    [LUCI_EVENT_USER_ENABLE] = { .name = "user_enable" },
    [LUCI_EVENT_USER_APPROVE] = { .name = "user_approve" },
    [LUCI_EVENT_USER_EXPIRE] = { .name = "user_expire" },
    [LUCI_EVENT_USER_EMAIL] = { .name = "user_email", .notice = LUCI_MAIL_NOTICE_EMAIL },
    [LUCI_EVENT_USER_LINK] = { .name = "user_link" },
    [LUCI_EVENT_FACTOR_RESET] = { .name = "factor_reset", .notice = LUCI_MAIL_NOTICE_FACTOR },
    [LUCI_EVENT_INVITE_ADD] = { .name = "invite_add" },
    [LUCI_EVENT_INVITE_DELETE] = { .name = "invite_delete" },
    [LUCI_EVENT_GROUP_ADD] = { .name = "group_add" },
    [LUCI_EVENT_GROUP_REMOVE] = { .name = "group_remove" },
    [LUCI_EVENT_SESSION_REVOKE] = { .name = "session_revoke" },
    [LUCI_EVENT_KEY_ADD] = { .name = "key_add" },
    [LUCI_EVENT_KEY_DELETE] = { .name = "key_delete" },
    [LUCI_EVENT_THROTTLE_CLEAR] = { .name = "throttle_clear", .has_count = 1 },
    [LUCI_EVENT_PURGE] = { .name = "purge", .has_count = 1 },
    [LUCI_EVENT_IMPORT] = { .name = "import", .has_count = 1 },
    [LUCI_EVENT_EXPORT] = { .name = "export", .has_count = 1 },
    [LUCI_EVENT_INIT] = { .name = "init" },
};
_Static_assert(sizeof records / sizeof *records == LUCI_EVENTS, "each kind of event has a record");

/* Which of the counted events can end with a reason. */
typedef enum {
    ANY_EVENT,
    CREDENTIALS,
    FACTORS,
    CREDENTIALS_AND_FACTORS,
    FACTOR_CHANGES,
    PASSKEYS,
    PASSKEY_SIGN_IN,
    NEEDS_FACTOR,
    NEEDS_ADDRESS,
    FORMS,
    FORMS_AND_MAILS,
    CREDENTIALS_AND_MAILS,
    MAILS,
    ATTRIBUTES,
    NEW_PASSWORD,
    NEEDS_SESSION,
    ASKS_FACTOR,
    NEEDS_FRESH,
    NEEDS_LINK,
    WITHOUT_SESSION,
    DELETION,
    NO_EVENT
} applies_to_t;

static const struct {
    const char *name;
    applies_to_t applies_to;
} reasons[] = {
    [LUCI_REASON_NONE] = { "none", ANY_EVENT },
    [LUCI_REASON_UNKNOWN_USER] = { "unknown_user", CREDENTIALS },
    [LUCI_REASON_WRONG_PASSWORD] = { "wrong_password", CREDENTIALS },
    [LUCI_REASON_NO_PASSWORD] = { "no_password", CREDENTIALS },
    [LUCI_REASON_DISABLED] = { "disabled", CREDENTIALS_AND_MAILS },
    [LUCI_REASON_FACTOR_MISSING] = { "factor_missing", ASKS_FACTOR },
    [LUCI_REASON_TOO_MANY_FAILURES] = { "too_many_failures", CREDENTIALS_AND_FACTORS },
    [LUCI_REASON_WRONG_CODE] = { "wrong_code", FACTORS },
    [LUCI_REASON_USED_CODE] = { "used_code", FACTORS },
    [LUCI_REASON_UNKNOWN_PASSKEY] = { "unknown_passkey", PASSKEY_SIGN_IN },
    [LUCI_REASON_WRONG_PASSKEY] = { "wrong_passkey", PASSKEYS },
    [LUCI_REASON_ONE_FACTOR] = { "one_factor", NEEDS_FACTOR },
    [LUCI_REASON_UNVERIFIED] = { "unverified", NEEDS_ADDRESS },
    [LUCI_REASON_HAS_FACTOR] = { "has_factor", FACTOR_CHANGES },
    [LUCI_REASON_INVALID_USERNAME] = { "invalid_username", FORMS },
    [LUCI_REASON_INVALID_PASSWORD] = { "invalid_password", CREDENTIALS },
    [LUCI_REASON_WEAK_PASSWORD] = { "weak_password", NEW_PASSWORD },
    [LUCI_REASON_NAME_TAKEN] = { "name_taken", FORMS },
    [LUCI_REASON_VALUE_TAKEN] = { "value_taken", ATTRIBUTES },
    [LUCI_REASON_THROTTLED] = { "throttled", FORMS_AND_MAILS },
    [LUCI_REASON_NO_SESSION] = { "no_session", NEEDS_SESSION },
    [LUCI_REASON_UNCONFIRMED] = { "unconfirmed", NEEDS_FRESH },
    [LUCI_REASON_INVALID_LINK] = { "invalid_link", NEEDS_LINK },
    [LUCI_REASON_NO_ADDRESS] = { "no_address", MAILS },
    [LUCI_REASON_CROSS_SITE] = { "cross_site", WITHOUT_SESSION },
    [LUCI_REASON_CLOSED] = { "closed", FORMS },
    [LUCI_REASON_REFERENCED] = { "referenced", DELETION },
    [LUCI_REASON_BAD_REQUEST] = { "bad_request", FORMS },
    [LUCI_REASON_NOT_FOUND] = { "not_found", NO_EVENT },
    [LUCI_REASON_BUSY] = { "busy", ANY_EVENT },
    [LUCI_REASON_UNAVAILABLE] = { "unavailable", ANY_EVENT },
    [LUCI_REASON_INTERNAL] = { "internal", ANY_EVENT },
};
_Static_assert(sizeof reasons / sizeof *reasons == LUCI_REASONS, "each reason has a record");

const luci_event_record_t *luci_event_record(luci_event_kind_t kind)
{
    return &records[kind];
}

const char *luci_event_name(luci_event_kind_t kind)
{
    return records[kind].name;
}

const char *luci_reason_name(luci_reason_t reason)
{
    return reasons[reason].name;
}

static int has_passkey(luci_event_kind_t kind)
{
    return kind == LUCI_EVENT_SIGN_IN || kind == LUCI_EVENT_FACTOR || kind == LUCI_EVENT_CONFIRM;
}

int luci_reason_applies(luci_reason_t reason, luci_event_kind_t kind)
{
    switch (reasons[reason].applies_to) {
    case ANY_EVENT: return 1;
    case CREDENTIALS: return records[kind].is_credential;
    case FACTORS: return records[kind].has_code;
    case CREDENTIALS_AND_FACTORS: return records[kind].is_credential || records[kind].has_code;
    case FACTOR_CHANGES:
        return kind == LUCI_EVENT_FACTOR_ADD || kind == LUCI_EVENT_FACTOR_REMOVE ||
               kind == LUCI_EVENT_RECOVERY_CODES;
    case PASSKEYS: return kind == LUCI_EVENT_FACTOR_ADD || has_passkey(kind);
    case PASSKEY_SIGN_IN: return has_passkey(kind);
    case NEEDS_FACTOR:
        return kind == LUCI_EVENT_FACTOR_ADD || kind == LUCI_EVENT_FACTOR_REMOVE ||
               kind == LUCI_EVENT_RECOVERY_CODES || kind == LUCI_EVENT_APP_PASSWORD_ADD ||
               kind == LUCI_EVENT_APP_PASSWORD_DELETE || kind == LUCI_EVENT_EMAIL_REQUEST;
    case NEEDS_ADDRESS: return records[kind].needs_session || kind == LUCI_EVENT_PASSWORD_CHECK;
    case FORMS: return records[kind].is_credential || records[kind].has_form;
    case FORMS_AND_MAILS:
        return records[kind].is_credential || records[kind].has_form || records[kind].is_mail;
    case CREDENTIALS_AND_MAILS: return records[kind].is_credential || records[kind].is_mail;
    case MAILS: return records[kind].is_mail;
    case ATTRIBUTES:
        return kind == LUCI_EVENT_USER_SET || kind == LUCI_EVENT_SIGN_UP || kind == LUCI_EVENT_EMAIL_REQUEST;
    case NEW_PASSWORD:
        return kind == LUCI_EVENT_SIGN_UP || kind == LUCI_EVENT_PASSWORD_CHANGE ||
               kind == LUCI_EVENT_PASSWORD_RESET;
    case ASKS_FACTOR:
        return kind == LUCI_EVENT_SIGN_IN || kind == LUCI_EVENT_CONFIRM || kind == LUCI_EVENT_PASSWORD_CHECK;
    case NEEDS_LINK:
        return kind == LUCI_EVENT_PASSWORD_RESET || kind == LUCI_EVENT_SIGN_UP || records[kind].has_link;
    case WITHOUT_SESSION:
        return records[kind].is_credential || records[kind].has_link || kind == LUCI_EVENT_RESET_REQUEST;
    case NEEDS_SESSION: return records[kind].needs_session;
    case NEEDS_FRESH: return records[kind].needs_fresh;
    case DELETION: return kind == LUCI_EVENT_USER_DELETE;
    case NO_EVENT: return 0;
    }
    return 0;
}

static short places[LUCI_EVENTS_COUNTED][LUCI_REASONS];

static void number_places(void)
{
    short next = 0;

    for (int kind = 0; kind < LUCI_EVENTS_COUNTED; kind++) {
        for (int reason = 0; reason < LUCI_REASONS; reason++) {
            if (luci_reason_applies((luci_reason_t)reason, (luci_event_kind_t)kind))
                places[kind][reason] = next++;
        }
        for (int reason = 0; reason < LUCI_REASONS; reason++) {
            if (!luci_reason_applies((luci_reason_t)reason, (luci_event_kind_t)kind))
                places[kind][reason] = places[kind][LUCI_REASON_INTERNAL];
        }
    }
}

int luci_event_place(luci_event_kind_t kind, luci_reason_t reason)
{
    static pthread_once_t once = PTHREAD_ONCE_INIT;

    (void)pthread_once(&once, number_places);
    return places[kind][reason];
}

luci_reason_t luci_reason_of(luci_result_t result)
{
    switch (result) {
    case LUCI_OK: return LUCI_REASON_NONE;
    case LUCI_BUSY: return LUCI_REASON_BUSY;
    case LUCI_UNAVAILABLE: return LUCI_REASON_UNAVAILABLE;
    case LUCI_THROTTLED: return LUCI_REASON_THROTTLED;
    case LUCI_NOT_FOUND:
    case LUCI_DENIED:
    case LUCI_EXPIRED:
    case LUCI_CONFLICT:
    case LUCI_INVALID:
    case LUCI_INTERNAL: break;
    }
    return LUCI_REASON_INTERNAL;
}

/* ---- Reporting ---- */

void luci_event_report(const luci_event_sink_t *sink, const luci_event_t *event)
{
    if (sink->write)
        sink->write(sink->baton, event);
}

void luci_event_notice(const luci_event_sink_t *sink, const luci_notice_t *notice)
{
    if (sink->notice)
        sink->notice(sink->baton, notice);
}

void luci_event_tag(const char *id, char tag[LUCI_EVENT_TAG_HEX + 1])
{
    char hex[LUCI_SHA256_HEX + 1];

    if (luci_secret_sha256_hex(id, strlen(id), hex) != LUCI_OK)
        hex[0] = '\0';
    apr_cpystrn(tag, hex, LUCI_EVENT_TAG_HEX + 1);
}

/* ---- The audit line ---- */

typedef struct {
    char *at;
    char *end; /* the last byte of the buffer, for the final NUL */
} writer_t;

static void put(writer_t *to, const char *text)
{
    to->at = apr_cpystrn(to->at, text, (apr_size_t)(to->end - to->at) + 1);
}

static int is_plain(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
           (c && strchr("-._~:/@+,[]", c));
}

/* A value that is too long is cut between two encoded characters and ends with "...". apr_escape_urlencoded
 * is of no use here: it writes a space as "+" and has another set of unescaped characters. */
static void put_value(writer_t *to, const char *value)
{
    static const char digits[] = "0123456789ABCDEF";
    char encoded[VALUE_MAX + sizeof "..."];
    size_t length = 0;

    for (; *value && length + 3 <= VALUE_MAX; value++) {
        unsigned char byte = (unsigned char)*value;

        if (is_plain(*value)) {
            encoded[length++] = *value;
            continue;
        }
        encoded[length++] = '%';
        encoded[length++] = digits[byte >> 4];
        encoded[length++] = digits[byte & 15];
    }
    apr_cpystrn(encoded + length, *value ? "..." : "", sizeof "...");
    put(to, encoded);
}

static void put_word(writer_t *to, const char *name, const char *value)
{
    put(to, " ");
    put(to, name);
    put(to, "=");
    put_value(to, value && *value ? value : "-");
}

static void put_optional(writer_t *to, const char *name, const char *value)
{
    if (value && *value)
        put_word(to, name, value);
}

static void put_time(writer_t *to, luci_ms_t at)
{
    char text[LUCI_TIMESTAMP_TEXT];

    luci_timestamp_to_iso(at, text);
    put(to, "time=");
    put(to, text);
}

size_t luci_event_line(const luci_event_t *event, const luci_event_origin_t *origin,
                       char line[LUCI_EVENT_LINE_MAX])
{
    writer_t to = { line, line + LUCI_EVENT_LINE_MAX - 1 };
    char count[32] = "";

    if (origin->count || luci_event_record(event->kind)->has_count)
        apr_snprintf(count, sizeof count, "%" APR_INT64_T_FMT, origin->count);
    put_time(&to, event->at);
    put_word(&to, "event", luci_event_name(event->kind));
    put_word(&to, "result", event->reason == LUCI_REASON_NONE ? "ok" : "failure");
    put_word(&to, "reason", event->reason == LUCI_REASON_NONE ? NULL : luci_reason_name(event->reason));
    put_word(&to, "address", origin->address);
    put_optional(&to, "vhost", origin->vhost);
    put_optional(&to, "by", origin->by);
    put_optional(&to, "count", count);
    put_optional(&to, "session", event->session);
    put_optional(&to, "app", event->app_password);
    put_optional(&to, "user", event->user_id);
    put_optional(&to, "account", event->account);
    put_optional(&to, "factor", event->factor);
    put_optional(&to, "provider", event->provider);
    put_optional(&to, "mail", event->mail);
    put_optional(&to, "invitation", event->invitation);
    put_optional(&to, "repeated", event->is_repeated ? "yes" : NULL);
    return (size_t)(to.at - line);
}
