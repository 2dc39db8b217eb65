/* SPDX-License-Identifier: Apache-2.0 */
/* The line of an event: its words, what names can't do to it, its length. Specification: S9.15 and S9.22. */
#include "core/base/secret.h"
#include "core/event/event.h"
#include "lib/support.h"
#include "lib/tap.h"

#include <stdio.h>
#include <string.h>

#define AT 1795298400123 /* 2026-11-21 22:00:00.123 UTC */
#define SINCE "time=2026-11-21T22:00:00.123Z "

static char line[LUCI_EVENT_LINE_MAX];

static const char *line_of(luci_event_t event, luci_event_origin_t origin)
{
    size_t length = luci_event_line(&event, &origin, line);

    tap_is_int(length, strlen(line), "its length is said");
    return line;
}

static void check_words(void)
{
    luci_event_t event = { .kind = LUCI_EVENT_SIGN_IN, .at = AT, .reason = LUCI_REASON_WRONG_PASSWORD };
    luci_event_origin_t origin = { .address = "192.0.2.7", .vhost = "www.example.org" };

    event.account = "alice";
    event.user_id = "abc";
    strcpy(event.session, "0123456789ab");
    tap_is_str(line_of(event, origin),
               SINCE "event=sign_in result=failure reason=wrong_password address=192.0.2.7 "
                     "vhost=www.example.org session=0123456789ab user=abc account=alice",
               "all words of a visitor's event");
    event.is_repeated = 1;
    tap_ok(strcmp(line_of(event, origin) + strlen(SINCE),
                  "event=sign_in result=failure reason=wrong_password address=192.0.2.7 "
                  "vhost=www.example.org session=0123456789ab user=abc account=alice repeated=yes") == 0,
           "a repeated one says so last");
    tap_is_str(line_of((luci_event_t){ .at = AT }, (luci_event_origin_t){ 0 }),
               SINCE "event=sign_up result=ok reason=- address=-",
               "the first five are always there, the others when they apply");
    tap_is_str(line_of((luci_event_t){ .kind = LUCI_EVENT_PURGE, .at = AT },
                       (luci_event_origin_t){ .by = "root", .count = 12345678901 }),
               SINCE "event=purge result=ok reason=- address=- by=root count=12345678901",
               "an administrator's act");
    tap_is_str(
        line_of((luci_event_t){ .kind = LUCI_EVENT_IMPORT, .at = AT }, (luci_event_origin_t){ .by = "root" }),
        SINCE "event=import result=ok reason=- address=- by=root count=0", "one about no row says so");
    event = (luci_event_t){ .at = AT, .kind = LUCI_EVENT_APP_PASSWORD_ADD, .user_id = "abc" };
    strcpy(event.app_password, "0123456789ab");
    tap_is_str(line_of(event, (luci_event_origin_t){ 0 }),
               SINCE "event=app_password_add result=ok reason=- address=- app=0123456789ab user=abc",
               "an event of an app password has its tag");
    tap_is_str(line_of((luci_event_t){ .at = AT, .kind = LUCI_EVENT_MAIL, .user_id = "abc", .mail = "reset" },
                       (luci_event_origin_t){ 0 }),
               SINCE "event=mail result=ok reason=- address=- user=abc mail=reset",
               "an event of a mail has its kind");
    event = (luci_event_t){ .at = AT, .kind = LUCI_EVENT_MAIL, .mail = "invitation" };
    strcpy(event.invitation, "0123456789ab");
    tap_is_str(line_of(event, (luci_event_origin_t){ 0 }),
               SINCE "event=mail result=ok reason=- address=- mail=invitation invitation=0123456789ab",
               "an event of an invitation has its tag");
    origin.address = "2001:db8::1";
    event = (luci_event_t){ .at = 5, .kind = LUCI_EVENT_SIGN_OUT };
    tap_is_str(line_of(event, origin),
               "time=1970-01-01T00:00:00.005Z event=sign_out result=ok reason=- address=2001:db8::1 "
               "vhost=www.example.org",
               "an IPv6 address stays readable");
}

/* What an account may be called, and worse. */
static const struct {
    const char *account;
    const char *said;
} names[] = {
    { "alice", "alice" },
    { "a.b-c_d~e:f/g@h+i,j[k]", "a.b-c_d~e:f/g@h+i,j[k]" },
    { "a b", "a%20b" },
    { "x address=1.2.3.4", "x%20address%3D1.2.3.4" },
    { "x\ntime=2026", "x%0Atime%3D2026" },
    { "\r\n\t\x1b[31m\x7f", "%0D%0A%09%1B[31m%7F" },
    { "\"'\\%20", "%22%27%5C%2520" },
    { "<b>&$(id)`id`;|*?!#{}^", "%3Cb%3E%26%24%28id%29%60id%60%3B%7C%2A%3F%21%23%7B%7D%5E" },
    { "\xc3\xa9\xe2\x80\xae", "%C3%A9%E2%80%AE" },
    { "\xff\xfe\x80", "%FF%FE%80" },
    { "-", "-" },
    { "", NULL },
};

