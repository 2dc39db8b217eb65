/* SPDX-License-Identifier: Apache-2.0 */
/* The password memory remembers results of password checks, because programs send name and password with each
 * request (HTTP Basic): right passwords for a minute, wrong ones for longer. A repeated check is not hashed
 * again, and the same wrong password is counted once by the throttle. After that time the password is
 * verified again; that it has been wrong before is known for a month, so that a program with a stale password
 * does not use up the failures in a row of its owner. All processes share the memory, which never grows.
 *
 * Passwords are not stored. The key of a record is an HMAC-SHA-256 of database, name and password, with a
 * secret that lasts as long as the server. A second HMAC binds the record to the stored hash, the user and
 * the user's state: the row is read for each check, so that any change of it invalidates the record at once.
 *
 * Concurrent equal checks are verified once; the others wait for the result. */
#ifndef LUCI_PASSWORD_MEMORY_H
#define LUCI_PASSWORD_MEMORY_H

#include "core/account/key.h"
#include "core/base/shared_table.h"
#include "core/event/event.h"

#define LUCI_PASSWORD_RIGHT_FOR LUCI_MS_MINUTE
#define LUCI_PASSWORD_WRONG_FOR_MIN (15 * LUCI_MS_MINUTE)
#define LUCI_PASSWORD_WRONG_FOR_MAX LUCI_MS_DAY
#define LUCI_PASSWORD_WAS_WRONG_FOR (30 * LUCI_MS_DAY)

/* Bytes of the largest record. */
#define LUCI_PASSWORD_RECORD_MAX 48

/* The memory as a child uses it for one database; threads share it. */
typedef struct {
    luci_shared_table_t *table; /* shared by all processes; its records have LUCI_PASSWORD_RECORD_MAX bytes */
    unsigned char secret[LUCI_SHA256_BYTES];
    unsigned char namespace_key[LUCI_SHA256_BYTES]; /* of the database */
    luci_ms_t wrong_for;      /* how long a wrong password is remembered after its last use */
    luci_ms_t wait;           /* maximum wait for the result of a concurrent equal check */
    apr_uint32_t waiting_max; /* number of threads that may wait that long; others wait at most a second */
    volatile apr_uint32_t *waiting; /* number of threads of this child that wait */
} luci_password_memory_t;

/* One check, from recall to settle. The first five fields are inputs of recall. */
typedef struct {
    const char *key_id;
    const char *password;
    const luci_key_t *key; /* the current row; NULL: no such key */
    int is_locked;         /* 1: the key takes no password from this request (attempt_limit.h) */
    luci_ms_t now;
    int was_wrong;   /* output, with EXPIRED: this password was wrong before for the same row */
    luci_ms_t until; /* output, with OK: the password is remembered until then */
    unsigned char digest[LUCI_SHA256_BYTES];
    apr_uint64_t claim; /* this check's claim to verify the password; 0: none */
} luci_password_check_t;

/* Looks a check up. OK: the password is right. DENIED: it is wrong or the user is disabled, see *reason.
 * NOT_FOUND: no such user. EXPIRED: the result is unknown; the caller must verify the password and call
 * luci_password_settle. INTERNAL: SHA-256 is unavailable; luci_password_settle must not be called. */
luci_result_t luci_password_recall(const luci_password_memory_t *memory, luci_password_check_t *check,
                                   luci_reason_t *reason, apr_pool_t *scratch) LUCI_MUST_USE;

/* Stores the result of a verification if it is OK, DENIED (with its reason) or NOT_FOUND. check->key must be
 * set to the row that the password was verified against; NULL: there was none. */
void luci_password_settle(const luci_password_memory_t *memory, const luci_password_check_t *check,
                          luci_result_t verdict, luci_reason_t reason, apr_pool_t *scratch);

#endif
