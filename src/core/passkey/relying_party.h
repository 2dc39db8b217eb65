/* SPDX-License-Identifier: Apache-2.0 */
/* The relying party of WebAuthn: the name for which passkeys are made, and the origin whose pages may use
 * them. */
#ifndef LUCI_RELYING_PARTY_H
#define LUCI_RELYING_PARTY_H

#include "core/base/result.h"

#include <apr_pools.h>

typedef struct {
    const char *id;     /* a host name in lower case */
    const char *origin; /* the only one that is accepted, in canonical form (url.h) */
} luci_relying_party_t;

/* Determines the relying party of a request. server is the name of the site (httpd's ServerName); origin that
 * of the request, in canonical form, or NULL; both are borrowed.
 *
 * The id is the name of the site, not that of the request, so that a request with a forged Host header, which
 * may have passed a copy of this site, never gets a challenge for another name: such a passkey would sign in
 * at the copy. A request for a host below that name (www.example.com with ServerName example.com) uses the
 * same passkeys; the caller makes sure that the host is this site's. Browsers offer no passkeys for
 * addresses, and over http only for localhost, which is always their own machine, and therefore needs no
 * ServerName.
 *
 * DENIED: passkeys cannot be used with this origin. INVALID: the name of the site is not one that passkeys
 * can be made for (NULL, an address, a single word other than localhost). */
luci_result_t luci_relying_party_find(const char *server, const char *origin, luci_relying_party_t *party,
                                      apr_pool_t *pool) LUCI_MUST_USE;

#endif
