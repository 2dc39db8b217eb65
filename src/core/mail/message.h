/* SPDX-License-Identifier: Apache-2.0 */
/* A mail as it is transferred (RFC 5322): headers and one plain text in UTF-8. Nothing in a value can begin
 * another header: addresses are checked ones (mailbox.h), names and subjects without control characters, and
 * everything but plain ASCII is encoded (RFC 2047, RFC 2045). */
#ifndef LUCI_MESSAGE_H
#define LUCI_MESSAGE_H

#include "core/base/settings.h"

#include "core/base/result.h"

typedef struct {
    const char *from;      /* as luci_mailbox_check returns it */
    const char *from_name; /* UTF-8; NULL: none */
    const char *to;        /* as luci_mailbox_check returns it */
    const char *subject;   /* UTF-8 */
    const char *text;      /* UTF-8; lines end with LF */
    const char *id;        /* letters and digits; the Message-ID is this at the domain of from */
    luci_ms_t now;         /* the Date */
} luci_mail_message_t;

/* Writes the mail; *bytes is from pool, and the caller wipes it if the text has a secret; no other copy of
 * the text is left. All lines end with CRLF and have at most 998 bytes without it. INVALID: the name, the
 * subject or the text is not UTF-8, or has a control character other than the line feeds and tabs of the
 * text; or the id or an address is none. */
luci_result_t luci_message_write(const luci_mail_message_t *message, char **bytes,
                                 apr_pool_t *pool) LUCI_MUST_USE;

#endif
