/* SPDX-License-Identifier: Apache-2.0 */
/* Rules for usernames and passwords, and their canonical forms. Pure. Strings are NUL-terminated; the parsers
 * ensure that they are valid UTF-8. Lengths count UTF-16 units, as JavaScript's .length does.
 *
 * utf8proc does the Unicode work. The lower case adds two rules to its tables, the final sigma and U+0130, to
 * give the same keys as JavaScript's toLowerCase in Lucia v2: t/interop/unicode.t compares all code points,
 * alone and beside a capital sigma. libunistring's u8_tolower is not used: version 1.0 (Unicode 14, Debian
 * 12) gives the same lower case for each single code point, but another sigma beside 312 assigned characters,
 * U+0027 (apostrophe) and most modifier letters among them, so that Greek names with these would lose their
 * keys. Normalisation and categories would need utf8proc (Unicode 15) all the same. */
#ifndef LUCI_POLICY_H
#define LUCI_POLICY_H

#include "core/base/result.h"
#include "core/base/settings.h"

#include <apr_pools.h>

/* The number of UTF-16 units of a UTF-8 string; -1 if it is NULL or not valid UTF-8. */
int luci_policy_length(const char *text);

/* OK if a new account may have this name, otherwise INVALID. NULL is INVALID, and so are names that a reader
 * or a parser could confuse with another one: with control or format characters, line or paragraph
 * separators, other invisible characters, or with white space at either end. Also INVALID: what the settings'
 * profile refuses. */
luci_result_t luci_policy_new_name(const luci_settings_t *settings, const char *username) LUCI_MUST_USE;

/* Describes in words what luci_policy_new_name allows, from pool. */
const char *luci_policy_name_rule(const luci_settings_t *settings, apr_pool_t *pool);

/* OK if a sign-in with this name is possible; names that are older than the rules for new ones are. INVALID:
 * it is longer than max, or contains a control character or a line separator, which no version has ever
 * stored. */
luci_result_t luci_policy_typed_name(const char *username, int max) LUCI_MUST_USE;

/* OK if a user may give something this name: 1 to max characters (code points) without invisible ones, and
 * without white space at either end. */
luci_result_t luci_policy_label(const char *label, int max) LUCI_MUST_USE;

/* The name without white space at its ends, which keyboards add, from pool; username itself if there is none
 * or if it is not UTF-8. Control characters stay. */
const char *luci_policy_trim(const char *username, apr_pool_t *pool);

/* 1 if a header can carry the value unchanged: UTF-8 without control characters, and without white space at
 * either end, which parsers strip (RFC 9110, section 5.5). */
int luci_policy_fits_header(const char *value);

/* The visual form of a name, from pool: without invisible characters, in NFKC, with runs of white space as
 * one space, in lower case. Names with the same form are easily confused. INVALID, INTERNAL as
 * luci_policy_key. */
luci_result_t luci_policy_appearance(const char *username, char **appearance, apr_pool_t *pool) LUCI_MUST_USE;

luci_result_t luci_policy_password(const char *password, luci_length_t bounds) LUCI_MUST_USE;

/* OK if an account can have this password. It may be older than the configured minimum, so that only the
 * maximum applies. */
luci_result_t luci_policy_typed_password(const char *password, int max) LUCI_MUST_USE;

/* The canonical form of a username in keys: lower case as JavaScript's toLowerCase (full mapping, independent
 * of the locale: U+0130 becomes "i" U+0307, a final capital sigma U+03C2). *key is from pool. INVALID:
 * username is NULL or not UTF-8. INTERNAL: no memory. */
luci_result_t luci_policy_key(const char *username, char **key, apr_pool_t *pool) LUCI_MUST_USE;

/* The canonical form of a password for hashing: NFKC. *normalised is from pool; the caller must wipe it
 * (luci_secret_wipe_string). All intermediate copies are wiped. Results as above. */
luci_result_t luci_policy_nfkc(const char *password, char **normalised, apr_pool_t *pool) LUCI_MUST_USE;

/* The form in which a password is compared with common ones and with words: NFKC in lower case. *folded is
 * from pool; the caller must wipe it. Results as above. */
luci_result_t luci_policy_fold(const char *password, char **folded, apr_pool_t *pool) LUCI_MUST_USE;

#endif
