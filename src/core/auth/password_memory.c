/* SPDX-License-Identifier: Apache-2.0 */
#include "core/auth/password_memory.h"

#include <apr_atomic.h>
#include <apr_strings.h>
#include <errno.h>
#include <signal.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

/* The table is held for the time of a few comparisons; without it passwords are verified, as without memory.
 */
#define HOLD_WAIT 100

#define POLL_MS 5                /* how often those who wait look for the answer */
#define WAIT_OF_MANY 1000        /* ms; of threads beyond waiting_max */
#define CLAIM_FOR LUCI_MS_MINUTE /* longer than any verification takes */

/* Parts of the table. What lies in one does not push out what lies in another. */
typedef enum { PART_RIGHT, PART_WRONG, PART_CLAIM } part_t;

typedef struct {
    unsigned char bound[LUCI_SHA256_BYTES]; /* to the row */
    apr_uint32_t verdict;                   /* luci_result_t */
    apr_uint32_t reason;                    /* luci_reason_t */
} known_t;

typedef struct {
    apr_uint64_t number;
    pid_t process;
} claim_t;

_Static_assert(sizeof(known_t) <= LUCI_PASSWORD_RECORD_MAX && sizeof(claim_t) <= LUCI_PASSWORD_RECORD_MAX,
               "a record is too small");

/* ---- Keys ---- */

static void key_of(const luci_password_check_t *check, part_t part, unsigned char key[LUCI_SHA256_BYTES])
{
    memcpy(key, check->digest, LUCI_SHA256_BYTES);
    key[0] = (unsigned char)((key[0] & ~(LUCI_SHARED_TABLE_PARTS - 1)) | part);
}

/* No part has a NUL inside, so no two names and passwords read alike. */
static luci_result_t digest_of(const luci_password_memory_t *memory, const char *key_id, const char *password,
                               unsigned char digest[LUCI_SHA256_BYTES], apr_pool_t *scratch)
{
    size_t name = strlen(key_id) + 1, secret = strlen(password), length = LUCI_SHA256_BYTES + name + secret;
    unsigned char *text = apr_palloc(scratch, length);
    luci_result_t result;

    memcpy(text, memory->namespace_key, LUCI_SHA256_BYTES);
    memcpy(text + LUCI_SHA256_BYTES, key_id, name);
    memcpy(text + LUCI_SHA256_BYTES + name, password, secret);
    result = luci_secret_hmac(memory->secret, text, length, digest);
    luci_secret_wipe(text, length);
    return result;
}

/* To everything in the row that decides whether a password lets its user in. */
static luci_result_t bind_to(const luci_password_memory_t *memory, const luci_key_t *key,
                             unsigned char bound[LUCI_SHA256_BYTES], apr_pool_t *scratch)
{
    const char *text = "none", *hash;

    if (key) {
        hash = key->stored_hash ? apr_pstrcat(scratch, "=", key->stored_hash, NULL) : "";
        text = apr_psprintf(scratch, "%s\n%d\n%s", key->user.id, key->user.disabled != 0, hash);
    }
    return luci_secret_hmac(memory->secret, text, strlen(text), bound);
}

/* ---- What is known; the table is held ---- */

/* A wrong one that keeps coming stays known. */
static void stay(const luci_password_memory_t *memory, const unsigned char *key,
                 const luci_shared_record_t *record, luci_ms_t now)
{
    known_t known;
    luci_shared_value_t value = { &known, sizeof known, now + memory->wrong_for, 0 };

    memcpy(&known, record->bytes, sizeof known);
    luci_shared_table_put(memory->table, key, &value, now);
}

static int look_in(const luci_password_memory_t *memory, const luci_password_check_t *check, part_t part,
                   const unsigned char *bound, luci_ms_t now, known_t *known)
{
    unsigned char key[LUCI_SHA256_BYTES];
    const luci_shared_record_t *record;

    key_of(check, part, key);
    record = luci_shared_table_find(memory->table, key, now);
    if (!record || record->length != sizeof *known)
        return 0;
    memcpy(known, record->bytes, sizeof *known);
    if (!luci_secret_equal(known->bound, bound, LUCI_SHA256_BYTES))
        return 0;
    if (part == PART_WRONG)
        stay(memory, key, record, now);
    return 1;
}

static int look(const luci_password_memory_t *memory, const luci_password_check_t *check,
                const unsigned char *bound, luci_ms_t now, known_t *known)
{
    return look_in(memory, check, PART_RIGHT, bound, now, known) ||
           look_in(memory, check, PART_WRONG, bound, now, known);
}

static int is_gone(pid_t process)
{
    return kill(process, 0) != 0 && errno == ESRCH;
}

