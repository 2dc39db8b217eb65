/* SPDX-License-Identifier: Apache-2.0 */
/* Throttling: too many attempts to sign in or to sign up are refused before anything is looked up or hashed.
 * Failed sign-ins are counted per account and per address, sign-ups per address. Unknown usernames are
 * counted like known ones, so that a refusal does not tell which users exist. A browser with a device cookie
 * of the account has a count of its own.
 *
 * An attempt is counted when its hash computation starts, so that concurrent attempts cannot exceed the
 * limit, and again when its outcome is known; an attempt that never gets that far is not stored. If a
 * store that machines share fails, each of them counts with its mirror (throttle_mirror.h). Counts belong to
 * a database, like the keys of the session cache. */
#ifndef LUCI_THROTTLE_H
#define LUCI_THROTTLE_H

#include "core/base/change_counters.h"
#include "core/base/secret.h"
#include "core/base/shared_table.h"
#include "core/throttle/device.h"
#include "core/throttle/throttle_count.h"
#include "core/throttle/throttle_mirror.h"

#include <apr_pools.h>

/* The store of counts, shared by the processes of one server or by several servers. key has LUCI_SHA256_BYTES
 * bytes. Results other than OK, and NOT_FOUND from retrieve, mean that the store is unavailable. */
typedef struct {
    /* Locks the store against other processes of this machine. release is called if and only if hold returned
     * OK. */
    luci_result_t (*hold)(void *baton);
    void (*release)(void *baton);
    /* *length is the size of record on entry and the length of the stored record on return. */
    luci_result_t (*retrieve)(void *baton, const unsigned char *key, unsigned char *record, size_t *length,
                              apr_pool_t *scratch);
    luci_result_t (*store)(void *baton, const unsigned char *key, const luci_shared_value_t *value,
                           apr_pool_t *scratch);
    luci_result_t (*remove)(void *baton, const unsigned char *key, apr_pool_t *scratch);
    void *baton;

    /* Of a store that several machines share; NULL for others. until in a value of store is a time of the
     * store. */
    const luci_throttle_mirror_t *mirror;
    luci_ms_t (*ahead)(void *baton); /* what the store's clock is ahead of this machine's, in ms */
    void (*lost)(void *baton);       /* called when a count is missing that the store had accepted */
} luci_throttle_store_t;

/* Read-only once it is made; shared by threads. */
typedef struct {
    luci_throttle_store_t store;
    luci_throttle_limits_t limits;
    unsigned char namespace_key[LUCI_SHA256_BYTES]; /* of the database: in the keys */
    unsigned char secret[LUCI_SHA256_BYTES];        /* of device cookies */
    unsigned char *older_secrets;                   /* the same, which find them and make none */
    int older_count;
    luci_change_counters_t *counters; /* that of a count moves when it begins to refuse; NULL: none does */
} luci_throttle_t;

/* What finds and makes the tokens of an account in a device cookie. */
luci_device_t luci_throttle_device(const luci_throttle_t *throttle, const char *account, luci_ms_t now);

/* A count that an attempt was counted in. */
typedef struct {
    unsigned char key[LUCI_SHA256_BYTES];
    luci_throttle_kind_t kind;
    const luci_limit_t *limit;
    const char *name;
    luci_ms_t began; /* when it was counted as under way, by the clock that stamps the count; 0: it is not */
} luci_throttle_entry_t;

#define LUCI_THROTTLE_ENTRIES_MAX 2 /* per attempt, and per success */

/* One attempt, from its beginning to its end. All fields after now are zero at first. */
typedef struct {
    const char *address;        /* of the client, as text; NULL: not counted per address */
    const char *device;         /* the value of the device cookie, or NULL */
    const char *device_account; /* the account that its token must be for; NULL: no token is accepted */
    luci_ms_t now;

    luci_ms_t retry_after; /* with THROTTLED: ms */
    luci_throttle_entry_t entries[LUCI_THROTTLE_ENTRIES_MAX];
    int count;                                                        /* of entries */
    luci_throttle_entry_t success_entries[LUCI_THROTTLE_ENTRIES_MAX]; /* where it counts if it succeeds */
    int success_count;
} luci_attempt_t;

/* The form of an address that attempts are counted by, from pool: an IPv4 address, also if it is mapped into
 * IPv6; the /64 network of an IPv6 address; any other text unchanged. */
const char *luci_throttle_address(const char *address, apr_pool_t *pool);

/* Counts an attempt to sign in to an account (a key's id) when its password is about to be hashed. OK:
 * proceed, and call luci_throttle_end afterwards. THROTTLED: refuse the attempt; attempt->retry_after is set
 * and luci_throttle_end need not be called. throttle may be NULL: nothing is throttled. */
