/* SPDX-License-Identifier: Apache-2.0 */
/* The rules for a new password (NIST SP 800-63B-4, section 3.1.1.2; ASVS 5.0, 6.2): its length; it must not
 * be in the list of LuciaPasswordBlocklist; and it must not be the username, the site's name (LuciaSite), its
 * host name or a word of LuciaPasswordWords. The whole password is compared, never a part of it, and no kind
 * of character is required. Existing passwords are never checked. */
#ifndef LUCI_NEW_PASSWORD_H
#define LUCI_NEW_PASSWORD_H

#include "core/base/result.h"
#include "core/base/settings.h"

#include <apr_pools.h>

/* Why a password is refused. A new reason needs a code in new_password.c. */
typedef enum {
    LUCI_WEAKNESS_NONE,
    LUCI_WEAKNESS_LENGTH, /* of an impossible length, or not UTF-8 */
    LUCI_WEAKNESS_COMMON,
    LUCI_WEAKNESS_USERNAME,
    LUCI_WEAKNESS_SITE
} luci_weakness_t;

/* The stable code, lower-case letters and underscores, which is also the key of the message. */
const char *luci_weakness_code(luci_weakness_t weakness);

/* A new password and what it must not be. Borrowed; UTF-8. */
typedef struct {
    const char *password;
    const char *username; /* NULL: not known */
    const char *site;     /* host name of the site; NULL: not known. Each of its labels of at least four
                             characters counts, too */
} luci_new_password_t;

/* Checks a new password. OK: it is allowed. INVALID: see *weakness. UNAVAILABLE: the block list cannot be
 * read, so that the password must not be accepted. INTERNAL: no memory.
 *
 * Passwords and words compare in NFKC and lower case. If the settings have a block list or words, digits and
 * punctuation at both ends do not count: "Alice2026!" is "alice". Without them, only a password that is
 * exactly the username or the site's name is refused. All copies of the password are wiped. */
luci_result_t luci_new_password_check(const luci_settings_t *settings, const luci_new_password_t *wanted,
                                      luci_weakness_t *weakness, apr_pool_t *pool) LUCI_MUST_USE;

#endif
