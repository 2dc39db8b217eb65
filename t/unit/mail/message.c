/* SPDX-License-Identifier: Apache-2.0 */
/* A mail as it is transferred: its headers, its text, and that no value makes another header. */
#include "core/mail/message.h"

#include "lib/support.h"
#include "lib/tap.h"

#include <apr_strings.h>
#include <string.h>

static apr_pool_t *pool;

static luci_mail_message_t plain(void)
{
    return (luci_mail_message_t){
        .from = "accounts@example.org",
        .to = "anna@example.com",
        .subject = "Set a new password",
        .text = "Hello\n\nhttps://example.org/account/reset?token=abc\n",
        .id = "abc123",
        .now = NOW,
    };
}

static const char *written(const luci_mail_message_t *message, const char *what)
{
    char *bytes = NULL;

    tap_is_result(luci_message_write(message, &bytes, pool), LUCI_OK, "%s is written", what);
    return bytes ? bytes : "";
}

static void has(const char *bytes, const char *part, const char *what)
{
    if (!tap_ok(strstr(bytes, part) != NULL, "%s", what))
        tap_diag("\"%s\" is not in: %s", part, bytes);
}

static void check_plain(void)
{
    luci_mail_message_t message = plain();

    tap_is_str(written(&message, "a mail in ASCII"),
               "Date: Tue, 14 Nov 2023 22:13:20 +0000\r\n"
               "From: accounts@example.org\r\n"
               "To: anna@example.com\r\n"
               "Subject: Set a new password\r\n"
               "Message-ID: <abc123@example.org>\r\n"
               "Auto-Submitted: auto-generated\r\n"
               "MIME-Version: 1.0\r\n"
               "Content-Type: text/plain; charset=utf-8\r\n"
               "Content-Transfer-Encoding: 7bit\r\n"
               "\r\n"
               "Hello\r\n"
               "\r\n"
               "https://example.org/account/reset?token=abc\r\n",
               "a mail in ASCII is sent as it is");
}

static void check_names(void)
{
    luci_mail_message_t message = plain();

    message.from_name = "Example \"Site\" \\ Co., Ltd.";
    has(written(&message, "a mail from a name"),
        "From: \"Example \\\"Site\\\" \\\\ Co., Ltd.\" <accounts@example.org>\r\nTo:",
        "a name in ASCII is quoted");
    message.from_name = "B\xc3\xbc"
                        "cher";
    has(written(&message, "a mail from a name with an umlaut"),
        "From: =?UTF-8?B?QsO8Y2hlcg==?= <accounts@example.org>\r\n", "another name is an encoded word");
    message.from_name = "=?UTF-8?Q?admin?=";
    has(written(&message, "a mail from a name that looks encoded"),
        "From: =?UTF-8?B?PT9VVEYtOD9RP2FkbWluPz0=?= <accounts@example.org>\r\n",
        "a name that looks encoded is encoded");
}

/* accounts@example.org has 20 characters, so that a name in ASCII has 47 before its line is folded. */
static void check_folding(void)
{
    luci_mail_message_t message = plain();
    char name[80] = "";

    for (int length = 46; length <= 72; length++) {
        const char *part;

        memset(name, 'n', (size_t)length);
        message.from_name = name;
        part = length <= 47 ? apr_psprintf(pool, "\r\nFrom: \"%s\" <accounts@example.org>\r\nTo: ", name)
               : length <= 70
                   ? apr_psprintf(pool, "\r\nFrom: \"%s\"\r\n <accounts@example.org>\r\nTo: ", name)
                   : "\r\nFrom: =?UTF-8?B?bm5u";
        has(written(&message, "a mail from a long name"), part,
            apr_psprintf(pool, "a line with a name of %d letters is folded if it has more than 78 characters",
                         length));
    }
    message.from_name = "\xc3\xbc\xc3\xbc\xc3\xbc\xc3\xbc\xc3\xbc\xc3\xbc\xc3\xbc\xc3\xbc\xc3\xbc\xc3\xbc\xc3"
                        "\xbc\xc3\xbc\xc3\xbc";
    has(written(&message, "a mail from a long name that is encoded"),
        "\r\nFrom: =?UTF-8?B?w7zDvMO8w7zDvMO8w7zDvMO8w7zDvMO8w7w=?=\r\n <accounts@example.org>\r\nTo: ",
        "a line with an encoded name is folded if it has more than 76 characters");
    for (int length = 60; length <= 70; length++) {
        memset(name, 's', (size_t)length);
        name[length] = '\0';
        message.subject = name;
        has(written(&message, "a mail with a subject"),
            length <= 69 ? apr_psprintf(pool, "\r\nSubject: %s\r\nMessage-ID: ", name)
                         : "\r\nSubject: =?UTF-8?B?c3Nz",
            apr_psprintf(pool, "a subject of %d letters is encoded if its line has more than 78 characters",
                         length));
    }
}

