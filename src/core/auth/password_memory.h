/* SPDX-License-Identifier: Apache-2.0 */
/* What became of names and passwords that programs send with each request (HTTP Basic): the right
 * ones of the last minute, and the wrong ones of the last while, so that neither is hashed again and the same
 * wrong one is counted once. Shared by all processes, in memory that never grows.
 *
 * No password is kept: a record is found by an HMAC-SHA-256 of database, name and password, with a secret
 * that ends with the server. It counts only for the stored hash, the user and the user's state that it was
 * made for, by another HMAC, so the row is read each time and a change made anywhere ends it at once.
 *
 * Equal ones at the same moment are verified once: the others wait for the answer. */
#ifndef LUCI_PASSWORD_MEMORY_H
#define LUCI_PASSWORD_MEMORY_H

#include "core/account/key.h"
#include "core/base/shared_table.h"
#include "core/event/event.h"

#define LUCI_PASSWORD_RIGHT_FOR LUCI_MS_MINUTE
#define LUCI_PASSWORD_WRONG_FOR_MIN (15 * LUCI_MS_MINUTE)
#define LUCI_PASSWORD_WRONG_FOR_MAX LUCI_MS_DAY

/* Bytes of the largest record. */
#define LUCI_PASSWORD_RECORD_MAX 48

/* Of a child, for one database; threads share it. */
typedef struct {
    luci_shared_table_t *table; /* of all processes, for records of LUCI_PASSWORD_RECORD_MAX */
    unsigned char secret[LUCI_SHA256_BYTES];
    unsigned char namespace_key[LUCI_SHA256_BYTES]; /* of the database */
    luci_ms_t wrong_for;            /* how long a wrong one is remembered after it came last */
    luci_ms_t wait;                 /* for somebody else's answer, */
    apr_uint32_t waiting_max;       /* by so many threads of the child; others wait a second at most */
    volatile apr_uint32_t *waiting; /* of the child's threads */
} luci_password_memory_t;

/* One name and password, from recall to settle. */
typedef struct {
    unsigned char digest[LUCI_SHA256_BYTES];
    apr_uint64_t claim; /* 0: not claimed */
} luci_password_check_t;

/* What is known. OK: right. DENIED: wrong, or disabled, with *reason. NOT_FOUND: no such user. EXPIRED:
 * nothing is; it has to be verified, and luci_password_settle follows, whatever comes of that. INTERNAL:
 * without SHA-256; nothing follows. key is the row as it is now; NULL: there is none. */
luci_result_t luci_password_recall(const luci_password_memory_t *memory, luci_password_check_t *check,
                                   const char *key_id, const char *password, const luci_key_t *key,
                                   luci_reason_t *reason, luci_ms_t now, apr_pool_t *scratch) LUCI_MUST_USE;

/* What it came to: OK, DENIED with its reason, or NOT_FOUND is remembered for the row that it was verified
 * against (NULL: there was none). Anything else is not. */
void luci_password_settle(const luci_password_memory_t *memory, const luci_password_check_t *check,
                          luci_result_t verdict, luci_reason_t reason, const luci_key_t *key, luci_ms_t now,
                          apr_pool_t *scratch);

#endif
