/* SPDX-License-Identifier: Apache-2.0 */
/* Notices by mail: which events make one, to whom, what the row says and how it is read back; and which
 * sign-ins are told. t/engines/engines_unit.t runs this on PostgreSQL and MariaDB. Specification: S9.95 and
 * S9.96. */
#include "core/mail_notice/mail_notice.h"

#include "core/mail/transport.h"
#include "core/mail_notice/device_notice.h"
#include "lib/support_auth.h"
#include "lib/tap.h"

#include <apr_strings.h>
#include <string.h>

#define MAILS "SELECT count(*) FROM auth_user_mail"
#define DETAIL "SELECT detail FROM auth_user_mail"
#define FIREFOX "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0"
#define ALL                                                                                                  \
    (LUCI_MAIL_NOTICE_DEVICE | LUCI_MAIL_NOTICE_PASSWORD | LUCI_MAIL_NOTICE_EMAIL |                          \
     LUCI_MAIL_NOTICE_FACTOR | LUCI_MAIL_NOTICE_USERNAME)

static const luci_mail_server_t mail_server = { .transport = &luci_transport_smtp };
static support_auth_t *with;
static apr_pool_t *pool;
static luci_user_t alice;
static luci_mail_origin_t origin = { "192.0.2.1", FIREFOX, "de" };

static void run(const char *sql)
{
    support_run(with->target.params, sql);
}

static const char *value(const char *sql)
{
    return support_auth_value(with, sql);
}

static void forget(void)
{
    run("DELETE FROM auth_user_mail");
}

/* alice as the database has her now. */
static void read_alice(void)
{
    if (luci_user_find(with->db, "alice", &alice, pool) != LUCI_OK)
        support_give_up("alice", luci_db_error(with->db));
}

static luci_result_t queue(luci_event_kind_t event)
{
    luci_mail_notice_t notice = { .event = event, .user = &alice, .origin = &origin, .now = NOW };

    return luci_mail_notice_queue(with->db, &with->settings, &notice, pool);
}

static luci_mail_notice_detail_t read_back(const char *mail)
{
    luci_mail_notice_detail_t read;

    tap_is_result(luci_mail_notice_read(mail, value(DETAIL), &read, pool), LUCI_OK,
                  "S9.95: the row of a %s is read back", mail);
    return read;
}

/* ---- Which events ---- */

static void check_kinds(void)
{
    static const struct {
        luci_event_kind_t event;
        int bit;
        const char *mail; /* NULL: no notice */
    } cases[] = {
        { LUCI_EVENT_SIGN_IN, LUCI_MAIL_NOTICE_DEVICE, "notice_device" },
        { LUCI_EVENT_PASSWORD_CHANGE, LUCI_MAIL_NOTICE_PASSWORD, "notice_password" },
        { LUCI_EVENT_PASSWORD_RESET, LUCI_MAIL_NOTICE_PASSWORD, "notice_password" },
        { LUCI_EVENT_FACTOR_ADD, LUCI_MAIL_NOTICE_FACTOR, "notice_factor" },
        { LUCI_EVENT_FACTOR_REMOVE, LUCI_MAIL_NOTICE_FACTOR, "notice_factor" },
        { LUCI_EVENT_FACTOR_RESET, LUCI_MAIL_NOTICE_FACTOR, "notice_factor" },
        { LUCI_EVENT_RECOVERY_CODES, LUCI_MAIL_NOTICE_FACTOR, "notice_factor" },
        { LUCI_EVENT_APP_PASSWORD_ADD, LUCI_MAIL_NOTICE_FACTOR, "notice_factor" },
        { LUCI_EVENT_USER_EMAIL, LUCI_MAIL_NOTICE_EMAIL, "notice_email" },
        { LUCI_EVENT_EMAIL_UNDO, LUCI_MAIL_NOTICE_EMAIL, "notice_email" },
        { LUCI_EVENT_EMAIL_VERIFY, 0, NULL },
        { LUCI_EVENT_EMAIL_REQUEST, 0, NULL },
        { LUCI_EVENT_APP_PASSWORD_DELETE, 0, NULL },
        { LUCI_EVENT_SIGN_UP, 0, NULL },
        { LUCI_EVENT_SIGN_OUT, 0, NULL },
        { LUCI_EVENT_USER_RENAME, LUCI_MAIL_NOTICE_USERNAME, "notice_username" },
        { LUCI_EVENT_USER_SET, 0, NULL },
        { LUCI_EVENT_USER_DELETE, 0, NULL },
    };

    for (int i = 0; i < COUNT(cases); i++) {
        const char *name = luci_event_name(cases[i].event);

        forget();
        with->settings.mail_notices = ALL;
        tap_is_result(queue(cases[i].event), LUCI_OK, "S9.95: %s with all notices", name);
        tap_is_str(value("SELECT kind FROM auth_user_mail"), cases[i].mail,
                   "S9.95: the kind of the notice of %s", name);
        with->settings.mail_notices = ALL & ~cases[i].bit;
        tap_is_result(queue(cases[i].event), LUCI_OK, "S9.95: %s without its notice", name);
        tap_is_int(support_auth_number(with, MAILS), cases[i].mail && cases[i].bit ? 1 : 0,
                   "S9.95: without its word in LuciaMailNotices, %s queues nothing", name);
    }
    forget();
    with->settings.mail_notices = ALL;
    with->settings.mail = NULL;
    tap_is_result(queue(LUCI_EVENT_PASSWORD_CHANGE), LUCI_OK, "S9.95: a change without LuciaMail");
    with->settings.mail = &mail_server;
    tap_is_int(support_auth_number(with, MAILS), 0, "S9.95: without LuciaMail no notice is queued");
}

