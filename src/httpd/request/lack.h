/* SPDX-License-Identifier: Apache-2.0 */
/* Why a session that is valid identifies no user. */
#ifndef LUCI_LACK_H
#define LUCI_LACK_H

#include "httpd/request/half.h"

typedef enum {
    LUCI_SESSION_WHOLE,     /* it identifies its user */
    LUCI_SESSION_HALF,      /* half.h */
    LUCI_SESSION_UNVERIFIED /* it has all factors, and LuciaEmail demands a verified address of its user */
} luci_session_lack_t;

/* With HALF, *half is set, unless half is NULL. */
luci_session_lack_t luci_lack_of(request_rec *r, const luci_session_t *session, luci_half_t *half);

#endif
