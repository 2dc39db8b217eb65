/* SPDX-License-Identifier: Apache-2.0 */
/* E-mail addresses. One is accepted in the form that every mail server accepts: an unquoted local part in
 * ASCII, such as "Anna+lists", an "@" and a domain, which may be international. Whatever is accepted can be
 * put into a header, a command of SMTP and the arguments of a program as it is. */
#ifndef LUCI_MAILBOX_H
#define LUCI_MAILBOX_H

#include "core/base/result.h"

#include <apr_pools.h>

#define LUCI_MAILBOX_BYTES_MAX 320 /* of an address, as given and as returned */

/* Checks an address. OK: *mailbox, from pool, has the local part as given and the domain in lower case and
 * ASCII ("xn--..."). INVALID: anything else than one address, for example a display name, angle brackets,
 * white space, a control character, a list, a quoted local part, an IP address, or invalid UTF-8. */
luci_result_t luci_mailbox_check(const char *text, const char **mailbox, apr_pool_t *pool) LUCI_MUST_USE;

/* The domain of an address that luci_mailbox_check has returned. */
const char *luci_mailbox_domain(const char *mailbox);

#endif
