/* SPDX-License-Identifier: Apache-2.0 */
/* Half a session: its holder has signed in with one factor where the site asks for more (LuciaSecondFactor
 * required, LuciaPasskeys only), so that it identifies no user and opens only the pages that make it whole.
 */
#ifndef LUCI_HALF_H
#define LUCI_HALF_H

#include "core/web/messages.h"
#include "httpd/request/state.h"

/* What makes it whole. */
typedef struct {
    const char *url; /* of a page; NULL: not known */
    luci_message_t message;
} luci_half_t;

/* 1: the session is half a one, and *half says what it lacks; half may be NULL. With LuciaPasskeys only, not
 * where passkeys cannot be used or have no page: then nothing could make it whole. */
int luci_half_is(request_rec *r, const luci_session_t *session, luci_half_t *half);

/* 1: only a passkey makes half a session whole here. */
int luci_half_needs_passkey(request_rec *r);

#endif