/* ---- To whom ---- */

static void check_recipients(void)
{
    static const struct {
        const char *columns;
        const char *to; /* NULL: no mail */
        const char *what;
    } cases[] = {
        { "email = 'Alice@Example.com', email_verified = 1", "Alice@example.com", "a verified address" },
        { "email = 'alice@example.com', email_verified = 0", NULL, "an address that is not verified" },
        { "email = 'alice@example.com', email_verified = NULL", NULL,
          "an address of which nothing is known" },
        { "email = NULL, email_verified = 1", NULL, "no address" },
        { "email = 'alice', email_verified = 1", NULL, "a text that is no address" },
        { "email = 'a@example.com, b@example.com', email_verified = 1", NULL, "two addresses" },
    };

    for (int i = 0; i < COUNT(cases); i++) {
        forget();
        run(apr_pstrcat(pool, "UPDATE auth_user SET ", cases[i].columns, NULL));
        read_alice();
        tap_is_result(queue(LUCI_EVENT_PASSWORD_CHANGE), LUCI_OK, "S9.95: a change with %s", cases[i].what);
        tap_is_str(value("SELECT address FROM auth_user_mail"), cases[i].to, "S9.95: the recipient with %s",
                   cases[i].what);
    }
    run("UPDATE auth_user SET email = 'alice@example.com', email_verified = 1");
    read_alice();
}

static void check_new_address(void)
{
    static const struct {
        const char *address;
        int told;
    } cases[] = { { NULL, 1 },
                  { "bobby@example.com", 1 },
                  { "alice@example.com", 0 },
                  { "ALICE@Example.COM", 0 },
                  { "alice", 1 } };

    for (int i = 0; i < COUNT(cases); i++) {
        luci_mail_notice_t notice = {
            .event = LUCI_EVENT_USER_EMAIL, .user = &alice, .new_address = cases[i].address, .now = NOW
        };

        forget();
        tap_is_result(luci_mail_notice_queue(with->db, &with->settings, &notice, pool), LUCI_OK,
                      "S9.95: the address becomes %s", cases[i].address ? cases[i].address : "none");
        tap_is_int(support_auth_number(with, MAILS), cases[i].told,
                   "S9.95: the notices when the address becomes %s",
                   cases[i].address ? cases[i].address : "none");
    }
}

/* ---- What it says ---- */

