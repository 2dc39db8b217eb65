/* SPDX-License-Identifier: Apache-2.0 */
/* A session and its user as bytes, for caches. Version 1; numbers are little-endian:
 *
 *   0  2  "Lu"
 *   2  1  the version, 1
 *   3  1  how many attributes follow
 *   4  8  when it was read from the database      (moments: milliseconds since 1970, signed)
 *  12  8  active_expires
 *  20  8  idle_expires
 *  28  8  created_at
 *  36     strings: user id, username, the attributes in the order of the settings. Each is two bytes of
 *         length, the bytes, and a NUL; or just the length RECORD_NULL (SQL's NULL) or RECORD_USERNAME (the
 *         same as the username)
 *  end 8  SipHash-2-4 of everything before, keyed with the first 16 bytes of a seal
 *
 * A reader takes a record or leaves it: whatever is short, long, garbled, of another version or with another
 * seal is none. The hash finds accidents; it keeps nobody out who may write to the cache. */
#ifndef LUCI_SESSION_RECORD_H
#define LUCI_SESSION_RECORD_H

#include "core/session/session.h"

#define LUCI_RECORD_MAX 2048      /* bytes; a user who needs more is not cached */
#define LUCI_RECORD_SEAL_BYTES 16 /* of a seal that go into the hash */

/* What writer and reader must have in common. Borrowed. */
typedef struct {
    const luci_settings_t *settings; /* which attributes there are */
    const unsigned char *seal;       /* LUCI_RECORD_SEAL_BYTES */
} luci_record_form_t;

/* What a record says. */
typedef struct {
    luci_session_t session; /* without its id and state */
    luci_ms_t read_at;
} luci_record_content_t;

/* Writes the record of an active session that was read at a moment; *length is its size. INVALID when it has
 * more than LUCI_RECORD_MAX bytes. */
luci_result_t luci_session_record_write(const luci_session_t *session, luci_ms_t read_at,
                                        const luci_record_form_t *form, unsigned char record[LUCI_RECORD_MAX],
                                        size_t *length) LUCI_MUST_USE;

/* Reads one. OK: *content with strings that lie in record, arrays from pool. INVALID: it's none of ours, and
 * nothing was set. */
luci_result_t luci_session_record_read(const unsigned char *record, size_t length,
                                       const luci_record_form_t *form, luci_record_content_t *content,
                                       apr_pool_t *pool) LUCI_MUST_USE;

#endif
