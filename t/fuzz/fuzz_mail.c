/* SPDX-License-Identifier: Apache-2.0 */
/* The input is the sender's name, the subject and the text of a mail, one line for each of the first two. */
#include "fuzz.h"

#include "core/mail/message.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* The number of lines up to the first empty one that begin a header. */
static int fuzz_mail_headers(const char *mail)
{
    int headers = 0;

    while (strncmp(mail, "\r\n", 2) != 0) {
        if (*mail != ' ' && *mail != '\t') {
            FUZZ_CHECK(strchr(mail, ':') && strchr(mail, ':') < strchr(mail, '\r'));
            headers++;
        }
        mail = strstr(mail, "\r\n") + 2;
    }
    return headers;
}

/* Plain ASCII in lines that end with CRLF and are not too long; the last one as the text ends. */
static void fuzz_mail_lines(const char *mail, int has_end)
{
    size_t length = 0;

    for (; *mail; mail++) {
        length = *mail == '\n' ? 0 : length + 1;
        FUZZ_CHECK(length <= 999 && (unsigned char)*mail < 127);
        FUZZ_CHECK((unsigned char)*mail >= ' ' || *mail == '\t' || *mail == '\r' || *mail == '\n');
        FUZZ_CHECK((*mail == '\r') == (mail[1] == '\n'));
    }
    FUZZ_CHECK(length == 0 || !has_end);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    char *text = fuzz_copy(data, size, 1), *name = text, *subject, *body, *mail = NULL;
    apr_pool_t *pool = fuzz_pool();
    luci_mail_message_t message = {
        .from = "site@example.com", .to = "alice@example.com", .id = "a1", .now = 1700000000000
    };
    luci_result_t result;

    subject = name + strcspn(name, "\n");
    if (*subject)
        *subject++ = '\0';
    body = subject + strcspn(subject, "\n");
    if (*body)
        *body++ = '\0';
    message.from_name = *name ? name : NULL;
    message.subject = subject;
    message.text = body;
    result = luci_message_write(&message, &mail, pool);
    FUZZ_CHECK(result == LUCI_OK || result == LUCI_INVALID);
    if (result == LUCI_OK) {
        luci_mail_message_t plain = message;
        char *with_plain = NULL;

        plain.from_name = plain.subject = "a";
        FUZZ_CHECK(luci_message_write(&plain, &with_plain, pool) == LUCI_OK);
        fuzz_mail_lines(mail, !*body || body[strlen(body) - 1] == '\n');
        FUZZ_CHECK(fuzz_mail_headers(mail) == fuzz_mail_headers(with_plain));
    }
    apr_pool_destroy(pool);
    free(text);
    return 0;
}