static void check_details(void)
{
    luci_mail_notice_t notice = { .event = LUCI_EVENT_FACTOR_ADD, .factor = "totp", .user = &alice };
    luci_mail_notice_detail_t read;

    forget();
    notice.origin = &origin;
    notice.now = NOW;
    tap_is_result(luci_mail_notice_queue(with->db, &with->settings, &notice, pool), LUCI_OK,
                  "S9.95: an app is set up");
    tap_is_str(value("SELECT name FROM auth_user_mail"), "alice", "S9.95: the row names the account");
    tap_is_str(value("SELECT language FROM auth_user_mail"), "de", "S9.95: the row has the language");
    tap_is_int(support_auth_number(with, "SELECT expires_at - created_at FROM auth_user_mail"),
               2 * LUCI_MS_DAY, "S9.95: a notice is sent within two days");
    read = read_back("notice_factor");
    tap_is_int(read.event, LUCI_EVENT_FACTOR_ADD, "S9.95: the row has the event");
    tap_is_str(read.factor, "totp", "S9.95: the row has the factor");
    tap_is_str(read.address, "192.0.2.1", "S9.95: the row has the client's address");
    tap_is_str(read.browser, "Firefox", "S9.95: the row has the browser as the list of sessions names it");
    tap_is_str(read.system, "Linux", "S9.95: the row has the system as the list of sessions names it");
    tap_is_int(read.is_by_admin, 0, "S9.95: a user made the change");

    forget();
    notice.origin = NULL;
    tap_is_result(luci_mail_notice_queue(with->db, &with->settings, &notice, pool), LUCI_OK,
                  "S9.95: an administrator makes a change");
    read = read_back("notice_factor");
    tap_is_int(read.is_by_admin, 1, "S9.95: the row says that an administrator made the change");
    tap_is_str(apr_pstrcat(pool, read.address, read.browser, read.system, NULL), "",
               "S9.95: the change of an administrator comes from no browser");
}

/* Whoever signs in chooses the header. */
static void check_hostile(void)
{
    static const struct {
        const char *user_agent, *browser, *what;
    } cases[] = {
        { "curl/8.5.0", "curl", "a program" },
        { "evil.example/login now", "evil", "a host name" },
        { "https://evil.example", "https", "a link" },
        { "www.evil.example", "www", "another link" },
        { "call 0800 now", "call", "several words" },
        { "a\r\nBcc: eve@example.com", "a", "another header" },
        { "a\nnotice", "a", "another line" },
        { "Mozilla/5.0 evil.example Firefox/1", "Firefox", "a link beside a known browser" },
        { "\xff\xfe", "", "no text" },
        { "", "", "nothing" },
        { NULL, "", "no header" },
    };
    luci_mail_notice_detail_t read;

    for (int i = 0; i < COUNT(cases); i++) {
        forget();
        origin.user_agent = cases[i].user_agent;
        tap_is_result(queue(LUCI_EVENT_SIGN_IN), LUCI_OK, "S9.95: a User-Agent with %s", cases[i].what);
        read = read_back("notice_device");
        tap_is_str(read.browser, cases[i].browser, "S9.95: the browser of a User-Agent with %s",
                   cases[i].what);
        tap_is_str(read.address, "192.0.2.1", "S9.95: the address beside a User-Agent with %s",
                   cases[i].what);
    }
    origin.user_agent = FIREFOX;
    origin.address = "192.0.2.1\nx";
    forget();
    tap_is_result(queue(LUCI_EVENT_SIGN_IN), LUCI_OK, "S9.95: an address with a line break");
    tap_is_str(read_back("notice_device").address, "192.0.2.1?x", "S9.95: an address is one line");
    origin.address = "192.0.2.1";
}

static void check_names(void)
{
    luci_user_t other = alice;
    luci_mail_notice_t notice = {
        .event = LUCI_EVENT_SIGN_IN, .user = &other, .origin = &origin, .now = NOW
    };
    char *name = apr_pcalloc(pool, 1001);

    forget();
    other.username = "al\r\nBcc: eve@example.com";
    tap_is_result(luci_mail_notice_queue(with->db, &with->settings, &notice, pool), LUCI_OK,
                  "S9.95: a username with a line break");
    tap_is_str(value("SELECT name FROM auth_user_mail"), "al??Bcc: eve@example.com",
               "S9.95: a username is one line");
    forget();
    memset(name, 'a', 1000);
    name[253] = '\xc3';
    name[254] = '\xa4';
    name[255] = '\xc3';
    other.username = name;
    tap_is_result(luci_mail_notice_queue(with->db, &with->settings, &notice, pool), LUCI_OK,
                  "S9.95: a username that is too long for the queue");
    tap_is_int((int)strlen(value("SELECT name FROM auth_user_mail")), 255, "S9.95: a long username is cut");
}

static luci_result_t rename_to(const char *username)
{
    luci_mail_notice_t notice = { .event = LUCI_EVENT_USER_RENAME,
                                  .new_username = username,
                                  .user = &alice,
                                  .origin = &origin,
                                  .now = NOW };

    forget();
    return luci_mail_notice_queue(with->db, &with->settings, &notice, pool);
}

