/* SPDX-License-Identifier: Apache-2.0 */
/* Whom another module has identified, in a location with luciauth-adopt. What no module has verified counts
 * for nothing, and nothing that a client can send is read as a variable. */
#ifndef LUCI_ADOPT_GUARD_H
#define LUCI_ADOPT_GUARD_H

#include "httpd/base/config.h"

/* What the variables of LuciaAdopt say of a person; strings live as long as the request. */
typedef struct {
    const char *id;
    const char *username; /* NULL: the variable is not set; the same for email */
    const char *email;
} luci_adopt_person_t;

/* OK: *person is whom the guard of the location has admitted. DENIED: there is no guard, or it has admitted
 * no person in particular; a line of the error log says what is missing. */
luci_result_t luci_adopt_guard_read(request_rec *r, const luci_adopt_t *adopt,
                                    luci_adopt_person_t *person) LUCI_MUST_USE;

/* 1: a page of another site may have chosen the credentials that the guard has admitted, as with a link to
 * https://name:password@host/, or with the answer of an identity provider to another browser, which
 * mod_auth_mellon takes. 0: the guard has proved that they are of this browser, as mod_auth_openidc does with
 * its state, and TLS with a client certificate. */
int luci_adopt_guard_is_pushed(request_rec *r);

/* 1: the credentials are a ticket of this browser, which no site can have brought before. */
int luci_adopt_guard_is_ticket(request_rec *r);

#endif
