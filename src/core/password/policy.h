/* SPDX-License-Identifier: Apache-2.0 */
/* What usernames and passwords may look like, and their canonical forms. Pure. Unicode work is
 * utf8proc's. Strings are valid UTF-8 without NUL (the parsers see to that); lengths count UTF-16 units as
 * JavaScript's .length. */
#ifndef LUCI_POLICY_H
#define LUCI_POLICY_H

#include "core/base/result.h"
#include "core/base/settings.h"

#include <apr_pools.h>

/* UTF-16 units in a UTF-8 string; -1 when it is NULL or not valid UTF-8. */
int luci_policy_length(const char *text);

/* Whether a new account may have this name: OK or INVALID. NULL is INVALID, and so is a name that a reader or
 * a parser could take for another one: it holds a control or format character, a line or paragraph separator
 * or another character that shows nothing, or white space stands at either end. */
luci_result_t luci_policy_username(const char *username, luci_length_t bounds) LUCI_MUST_USE;

/* The same, narrowed to RFC 8265 where the settings' profile says so. */
luci_result_t luci_policy_new_name(const luci_settings_t *settings, const char *username) LUCI_MUST_USE;

/* What luci_policy_new_name allows, in words, from pool. */
const char *luci_policy_name_rule(const luci_settings_t *settings, apr_pool_t *pool);

/* Whether somebody may try to sign in with this name: a name from before these rules still can. INVALID where
 * it is too long or holds a control character or a separator of lines, which no version ever stored. */
luci_result_t luci_policy_typed_name(const char *username, int most) LUCI_MUST_USE;

/* The name without white space at its ends (as keyboards add it), from pool; the name itself where there is
 * none, or where it is not UTF-8. Control characters stay. */
const char *luci_policy_trim(const char *username, apr_pool_t *pool);

/* Whether a value reaches a reader unchanged through a header: UTF-8 without control characters, no white
 * space at either end, which parsers drop (RFC 9110, section 5.5). */
int luci_policy_fits_header(const char *value);

/* What a reader sees of a name, from pool: without what shows nothing, compatible and composed characters
 * folded (NFKC), runs of white space as one blank, letters in lower case. Names with one appearance are
 * easily taken for each other. INVALID, INTERNAL as luci_policy_key. */
luci_result_t luci_policy_appearance(const char *username, char **appearance, apr_pool_t *pool) LUCI_MUST_USE;

luci_result_t luci_policy_password(const char *password, luci_length_t bounds) LUCI_MUST_USE;

/* The username as the key has it: lower-cased as JavaScript's toLowerCase does (full mapping, independent of
 * the locale: U+0130 becomes "i" U+0307; a final capital sigma becomes U+03C2), with the Unicode version of
 * utf8proc. Allocated from pool; INVALID when text is NULL or not UTF-8, INTERNAL without memory. */
luci_result_t luci_policy_key(const char *username, char **key, apr_pool_t *pool) LUCI_MUST_USE;

/* The password as it's hashed: Unicode NFKC. Allocated from pool; whoever asked wipes it
 * (luci_secret_wipe_string). No intermediate copy is left behind unwiped. Results as above. */
luci_result_t luci_policy_nfkc(const char *password, char **normalised, apr_pool_t *pool) LUCI_MUST_USE;

#endif