static void check_new_username(void)
{
    luci_mail_notice_detail_t read;

    tap_is_result(rename_to("\xc3\x84lice"), LUCI_OK, "S9.95: alice gets another name");
    read = read_back("notice_username");
    tap_is_str(read.new_username, "\xc3\x84lice", "S9.95: the row has the new name");
    tap_is_str(value("SELECT name FROM auth_user_mail"), "alice", "S9.95: the row has the old name");
    tap_is_str(read.system, "Linux", "S9.95: the row of a new name has the system");
    tap_is_result(rename_to("al\r\nBcc: eve@example.com"), LUCI_OK, "S9.95: a new name with a line break");
    tap_is_str(read_back("notice_username").new_username, "al??Bcc: eve@example.com",
               "S9.95: a new username is one line");
    tap_is_result(rename_to("Alice"), LUCI_OK, "S9.95: alice writes her name with a capital");
    tap_is_str(read_back("notice_username").new_username, "Alice", "S9.95: the name in capitals is told");
    tap_is_result(rename_to("alice"), LUCI_OK, "S9.95: alice keeps her name");
    tap_is_int(support_auth_number(with, MAILS), 0, "S9.95: a name that stays is not told");
    tap_is_result(queue(LUCI_EVENT_PASSWORD_CHANGE), LUCI_OK, "S9.95: alice changes her password");
    tap_is_str(read_back("notice_password").new_username, "", "S9.95: another notice has no new name");
    forget();
}

static void check_unknown(void)
{
    static const char *const details[] = { "sign_in",         "no_event\n\n\n\n\n-", "",  "\n\n\n\n\n\n",
                                           "password_change", "sign_up\n\n",         NULL };
    luci_mail_notice_detail_t read;

    for (int i = 0; i < COUNT(details); i++)
        tap_is_result(luci_mail_notice_read("notice_factor", details[i], &read, pool), LUCI_INVALID,
                      "S9.95: \"%s\" is no notice of a factor", details[i] ? details[i] : "(none)");
    tap_is_result(luci_mail_notice_read("notice_device", "sign_in", &read, pool), LUCI_OK,
                  "S9.95: a detail without further lines");
    tap_is_str(read.system, "", "S9.95: what a detail does not have is empty");
}

/* ---- Sign-ins ---- */

static luci_result_t sign_in(int is_known, luci_ms_t now)
{
    luci_device_sign_in_t device = { .user = &alice, .is_known = is_known, .origin = &origin, .now = now };

    return luci_device_notice(with->db, &with->settings, &device, pool);
}

static void is_told(int number, const char *what)
{
    tap_is_int(support_auth_number(with, MAILS), number, "S9.96: the notices after %s", what);
}

static void begin(void)
{
    forget();
    run("DELETE FROM auth_user_device_notice");
    run("DELETE FROM user_session");
}

static void check_first(void)
{
    begin();
    tap_is_result(sign_in(0, NOW), LUCI_OK, "S9.96: the first sign-in");
    is_told(0, "the first sign-in of the account");
    tap_is_result(sign_in(1, NOW + 1), LUCI_OK, "S9.96: a sign-in on a known device");
    is_told(0, "a sign-in on a known device");
    tap_is_result(sign_in(0, NOW + 2), LUCI_OK, "S9.96: a sign-in on a new device");
    is_told(1, "a sign-in on a new device");
    tap_is_int(read_back("notice_device").is_last, 0, "S9.96: further sign-ins are told");

    begin();
    tap_is_result(sign_in(1, NOW), LUCI_OK, "S9.96: a known device is seen first");
    tap_is_result(sign_in(0, NOW + 1), LUCI_OK, "S9.96: a new device after a known one");
    is_told(1, "a sign-in on a new device of an account that has a known one");
}

/* The account is older than the table. */
static void check_sessions(void)
{
    begin();
    tap_is_result(support_sign_in(with, "alice", PASSWORD), LUCI_OK, "alice has a session");
    tap_is_result(sign_in(0, NOW), LUCI_OK, "S9.96: a new device of an account with a session");
    is_told(1, "a sign-in on a new device of an account with a session");
}