static void check_names(void)
{
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        const char *got =
            line_of((luci_event_t){ .at = AT, .account = names[i].account }, (luci_event_origin_t){ 0 });
        const char *account = strstr(got, " account=");

        tap_is_str(account ? account + 9 : NULL, names[i].said, "S9.22: name %d", (int)i);
        tap_is_int(
            strspn(line, "-._~:/@+,[]=% ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789"),
            strlen(line), "S9.22: the line has harmless characters only");
    }
}

static void check_length(void)
{
    char plain[5000], escaped[5000];
    const char *got;

    memset(plain, 'a', sizeof plain - 1);
    plain[sizeof plain - 1] = '\0';
    memset(escaped, '\n', sizeof escaped - 1);
    escaped[sizeof escaped - 1] = '\0';
    got = line_of((luci_event_t){ .at = AT, .account = escaped, .user_id = escaped },
                  (luci_event_origin_t){ escaped, escaped, escaped, APR_INT64_MAX });
    tap_ok(strlen(got) < LUCI_EVENT_LINE_MAX - 1, "the longest line fits: %d", (int)strlen(got));
    tap_is_str(got + strlen(got) - 9, "%0A%0A...", "a value is cut between two characters");
    tap_is_int(strlen(strstr(got, "account=")), 8 + 300 + 3, "at 300 characters, and it shows");
    got = line_of((luci_event_t){ .at = AT, .account = plain }, (luci_event_origin_t){ 0 });
    tap_ok(strlen(strstr(got, "account=")) <= 8 + 300 + 3, "a plain value is cut at 300 characters");
    tap_is_str(got + strlen(got) - 4, "a...", "a cut value ends with dots");
}

static void check_tag(void)
{
    char tag[LUCI_EVENT_TAG_HEX + 1];

    luci_event_tag("abc", tag);
    tap_is_str(tag, "ba7816bf8f01", "a tag is the beginning of the SHA-256 (FIPS 180-2's first example)");
}

static void check_words_of_enums(void)
{
    for (int i = 0; i < LUCI_EVENTS; i++) {
        const char *name = luci_event_name((luci_event_kind_t)i);

        tap_is_int(strspn(name, "abcdefghijklmnopqrstuvwxyz_"), strlen(name), "%s is a word", name);
        for (int other = 0; other < i; other++)
            if (strcmp(name, luci_event_name((luci_event_kind_t)other)) == 0)
                tap_fail("%s stands for one event", name);
    }
    for (int i = 0; i < LUCI_REASONS; i++) {
        const char *name = luci_reason_name((luci_reason_t)i);

        tap_is_int(strspn(name, "abcdefghijklmnopqrstuvwxyz_"), strlen(name), "%s is a word", name);
        for (int other = 0; other < i; other++)
            if (strcmp(name, luci_reason_name((luci_reason_t)other)) == 0)
                tap_fail("%s stands for one reason", name);
    }
    tap_is_int(luci_reason_of(LUCI_OK), LUCI_REASON_NONE, "LUCI_OK has no reason");
    tap_is_int(luci_reason_of(LUCI_BUSY), LUCI_REASON_BUSY, "LUCI_BUSY has its reason");
    tap_is_int(luci_reason_of(LUCI_UNAVAILABLE), LUCI_REASON_UNAVAILABLE, "LUCI_UNAVAILABLE has its reason");
    tap_is_int(luci_reason_of(LUCI_THROTTLED), LUCI_REASON_THROTTLED, "LUCI_THROTTLED has its reason");
    tap_is_int(luci_reason_of(LUCI_DENIED), LUCI_REASON_INTERNAL, "what needs a better reason is not hidden");
}