/* The lines of a folded header, and what is inside the encoded words. */
static void check_subject(void)
{
    luci_mail_message_t message = plain();
    const char *bytes;

    message.subject = "\xe2\x82\xac\xe2\x82\xac\xe2\x82\xac\xe2\x82\xac\xe2\x82\xac\xe2\x82\xac\xe2\x82\xac"
                      "\xe2\x82\xac\xe2\x82\xac\xe2\x82\xac\xe2\x82\xac\xe2\x82\xac"
                      "ab\xe2\x82\xac";
    bytes = written(&message, "a mail with a long subject");
    has(bytes,
        "Subject: =?UTF-8?B?4oKs4oKs4oKs4oKs4oKs4oKs4oKs4oKs4oKs4oKs4oKs4oKsYWI=?=\r\n =?UTF-8?B?4oKs?=\r\n",
        "a long subject is folded between two characters");
    message.subject = "a subject in ASCII that is too long for one line because it has 70 letters";
    has(written(&message, "a mail with a long subject in ASCII"), "\r\nSubject: =?UTF-8?B?YSBzdWJqZWN0",
        "a long subject in ASCII is folded, too");
}

static void check_text(void)
{
    luci_mail_message_t message = plain();
    const char *bytes, *line;
    char *text = apr_pcalloc(pool, 2000);
    size_t longest = 0;

    message.text = "Gr\xc3\xbc\xc3\x9f"
                   "e = 1 \n.\nFrom a\tb\t\n";
    bytes = written(&message, "a mail with umlauts");
    has(bytes, "Content-Transfer-Encoding: quoted-printable\r\n", "a text with umlauts is encoded");
    has(bytes, "\r\n\r\nGr=C3=BC=C3=9Fe =3D 1=20\r\n.\r\nFrom a\tb=09\r\n", "the encoded text");
    memset(text, 'x', 1500);
    message.text = text;
    bytes = written(&message, "a mail with a line of 1,500 characters");
    has(bytes, "x=\r\nx", "a long line is broken");
    for (line = bytes; *line; line += strspn(line, "\r\n")) {
        size_t length = strcspn(line, "\r\n");

        longest = length > longest ? length : longest;
        line += length;
    }
    tap_is_int(longest, 76, "a long line is broken at 76 characters");
    text[998] = '\0';
    has(written(&message, "a mail with a line of 998 characters"), "Encoding: 7bit\r\n",
        "a line of 998 characters is sent as it is");
}

static void refused(luci_mail_message_t message, const char *what)
{
    char *bytes = NULL;

    tap_is_result(luci_message_write(&message, &bytes, pool), LUCI_INVALID, "%s is refused", what);
    tap_is_str(bytes, NULL, "%s makes no mail", what);
}

#define REFUSED(member, value, what)                                                                         \
    do {                                                                                                     \
        luci_mail_message_t message = plain();                                                               \
        message.member = value;                                                                              \
        refused(message, what);                                                                              \
    } while (0)

static void check_injection(void)
{
    REFUSED(subject, "a\r\nBcc: bea@example.com", "a subject with another header");
    REFUSED(subject, "a\nb", "a subject with a line feed");
    REFUSED(subject, "a\rb", "a subject with a carriage return");
    REFUSED(subject, "a\x7f", "a subject with a control character");
    REFUSED(subject, "a\xff", "a subject that is not UTF-8");
    REFUSED(from_name, "a\r\nBcc: bea@example.com", "a name with another header");
    REFUSED(from_name, "a\xff", "a name that is not UTF-8");
    REFUSED(from, "accounts@example.org\r\nBcc: bea@example.com", "a sender with another header");
    REFUSED(to, "anna@example.com\r\nBcc: bea@example.com", "a recipient with another header");
    REFUSED(to, "anna@example.com, bea@example.com", "a list of recipients");
    REFUSED(to, "anna@EXAMPLE.com", "an address that was not checked");
    REFUSED(id, "a>\r\nBcc", "an id with another header");
    REFUSED(id, "", "an empty id");
    REFUSED(text, "a\rb", "a text with a carriage return alone");
    REFUSED(text, "a\r\nb", "a text with CRLF");
    REFUSED(text, "a\x01", "a text with a control character");
    REFUSED(text, "a\xff", "a text that is not UTF-8");
}

int main(void)
{
    pool = support_start();
    check_plain();
    check_names();
    check_folding();
    check_subject();
    check_text();
    check_injection();
    return tap_done();
}
