/* SPDX-License-Identifier: Apache-2.0 */
/* The stored form of a session and its user, for caches. Version 3; numbers are little-endian:
 *
 *   0  2  "Lu"
 *   2  1  the version, 3
 *   3  1  number of values, and FACTORS if the session has two factors
 *   4  8  when it was read from the database      (times: milliseconds since 1970, signed)
 *  12  8  active_expires
 *  20  8  idle_expires
 *  28  8  created_at
 *  36     strings: user id, username, the values: the attributes in the order of the settings, and with
 *         LuciaGroups the names of the groups with commas between them. Each is two bytes of length, the
 * bytes, and a NUL; or just the length RECORD_NULL (SQL's NULL) or RECORD_USERNAME (the same as the username)
 *  end 8  SipHash-2-4 of all bytes before, keyed with the first 16 bytes of a seal
 *
 * A reader accepts a record as a whole or rejects it: if it is too short or too long, damaged, of another
 * version or has another seal. The hash detects accidents; it does not protect against a client that can
 * write to the cache. */
#ifndef LUCI_SESSION_RECORD_H
#define LUCI_SESSION_RECORD_H

#include "core/session/session.h"

#define LUCI_RECORD_MAX 2048      /* bytes; sessions whose record would be longer are not cached */
#define LUCI_RECORD_SEAL_BYTES 16 /* bytes of a seal that key the hash */

/* What writer and reader must agree on. Borrowed. */
typedef struct {
    int values;                /* of a user (luci_settings_values) */
    const unsigned char *seal; /* LUCI_RECORD_SEAL_BYTES */
} luci_record_form_t;

/* The content of a record. */
typedef struct {
    luci_session_t session; /* without its id and state */
    luci_ms_t read_at;
} luci_record_content_t;

/* Writes the record of an active session that was read at read_at; *length is its size in bytes. INVALID: it
 * would be longer than LUCI_RECORD_MAX. */
luci_result_t luci_session_record_write(const luci_session_t *session, luci_ms_t read_at,
                                        const luci_record_form_t *form, unsigned char record[LUCI_RECORD_MAX],
                                        size_t *length) LUCI_MUST_USE;

/* Reads a record. OK: strings of *content point into record, arrays are from pool. INVALID: rejected;
 * *content is unchanged. */
luci_result_t luci_session_record_read(const unsigned char *record, size_t length,
                                       const luci_record_form_t *form, luci_record_content_t *content,
                                       apr_pool_t *pool) LUCI_MUST_USE;

#endif