/* Backticks around a name, as in the tables of the documentation. */
static void check_documentation(void)
{
    static char text[65536];
    FILE *file = fopen("doc/audit.md", "r");
    size_t length = file ? fread(text, 1, sizeof text - 1, file) : 0;
    char quoted[64];

    if (file)
        fclose(file);
    tap_ok(length > 0 && length < sizeof text - 1, "doc/audit.md is read");
    for (int i = 0; i < LUCI_EVENTS; i++) {
        snprintf(quoted, sizeof quoted, "`%s`", luci_event_name((luci_event_kind_t)i));
        tap_ok(strstr(text, quoted) != NULL, "doc/audit.md lists the event %s", quoted);
    }
    for (int i = LUCI_REASON_NONE + 1; i < LUCI_REASONS; i++) {
        snprintf(quoted, sizeof quoted, "`%s`", luci_reason_name((luci_reason_t)i));
        tap_ok(strstr(text, quoted) != NULL, "doc/audit.md lists the reason %s", quoted);
    }
}

/* Which events and reasons mod_status and the metrics show. */
static void check_records(void)
{
    int credentials = 0, counts = 0, silent = 0;

    for (int i = 0; i < LUCI_EVENTS; i++) {
        const luci_event_record_t *record = luci_event_record((luci_event_kind_t)i);

        credentials += record->is_credential;
        counts += record->has_count;
        silent += record->is_success_silent;
    }
    tap_is_int(credentials, 6, "credentials are presented in six events");
    tap_is_int(counts, 4, "four events always have a count");
    tap_is_int(silent, 1, "successes of one event are not written");
    tap_ok(luci_event_record(LUCI_EVENT_PASSWORD_CHECK)->is_success_silent, "of a password check");
    tap_ok(luci_reason_applies(LUCI_REASON_WRONG_PASSWORD, LUCI_EVENT_SIGN_IN) &&
               !luci_reason_applies(LUCI_REASON_WRONG_PASSWORD, LUCI_EVENT_SIGN_OUT),
           "a password may be wrong at sign-in and not at sign-out");
    tap_ok(luci_reason_applies(LUCI_REASON_NO_SESSION, LUCI_EVENT_SIGN_OUT) &&
               !luci_reason_applies(LUCI_REASON_NO_SESSION, LUCI_EVENT_SIGN_UP),
           "a session may be missing at sign-out and not at sign-up");
    tap_ok(luci_reason_applies(LUCI_REASON_BUSY, LUCI_EVENT_RENEWAL), "the server may be busy at a renewal");
    tap_ok(luci_reason_applies(LUCI_REASON_THROTTLED, LUCI_EVENT_MAIL) &&
               luci_reason_applies(LUCI_REASON_NO_ADDRESS, LUCI_EVENT_MAIL) &&
               luci_reason_applies(LUCI_REASON_DISABLED, LUCI_EVENT_MAIL) &&
               !luci_reason_applies(LUCI_REASON_NO_ADDRESS, LUCI_EVENT_SIGN_IN),
           "a mail may be refused, and a user of a mail may have no address");
    tap_ok(luci_reason_applies(LUCI_REASON_CROSS_SITE, LUCI_EVENT_RESET_REQUEST) &&
               !luci_reason_applies(LUCI_REASON_CROSS_SITE, LUCI_EVENT_USER_SET),
           "a form that needs no session may come from another site");
    tap_ok(!luci_reason_applies(LUCI_REASON_NOT_FOUND, LUCI_EVENT_SIGN_IN),
           "sign-in finds no user, and says so otherwise");
}

/* Each pair has a number of its own, and none is left out. */
static void check_places(void)
{
    static int seen[LUCI_EVENT_PLACES];
    int doubled = 0, beyond = 0, missing = 0, others = 0;

    for (int kind = 0; kind < LUCI_EVENTS_COUNTED; kind++) {
        for (int reason = 0; reason < LUCI_REASONS; reason++) {
            int place = luci_event_place((luci_event_kind_t)kind, (luci_reason_t)reason);

            if (place < 0 || place >= LUCI_EVENT_PLACES)
                beyond++;
            else if (luci_reason_applies((luci_reason_t)reason, (luci_event_kind_t)kind))
                doubled += seen[place]++ > 0;
            else
                others += place != luci_event_place((luci_event_kind_t)kind, LUCI_REASON_INTERNAL);
        }
    }
    for (int i = 0; i < LUCI_EVENT_PLACES; i++)
        missing += !seen[i];
    tap_is_int(doubled, 0, "no two pairs of an event and a reason share a counter");
    tap_is_int(beyond, 0, "LUCI_EVENT_PLACES is large enough for all pairs");
    tap_is_int(missing, 0, "LUCI_EVENT_PLACES is no larger than the number of pairs");
    tap_is_int(others, 0, "a reason that does not apply counts as an internal error");
}

int main(void)
{
    support_start();
    check_words();
    check_places();
    check_names();
    check_length();
    check_tag();
    check_words_of_enums();
    check_records();
    check_documentation();
    return tap_done();
}
