/* SPDX-License-Identifier: Apache-2.0 */
#include "core/event/event.h"

#include "core/base/secret.h"
#include "core/base/timestamp.h"

#include <apr_strings.h>
#include <apr_time.h>

#include <string.h>

#define VALUE_MAX 300 /* characters of a value; at most five of them and the rest fit into a line */

void luci_event_report(const luci_event_sink_t *sink, const luci_event_t *event)
{
    if (sink->write)
        sink->write(sink->baton, event);
}

void luci_event_tag(const char *id, char tag[LUCI_EVENT_TAG_HEX + 1])
{
    char hex[LUCI_SHA256_HEX + 1];

    if (luci_secret_sha256_hex(id, strlen(id), hex) != LUCI_OK)
        hex[0] = '\0';
    apr_cpystrn(tag, hex, LUCI_EVENT_TAG_HEX + 1);
}

/* ---- Names ---- */

const char *luci_event_name(luci_event_kind_t kind)
{
    switch (kind) {
    case LUCI_EVENT_SIGN_UP: return "sign_up";
    case LUCI_EVENT_SIGN_IN: return "sign_in";
    case LUCI_EVENT_PASSWORD_CHECK: return "password_check";
    case LUCI_EVENT_SIGN_OUT: return "sign_out";
    case LUCI_EVENT_RENEWAL: return "renewal";
    case LUCI_EVENT_EXPIRY: return "expiry";
    case LUCI_EVENT_MIGRATION: return "takeover";
    case LUCI_EVENT_PASSWORD_CHANGE: return "password_change";
    case LUCI_EVENT_USER_ADD: return "user_add";
    case LUCI_EVENT_USER_SET: return "user_set";
    case LUCI_EVENT_USER_RENAME: return "user_rename";
    case LUCI_EVENT_USER_DISABLE: return "user_disable";
    case LUCI_EVENT_USER_ENABLE: return "user_enable";
    case LUCI_EVENT_USER_DELETE: return "user_delete";
    case LUCI_EVENT_SESSION_REVOKE: return "session_revoke";
    case LUCI_EVENT_KEY_ADD: return "key_add";
    case LUCI_EVENT_KEY_DELETE: return "key_delete";
    case LUCI_EVENT_THROTTLE_CLEAR: return "throttle_clear";
    case LUCI_EVENT_PURGE: return "purge";
    case LUCI_EVENT_IMPORT: return "import";
    case LUCI_EVENT_EXPORT: return "export";
    case LUCI_EVENT_INIT: return "init";
    }
    return "unknown";
}

const char *luci_reason_name(luci_reason_t reason)
{
    switch (reason) {
    case LUCI_REASON_NONE: return "none";
    case LUCI_REASON_UNKNOWN_USER: return "unknown_user";
    case LUCI_REASON_WRONG_PASSWORD: return "wrong_password";
    case LUCI_REASON_NO_PASSWORD: return "no_password";
    case LUCI_REASON_DISABLED: return "disabled";
    case LUCI_REASON_INVALID_USERNAME: return "invalid_username";
    case LUCI_REASON_INVALID_PASSWORD: return "invalid_password";
    case LUCI_REASON_NAME_TAKEN: return "name_taken";
    case LUCI_REASON_THROTTLED: return "throttled";
    case LUCI_REASON_NO_SESSION: return "no_session";
    case LUCI_REASON_CROSS_SITE: return "cross_site";
    case LUCI_REASON_CLOSED: return "closed";
    case LUCI_REASON_BAD_REQUEST: return "bad_request";
    case LUCI_REASON_NOT_FOUND: return "not_found";
    case LUCI_REASON_BUSY: return "busy";
    case LUCI_REASON_UNAVAILABLE: return "unavailable";
    case LUCI_REASON_INTERNAL: return "internal";
    }
    return "unknown";
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

/* ---- The line ---- */

typedef struct {
    char *at;
    char *end; /* where the final NUL stands at the latest */
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

/* Cut between two characters, and then with "..." behind. */
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

/* What does not apply is left out. */
static void put_optional(writer_t *to, const char *name, const char *value)
{
    if (value && *value)
        put_word(to, name, value);
}

static void put_time(writer_t *to, luci_ms_t at)
{
    char text[LUCI_TIMESTAMP_TEXT];

    luci_timestamp_iso(at, text);
    put(to, "time=");
    put(to, text);
}

/* Acts that are about rows, of which there may be none. */
static int counts_rows(luci_event_kind_t kind)
{
    return kind >= LUCI_EVENT_THROTTLE_CLEAR && kind <= LUCI_EVENT_EXPORT;
}

size_t luci_event_line(const luci_event_t *event, const luci_event_origin_t *origin,
                       char line[LUCI_EVENT_LINE_MAX])
{
    writer_t to = { line, line + LUCI_EVENT_LINE_MAX - 1 };
    char count[32] = "";

    if (origin->count || counts_rows(event->kind))
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
    put_optional(&to, "user", event->user_id);
    put_optional(&to, "account", event->account);
    put_optional(&to, "repeated", event->is_repeated ? "yes" : NULL);
    return (size_t)(to.at - line);
}