luci_result_t luci_throttle_sign_in(const luci_throttle_t *throttle, luci_attempt_t *attempt,
                                    const char *account, apr_pool_t *pool) LUCI_MUST_USE;

luci_result_t luci_throttle_sign_up(const luci_throttle_t *throttle, luci_attempt_t *attempt,
                                    apr_pool_t *pool) LUCI_MUST_USE;

/* The same for an attempt of which only the client's address is known, such as a one-time link. It counts as
 * a sign-in from there, and if it succeeds, not at all. */
luci_result_t luci_throttle_unnamed(const luci_throttle_t *throttle, luci_attempt_t *attempt,
                                    apr_pool_t *pool) LUCI_MUST_USE;

/* The same for an attempt to prove a second factor, which is counted for the user, and not for the address.
 * The caller makes sure that the user has proved the first factor, so that no user can be refused by others.
 * account is a key's id of the user, whose name luciactl shows. */
luci_result_t luci_throttle_factor(const luci_throttle_t *throttle, luci_attempt_t *attempt,
                                   const char *user_id, const char *account, apr_pool_t *pool) LUCI_MUST_USE;

/* Counts a request for a mail, which costs no hash: of the client's address, of the name that it typed (a
 * key's id, whether or not there is such an account), and of the mailbox that the mail is to go to. Each of
 * them has an attempt of its own, whose success counts: the request was accepted, or the mail was sent. kind
 * is MAIL, MAIL_RESET or MAIL_NOTICE: so mails that others ask for with an address keep a user neither from a
 * new password nor from hearing of a change. */
luci_result_t luci_throttle_mail_client(const luci_throttle_t *throttle, luci_attempt_t *attempt,
                                        apr_pool_t *pool) LUCI_MUST_USE;
luci_result_t luci_throttle_mail_name(const luci_throttle_t *throttle, luci_attempt_t *attempt,
                                      const char *account, apr_pool_t *pool) LUCI_MUST_USE;
luci_result_t luci_throttle_mail(const luci_throttle_t *throttle, luci_attempt_t *attempt,
                                 luci_throttle_kind_t kind, const char *mailbox,
                                 apr_pool_t *pool) LUCI_MUST_USE;

/* Tells whether an attempt would be refused now, without counting it: OK or THROTTLED as above. Successful
 * sign-ins are limited only here, so that concurrent ones can exceed their limit by a few. */
luci_result_t luci_throttle_look(const luci_throttle_t *throttle, luci_attempt_t *attempt,
                                 const char *account, apr_pool_t *pool) LUCI_MUST_USE;

/* Adds the counters to a watch that move when an attempt without a device cookie, which would not be refused
 * now, begins to be refused; their values are those of now. UNAVAILABLE: other machines use the store, so
 * that the counters do not tell. INTERNAL. */
luci_result_t luci_throttle_watch(const luci_throttle_t *throttle, const luci_attempt_t *attempt,
                                  const char *account, luci_change_watch_t *watch,
                                  apr_pool_t *scratch) LUCI_MUST_USE;

luci_result_t luci_throttle_look_unnamed(const luci_throttle_t *throttle, luci_attempt_t *attempt,
                                         apr_pool_t *pool) LUCI_MUST_USE;

luci_result_t luci_throttle_look_sign_up(const luci_throttle_t *throttle, luci_attempt_t *attempt,
                                         apr_pool_t *pool) LUCI_MUST_USE;

typedef enum {
    LUCI_ATTEMPT_SUCCESS, /* the count of the account or the browser is deleted, the attempt is taken back
                             from the count of the address, and the counts of successes, of sign-ups and of
                             mails grow
                             (throttle_kind.h) */
    LUCI_ATTEMPT_FAILURE, /* counts */
    LUCI_ATTEMPT_CANCEL   /* not the client's fault: does not count */
} luci_attempt_outcome_t;

/* Records the outcome of an attempt. Calling it again has no effect. */
void luci_throttle_end(const luci_throttle_t *throttle, luci_attempt_t *attempt,
                       luci_attempt_outcome_t outcome, apr_pool_t *scratch);

/* Deletes the count of a kind for an account (a key's id), an address, a user (an id) or a mailbox, depending
 * on the kind; kinds per device are not supported. NOT_FOUND: there was none. */
luci_result_t luci_throttle_clear(const luci_throttle_t *throttle, luci_throttle_kind_t kind,
                                  const char *name, luci_ms_t now, apr_pool_t *scratch) LUCI_MUST_USE;

/* The same for the count of any kind that a key of the store belongs to. */
luci_result_t luci_throttle_clear_key(const luci_throttle_t *throttle, luci_throttle_kind_t kind,
                                      const unsigned char key[LUCI_SHA256_BYTES], luci_ms_t now,
                                      apr_pool_t *scratch) LUCI_MUST_USE;

#endif
