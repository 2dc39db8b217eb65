/* SPDX-License-Identifier: Apache-2.0 */
/* Floor 1. What usernames and passwords may look like, and their canonical forms. Pure. Unicode work is
 * utf8proc's. Strings are valid UTF-8 without NUL (the parsers see to that); lengths count UTF-16 units as
 * JavaScript's .length. */
#ifndef LUCI_POLICY_H
#define LUCI_POLICY_H

#include "result.h"
#include "settings.h"

#include <apr_pools.h>

/* UTF-16 units in a UTF-8 string; -1 when it is NULL or not valid UTF-8. */
int luci_policy_length(const char *text);

/* OK or INVALID. NULL is INVALID. A username with control characters (Unicode's Cc, also U+2028 and U+2029)
 * is INVALID. */
luci_result_t luci_policy_username(const char *username, luci_length_t bounds) LUCI_MUST_USE;
luci_result_t luci_policy_password(const char *password, luci_length_t bounds) LUCI_MUST_USE;

/* The username as the key has it: lower-cased as JavaScript's toLowerCase does (full mapping, independent of
 * the locale: U+0130 becomes "i" U+0307; a final capital sigma becomes U+03C2), with the Unicode version of
 * utf8proc. Allocated from pool; INVALID when text is NULL or not UTF-8, INTERNAL without memory. */
luci_result_t luci_policy_key(const char *username, char **key, apr_pool_t *pool) LUCI_MUST_USE;

/* The password as it's hashed: Unicode NFKC. Allocated from pool; whoever asked wipes it
 * (luci_secret_wipe_string). No intermediate copy is left behind unwiped. Results as above. */
luci_result_t luci_policy_nfkc(const char *password, char **normalised, apr_pool_t *pool) LUCI_MUST_USE;

#endif