/* 1: it is ours to verify now. 0: somebody does so already. */
static int claim(const luci_password_memory_t *memory, luci_password_check_t *check, luci_ms_t now)
{
    unsigned char key[LUCI_SHA256_BYTES];
    claim_t mine = { .process = getpid() };
    luci_shared_value_t value = { &mine, sizeof mine, now + CLAIM_FOR, now };
    const luci_shared_record_t *record;
    claim_t other;

    key_of(check, PART_CLAIM, key);
    record = luci_shared_table_find(memory->table, key, now);
    if (record && record->length == sizeof other) {
        memcpy(&other, record->bytes, sizeof other);
        if (!is_gone(other.process))
            return 0;
    }
    if (luci_secret_random((unsigned char *)&mine.number, sizeof mine.number) != LUCI_OK || mine.number == 0)
        return 1; /* without a claim */
    check->claim = mine.number;
    luci_shared_table_put(memory->table, key, &value, now);
    return 1;
}

static void give_up_claim(const luci_password_memory_t *memory, const luci_password_check_t *check,
                          luci_ms_t now)
{
    unsigned char key[LUCI_SHA256_BYTES];
    const luci_shared_record_t *record;
    claim_t claimed;

    key_of(check, PART_CLAIM, key);
    record = luci_shared_table_find(memory->table, key, now);
    if (!record || record->length != sizeof claimed)
        return;
    memcpy(&claimed, record->bytes, sizeof claimed);
    if (claimed.number == check->claim && luci_shared_table_remove(memory->table, key) != LUCI_OK)
        return; /* it went by itself */
}

/* ---- Waiting ---- */

static void pause_briefly(void)
{
    struct timespec time = { 0, POLL_MS * 1000000L };

    (void)nanosleep(&time, NULL); /* one that was cut short looks earlier */
}

typedef enum { KNOWN, OURS, THEIRS } state_t;

static state_t state_of(const luci_password_memory_t *memory, luci_password_check_t *check,
                        const unsigned char *bound, luci_ms_t now, known_t *known)
{
    state_t state = OURS;

    if (luci_shared_table_hold(memory->table, HOLD_WAIT) != LUCI_OK)
        return OURS;
    if (look(memory, check, bound, now, known))
        state = KNOWN;
    else if (!claim(memory, check, now))
        state = THEIRS;
    luci_shared_table_release(memory->table);
    return state;
}

/* Who waited in vain verifies by himself: how many do that at once the hasher says. */
static state_t wait_for_others(const luci_password_memory_t *memory, luci_password_check_t *check,
                               const unsigned char *bound, luci_ms_t now, known_t *known)
{
    luci_ms_t most = memory->wait;
    state_t state = THEIRS;

    if (apr_atomic_inc32(memory->waiting) >= memory->waiting_max && most > WAIT_OF_MANY)
        most = WAIT_OF_MANY;
    for (luci_ms_t waited = 0; state == THEIRS && waited < most; waited += POLL_MS) {
        pause_briefly();
        state = state_of(memory, check, bound, now + waited, known);
    }
    apr_atomic_dec32(memory->waiting);
    return state;
}

luci_result_t luci_password_recall(const luci_password_memory_t *memory, luci_password_check_t *check,
                                   const char *key_id, const char *password, const luci_key_t *key,
                                   luci_reason_t *reason, luci_ms_t now, apr_pool_t *scratch)
{
    unsigned char bound[LUCI_SHA256_BYTES];
    known_t known;
    state_t state;
    luci_result_t result = digest_of(memory, key_id, password, check->digest, scratch);

    check->claim = 0;
    if (result == LUCI_OK)
        result = bind_to(memory, key, bound, scratch);
    if (result != LUCI_OK)
        return result;
    state = state_of(memory, check, bound, now, &known);
    if (state == THEIRS)
        state = wait_for_others(memory, check, bound, now, &known);
    if (state != KNOWN)
        return LUCI_EXPIRED;
    *reason = (luci_reason_t)known.reason;
    return (luci_result_t)known.verdict;
}

void luci_password_settle(const luci_password_memory_t *memory, const luci_password_check_t *check,
                          luci_result_t verdict, luci_reason_t reason, const luci_key_t *key, luci_ms_t now,
                          apr_pool_t *scratch)
{
    unsigned char key_bytes[LUCI_SHA256_BYTES];
    known_t known = { .verdict = (apr_uint32_t)verdict, .reason = (apr_uint32_t)reason };
    part_t part = verdict == LUCI_OK ? PART_RIGHT : PART_WRONG;
    luci_ms_t until = now + (part == PART_RIGHT ? LUCI_PASSWORD_RIGHT_FOR : memory->wrong_for);
    luci_shared_value_t value = { &known, sizeof known, until, 0 };
    int is_verdict = verdict == LUCI_OK || verdict == LUCI_DENIED || verdict == LUCI_NOT_FOUND;

    if (is_verdict && bind_to(memory, key, known.bound, scratch) != LUCI_OK)
        is_verdict = 0;
    if (luci_shared_table_hold(memory->table, HOLD_WAIT) != LUCI_OK)
        return; /* the claim ends by itself */
    key_of(check, part, key_bytes);
    if (is_verdict)
        luci_shared_table_put(memory->table, key_bytes, &value, now);
    if (check->claim != 0)
        give_up_claim(memory, check, now);
    luci_shared_table_release(memory->table);
}