static void check_limit(void)
{
    begin();
    for (int i = 0; i <= LUCI_DEVICE_NOTICES_MAX; i++)
        tap_is_result(sign_in(0, NOW + i), LUCI_OK, "S9.96: sign-in %d on a new device", i);
    is_told(LUCI_DEVICE_NOTICES_MAX, "as many sign-ins as are told, and the first");
    tap_is_int(support_auth_number(with, MAILS " WHERE detail LIKE '%-l'"), 1,
               "S9.96: one notice says that it is the last one");
    tap_is_result(sign_in(0, NOW + LUCI_DEVICE_NOTICES_PERIOD - 1), LUCI_OK, "S9.96: a sign-in too many");
    is_told(LUCI_DEVICE_NOTICES_MAX, "a sign-in too many within a day");
    tap_is_result(sign_in(0, NOW + 2 * LUCI_DEVICE_NOTICES_PERIOD), LUCI_OK, "S9.96: a sign-in a day later");
    is_told(LUCI_DEVICE_NOTICES_MAX + 1, "a sign-in on the next day");
    tap_is_result(sign_in(0, NOW), LUCI_OK, "S9.96: a sign-in after the clock was set back");
    is_told(LUCI_DEVICE_NOTICES_MAX + 2, "a sign-in after the clock was set back");
}

static void check_without_address(void)
{
    begin();
    run("UPDATE auth_user SET email_verified = 0");
    read_alice();
    for (int i = 0; i < LUCI_DEVICE_NOTICES_MAX + 2; i++)
        tap_is_result(sign_in(0, NOW), LUCI_OK, "S9.96: sign-in %d without an address", i);
    is_told(0, "sign-ins without a verified address");
    run("UPDATE auth_user SET email_verified = 1");
    read_alice();
    tap_is_result(sign_in(0, NOW), LUCI_OK, "S9.96: a sign-in once there is an address");
    is_told(1, "a sign-in once there is an address, although earlier ones were many");
}

static void check_off(void)
{
    begin();
    with->settings.mail_notices = ALL & ~LUCI_MAIL_NOTICE_DEVICE;
    tap_is_result(sign_in(0, NOW), LUCI_OK, "S9.96: a sign-in without notices of devices");
    with->settings.mail_notices = ALL;
    with->settings.mail = NULL;
    tap_is_result(sign_in(0, NOW), LUCI_OK, "S9.96: a sign-in without LuciaMail");
    with->settings.mail = &mail_server;
    tap_is_int(support_auth_number(with, "SELECT count(*) FROM auth_user_device_notice"), 0,
               "S9.96: without notices of devices nothing is remembered");
}

static void check_failure(void)
{
    begin();
    support_random_fails_at(1);
    tap_is_result(queue(LUCI_EVENT_PASSWORD_CHANGE), LUCI_INTERNAL,
                  "S9.95: a notice that cannot be queued fails the change");
    support_random_fails_at(0);
    is_told(0, "a notice that could not be queued");
}

static void check_without_tables(void)
{
    support_auth_close(with);
    run("DROP TABLE auth_user_mail");
    tap_is_result(queue(LUCI_EVENT_PASSWORD_CHANGE), LUCI_OK, "S9.95: a change succeeds without the queue");
    support_auth_close(with);
    run("DROP TABLE auth_user_device_notice");
    tap_is_result(sign_in(0, NOW), LUCI_OK, "S9.96: a sign-in succeeds without its table");
}

int main(void)
{
    pool = support_start();
    with = support_auth("mail_notice.db", 1);
    run("ALTER TABLE auth_user ADD COLUMN email VARCHAR(320)");
    run("ALTER TABLE auth_user ADD COLUMN email_verified BIGINT");
    with->settings.mail = &mail_server;
    with->settings.mail_notices = ALL;
    with->settings.attributes = support_names((const char *[]){ "email", "email_verified", NULL });
    support_our_tables(with->target.params, &with->settings);
    tap_is_result(support_sign_up(with, "alice", PASSWORD), LUCI_OK, "alice signs up");
    run("UPDATE auth_user SET email = 'alice@example.com', email_verified = 1");
    read_alice();
    check_kinds();
    check_recipients();
    check_new_address();
    check_details();
    check_hostile();
    check_names();
    check_new_username();
    check_unknown();
    check_first();
    check_sessions();
    check_limit();
    check_without_address();
    check_off();
    check_failure();
    check_without_tables();
    support_auth_close(with);
    return tap_done();
}
