/* SPDX-License-Identifier: Apache-2.0 */
/* The choice of a language by Accept-Language (RFC 9110, section 12.5.4; RFC 4647, section 3.4: lookup).
 * Pure. */
#ifndef LUCI_LANGUAGE_H
#define LUCI_LANGUAGE_H

#include <apr_pools.h>
#include <apr_tables.h>

#define LUCI_LANGUAGES_MAX 16
#define LUCI_LANGUAGE_BYTES_MAX 35 /* of a tag (RFC 5646, section 4.4.1) */

/* The tag in its usual case ("de", "pt-BR", "zh-Hant"), from pool; NULL: it is not a language tag. A tag
 * consists of letters, digits and single hyphens, so that it can be the name of a folder. */
const char *luci_language_tag(const char *text, apr_pool_t *pool);

/* The index of the language that a client prefers. languages are tags (const char *), at least one; header is
 * an Accept-Language as received, or NULL. A range of the header finds a language that is equal to it or to
 * its beginning: "de-AT" finds "de". Without a find, "*" stands for the first language that the header does
 * not refuse with q=0; otherwise the first language is chosen.
 *
 * Malformed ranges do not count. The time is proportional to the length of the header, of which the first
 * 4,096 bytes count, times the number of languages. */
int luci_language_choose(const apr_array_header_t *languages, const char *header);

#endif
