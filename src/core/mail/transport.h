/* SPDX-License-Identifier: Apache-2.0 */
/* The ways in which a mail leaves: a program of this machine, or SMTP. Each is one const record,
 * transport_*.c. A call waits for at most LUCI_MAIL_SEND_MAX, so it is for threads that no request waits for,
 * and for luciactl. A mail is handed over at most once by a call, and the caller learns before its first byte
 * leaves that this is about to happen. */
#ifndef LUCI_TRANSPORT_H
#define LUCI_TRANSPORT_H

#include "core/base/result.h"

#include <apr_pools.h>

typedef struct luci_mail_server_t luci_mail_server_t;

/* One mail on its way. */
typedef struct {
    const char *from; /* as luci_mailbox_check returns them */
    const char *to;
    const char *bytes; /* as luci_message_write returns them */

    /* Called once everything but the mail itself has been accepted, before its first byte leaves. Any other
     * result than OK ends the call with that result, and nothing has been sent. NULL: always OK. */
    luci_result_t (*begin)(void *baton);
    int (*is_over)(void *baton); /* asked until then; 1: the call is to end, UNAVAILABLE. NULL: never */
    void *baton;

    /* Outputs, when the mail was not sent: */
    const char *why;  /* a phrase without secrets; from pool or constant */
    int is_uncertain; /* 1: all of the mail has left, and no answer came: it may arrive, or not */
} luci_delivery_t;

typedef struct {
    const char *scheme; /* the first word of LuciaMail up to its colon */

    /* Sends. OK: the server has accepted the mail. DENIED: it refuses this mail, and would again.
     * UNAVAILABLE: not sent now; or, if is_uncertain, not known to be. INTERNAL: no memory. Otherwise the
     * result of begin. */
    luci_result_t (*send)(const luci_mail_server_t *server, luci_delivery_t *delivery, apr_pool_t *pool);
} luci_transport_t;

typedef enum {
    LUCI_MAIL_TLS_REQUIRED, /* from the first byte with smtps, otherwise by STARTTLS; certificates are
                               verified */
    LUCI_MAIL_TLS_NONE
} luci_mail_tls_t;

/* LuciaMail. */
struct luci_mail_server_t {
    const luci_transport_t *transport;
    const char *program;  /* of sendmail: its path */
    const char *url;      /* of SMTP: smtp://HOST:PORT or smtps://HOST:PORT, without anything else */
    const char *user;     /* of SMTP: the name of the login; NULL: none */
    const char *password; /* never shown */
    const char *ca;       /* of SMTP: a file with the certificates that are trusted; NULL: the system's */
    luci_mail_tls_t tls;
};

extern const luci_transport_t luci_transport_sendmail;
extern const luci_transport_t luci_transport_smtp;
extern const luci_transport_t luci_transport_smtps;

#endif
