/* SPDX-License-Identifier: Apache-2.0 */
#include "core/mail/message.h"

#include "core/base/secret.h"
#include "core/base/text.h"
#include "core/mail/mailbox.h"

#include <apr_base64.h>
#include <apr_lib.h>
#include <apr_strings.h>
#include <apr_time.h>
#include <string.h>

#define CRLF "\r\n"
#define LINE_BYTES_MAX 998 /* RFC 5322, 2.1.1 */
#define LINE_MAX_WANTED 78 /* RFC 5322, 2.1.1: of a header's line, which is folded if it would be longer */

/* An encoded word has at most 75 characters, and its line at most 76 (RFC 2047, 2), "Subject: " included. */
#define WORD_BYTES_MAX 39
#define WORD_LINE_MAX 76

#define FROM "From: "
#define SUBJECT "Subject: "

/* Of quoted-printable, without the "=" of a soft line break (RFC 2045, 6.7). */
#define QUOTED_LINE_MAX 75

/* ---- Checks ---- */

static int is_one_line(const char *text)
{
    size_t length = strlen(text);

    return luci_text_valid_bytes(text, length) == length && luci_text_printable_bytes(text, length) == length;
}

static int is_text(const char *text)
{
    size_t length = strlen(text);

    if (luci_text_valid_bytes(text, length) != length)
        return 0;
    for (size_t i = 0; i < length; i++) {
        if (apr_iscntrl(text[i]) && text[i] != '\n' && text[i] != '\t')
            return 0;
    }
    return 1;
}

static int is_id(const char *id)
{
    size_t length = 0;

    while (apr_isascii(id[length]) && apr_isalnum(id[length]))
        length++;
    return length > 0 && !id[length];
}

/* An address is checked again where it is written, so that no other part of the program is trusted with it.
 */
static int is_mailbox(const char *address, apr_pool_t *pool)
{
    const char *same;

    return luci_mailbox_check(address, &same, pool) == LUCI_OK && strcmp(same, address) == 0;
}

static int is_valid(const luci_mail_message_t *message, apr_pool_t *pool)
{
    return is_mailbox(message->from, pool) && is_mailbox(message->to, pool) && is_id(message->id) &&
           (!message->from_name || is_one_line(message->from_name)) && is_one_line(message->subject) &&
           is_text(message->text);
}

/* ---- Headers ---- */

/* A text that no reader takes for an encoded word. */
static int is_ascii(const char *text)
{
    size_t length = strlen(text);

    for (size_t i = 0; i < length; i++) {
        if (!apr_isascii(text[i]))
            return 0;
    }
    return !strstr(text, "=?");
}

/* The length of the next encoded word's text: as long as allowed, without a part of a character. */
static size_t word_length(const char *text)
{
    size_t length = strlen(text);

    if (length <= WORD_BYTES_MAX)
        return length;
    length = WORD_BYTES_MAX;
    while (((unsigned char)text[length] & 0xc0) == 0x80)
        length--;
    return length;
}

/* Encoded words, one a line. */
static const char *encoded(const char *text, apr_pool_t *pool)
{
    const char *words = "";

    while (*text) {
        size_t length = word_length(text);
        char *word = apr_palloc(pool, (apr_size_t)apr_base64_encode_len((int)length));

        apr_base64_encode(word, text, (int)length);
        words = apr_pstrcat(pool, words, *words ? CRLF " " : "", "=?UTF-8?B?", word, "?=", NULL);
        text += length;
    }
    return words;
}

/* RFC 5322, 3.2.4: quoted-string. */
static const char *quoted(const char *text, apr_pool_t *pool)
{
    char *quoted = apr_palloc(pool, 2 * strlen(text) + 3), *out = quoted;

    *out++ = '"';
    for (; *text; text++) {
        if (*text == '"' || *text == '\\')
            *out++ = '\\';
        *out++ = *text;
    }
    *out++ = '"';
    *out = '\0';
    return quoted;
}

/* Whether a header is one line of text. */
static int fits(const char *header, const char *text)
{
    return strlen(header) + strlen(text) <= LINE_MAX_WANTED;
}

