/* SPDX-License-Identifier: Apache-2.0 */
/* Who tries too often is refused before anything is looked up or hashed. Failed sign-ins are
 * counted for each account (unknown names, too, so that refusals tell nobody who exists) and for each
 * address; sign-ups for each address. A browser that shows a device cookie of the account is counted by
 * itself alone.
 *
 * A try is counted when its hash begins, so that many at once can't all slip through, and again when it's
 * known how it went; one that never comes to a hash is not stored. When the store fails, tries are let pass:
 * the hash slots bound the damage. Counts are bound to the database, as the session cache's keys are. */
#ifndef LUCI_THROTTLE_H
#define LUCI_THROTTLE_H

#include "core/base/secret.h"
#include "core/throttle/throttle_record.h"

#include <apr_pools.h>

/* Where counts are kept, for all processes of a server or for several servers. key has LUCI_SHA256_BYTES
 * bytes. Anything but OK and, from retrieve, NOT_FOUND: it can't be had now. */
typedef struct {
    /* Nobody else of this machine changes anything until release, which follows exactly when it said OK. */
    luci_result_t (*hold)(void *baton);
    void (*release)(void *baton);
    /* *length is the size of record before, and of what was found afterwards. */
    luci_result_t (*retrieve)(void *baton, const unsigned char *key, unsigned char *record, size_t *length,
                              apr_pool_t *scratch);
    luci_result_t (*store)(void *baton, const unsigned char *key, const unsigned char *record, size_t length,
                           luci_ms_t until, apr_pool_t *scratch);
    luci_result_t (*remove)(void *baton, const unsigned char *key, apr_pool_t *scratch);
    void *baton;
} luci_throttle_store_t;

/* Read-only once it is made; shared by threads. */
typedef struct {
    luci_throttle_store_t store;
    luci_throttle_limits_t limits;
    unsigned char namespace_key[LUCI_SHA256_BYTES]; /* of the database: in the keys */
    unsigned char secret[LUCI_SHA256_BYTES];        /* of device cookies */
} luci_throttle_t;

/* What a try was counted in. */
typedef struct {
    unsigned char key[LUCI_SHA256_BYTES];
    luci_throttle_kind_t kind;
    const luci_limit_t *limit;
    const char *name;
} luci_throttle_entry_t;

#define LUCI_THROTTLE_ENTRIES_MAX 2 /* of a try, and of its success */

/* One try, from its beginning to its end. Zeros but for the first four. */
typedef struct {
    const char *address;        /* of the client, as text; NULL: not counted by it */
    const char *device;         /* the value of the device cookie, or NULL */
    const char *device_account; /* whom its tokens have to be for; NULL: nobody, so that none counts */
    luci_ms_t now;

    luci_ms_t retry_after; /* with THROTTLED: ms */
    luci_throttle_entry_t entries[LUCI_THROTTLE_ENTRIES_MAX];
    int count;                                                /* of entries */
    luci_throttle_entry_t success[LUCI_THROTTLE_ENTRIES_MAX]; /* where it counts when it's right */
    int success_count;
} luci_attempt_t;

/* The address that tries are counted by, from pool: IPv4 as it is, also when it's mapped into IPv6, of IPv6
 * the network of 64 bits; anything else as it is written. */
const char *luci_throttle_address(const char *address, apr_pool_t *pool);

/* Counts a try, which is about to be hashed, to sign in to an account (a key's id) or to sign up. OK: go on,
 * and say luci_throttle_end. THROTTLED: it's to be refused, *attempt says for how long, and there is nothing
 * to end. throttle may be NULL: there is none. */
luci_result_t luci_throttle_sign_in(const luci_throttle_t *throttle, luci_attempt_t *attempt,
                                    const char *account, apr_pool_t *pool) LUCI_MUST_USE;

/* Whether such a try would be refused now, without counting it: OK or THROTTLED, as above; there is nothing
 * to end. Right sign-ins are limited here alone: a few more than the limit slip through when they come at
 * once. */

luci_result_t luci_throttle_look(const luci_throttle_t *throttle, luci_attempt_t *attempt,
                                 const char *account, apr_pool_t *pool) LUCI_MUST_USE;

luci_result_t luci_throttle_look_sign_up(const luci_throttle_t *throttle, luci_attempt_t *attempt,
                                         apr_pool_t *pool) LUCI_MUST_USE;

luci_result_t luci_throttle_sign_up(const luci_throttle_t *throttle, luci_attempt_t *attempt,
                                    apr_pool_t *pool) LUCI_MUST_USE;

/* How it went. OK clears the account's or the browser's count, leaves its address's as it was, and counts as
 * a success of both; refusals (DENIED, NOT_FOUND, CONFLICT) are counted, sign-ups also with OK; everything
 * else was not the client's fault, and is not. Once; saying it again changes nothing. */
void luci_throttle_end(const luci_throttle_t *throttle, luci_attempt_t *attempt, luci_result_t outcome,
                       apr_pool_t *scratch);

/* Forgets what was counted for an account (a key's id: ACCOUNT or ACCOUNT_SUCCESS) or an address (else).
 * NOT_FOUND: nothing was. */
luci_result_t luci_throttle_clear(const luci_throttle_t *throttle, luci_throttle_kind_t kind,
                                  const char *name, apr_pool_t *scratch) LUCI_MUST_USE;

#endif