static const char *from(const luci_mail_message_t *message, apr_pool_t *pool)
{
    const char *name = message->from_name, *phrase, *line, *fold;
    int is_plain;

    if (!name || !*name)
        return apr_pstrcat(pool, FROM, message->from, NULL);
    phrase = quoted(name, pool);
    is_plain = is_ascii(name) && fits(FROM, phrase);
    phrase = apr_pstrcat(pool, FROM, is_plain ? phrase : encoded(name, pool), NULL);
    line = strrchr(phrase, '\n') ? strrchr(phrase, '\n') + 1 : phrase;
    fold = strlen(line) + strlen(" <>") + strlen(message->from) > (is_plain ? LINE_MAX_WANTED : WORD_LINE_MAX)
               ? CRLF
               : "";
    return apr_pstrcat(pool, phrase, fold, " <", message->from, ">", NULL);
}

static const char *subject(const luci_mail_message_t *message, apr_pool_t *pool)
{
    const char *text = message->subject;

    return apr_pstrcat(pool, SUBJECT, is_ascii(text) && fits(SUBJECT, text) ? text : encoded(text, pool),
                       NULL);
}

static const char *date(luci_ms_t now, apr_pool_t *pool)
{
    char text[APR_RFC822_DATE_LEN];

    apr_rfc822_date(text, apr_time_from_msec(now));
    return apr_pstrcat(pool, apr_pstrmemdup(pool, text, strlen(text) - strlen("GMT")), "+0000", NULL);
}

/* ---- The text ---- */

/* 1 if the lines can be sent as they are. */
static int is_seven_bit(const char *text)
{
    size_t line = 0;

    for (; *text; text++) {
        line = *text == '\n' ? 0 : line + 1;
        if (!apr_isascii(*text) || line > LINE_BYTES_MAX)
            return 0;
    }
    return 1;
}

static char *seven_bit(const char *text, apr_pool_t *pool)
{
    char *lines = apr_palloc(pool, 2 * strlen(text) + 3), *out = lines;

    for (; *text; text++) {
        if (*text == '\n')
            *out++ = '\r';
        *out++ = *text;
    }
    *out = '\0';
    return lines;
}

/* Appends one byte of a line in quoted-printable; returns its length. White space at the end of a line would
 * be lost on the way. */
static size_t quote(const char *at, char *out)
{
    static const char hex[] = "0123456789ABCDEF";
    unsigned char byte = (unsigned char)*at;
    int is_last = at[1] == '\n' || at[1] == '\0';

    if (byte != '=' && byte <= '~' && (byte > ' ' || !is_last)) {
        *out = *at;
        return 1;
    }
    out[0] = '=';
    out[1] = hex[byte >> 4];
    out[2] = hex[byte & 15];
    return 3;
}

static char *quoted_printable(const char *text, apr_pool_t *pool)
{
    /* Three bytes each, and a soft line break of three after 73 bytes or more. */
    char *lines = apr_palloc(pool, 4 * strlen(text) + 4), *out = lines;
    size_t line = 0;

    for (; *text; text++) {
        char byte[3];
        size_t length;

        if (*text == '\n') {
            memcpy(out, CRLF, 2);
            out += 2;
            line = 0;
            continue;
        }
        length = quote(text, byte);
        if (line + length > QUOTED_LINE_MAX) {
            memcpy(out, "=" CRLF, 3);
            out += 3;
            line = 0;
        }
        memcpy(out, byte, length);
        out += length;
        line += length;
    }
    *out = '\0';
    return lines;
}

luci_result_t luci_message_write(const luci_mail_message_t *message, char **bytes, apr_pool_t *pool)
{
    char *lines;
    int is_short;

    if (!is_valid(message, pool))
        return LUCI_INVALID;
    is_short = is_seven_bit(message->text);
    lines = is_short ? seven_bit(message->text, pool) : quoted_printable(message->text, pool);
    *bytes = apr_pstrcat(pool, "Date: ", date(message->now, pool), CRLF, from(message, pool),
                         CRLF "To: ", message->to, CRLF, subject(message, pool), CRLF "Message-ID: <",
                         message->id, "@", luci_mailbox_domain(message->from),
                         ">" CRLF "Auto-Submitted: auto-generated" CRLF "MIME-Version: 1.0" CRLF
                         "Content-Type: text/plain; charset=utf-8" CRLF "Content-Transfer-Encoding: ",
                         is_short ? "7bit" : "quoted-printable", CRLF CRLF, lines, NULL);
    luci_secret_wipe(lines, strlen(lines));
    return LUCI_OK;
}
