/* SPDX-License-Identifier: Apache-2.0 */
#include "core/auth/password_memory.h"

#include <apr_atomic.h>
#include <apr_strings.h>
#include <errno.h>
#include <signal.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

/* ms. The table is locked for the time of a few comparisons; if the lock cannot be had, passwords are
 * verified as if nothing were remembered. */
#define HOLD_WAIT 100

#define POLL_MS 5                /* interval at which waiting threads look for the result */
#define WAIT_OF_MANY 1000        /* ms; maximum wait of threads beyond waiting_max */
#define CLAIM_FOR LUCI_MS_MINUTE /* longer than any verification */

/* Parts of the table, whose records do not evict each other (shared_table.h). */
typedef enum { PART_RIGHT, PART_WRONG, PART_CLAIM } part_t;

typedef struct {
    unsigned char bound[LUCI_SHA256_BYTES]; /* to the row */
    apr_uint32_t verdict;                   /* luci_result_t */
    apr_uint32_t reason;                    /* luci_reason_t */
    luci_ms_t until;                        /* then the password is verified again */
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

/* The name ends with a NUL, so that different pairs of name and password yield different texts. */
static luci_result_t digest_of(const luci_password_memory_t *memory, const luci_password_check_t *check,
                               unsigned char digest[LUCI_SHA256_BYTES], apr_pool_t *scratch)
{
    size_t name = strlen(check->key_id) + 1, secret = strlen(check->password),
           length = LUCI_SHA256_BYTES + name + secret;
    unsigned char *text = apr_palloc(scratch, length);
    luci_result_t result;

    memcpy(text, memory->namespace_key, LUCI_SHA256_BYTES);
    memcpy(text + LUCI_SHA256_BYTES, check->key_id, name);
    memcpy(text + LUCI_SHA256_BYTES + name, check->password, secret);
    result = luci_secret_hmac(memory->secret, text, length, digest);
    luci_secret_wipe(text, length);
    return result;
}

/* Binds a record to everything in the row that determines the result of a check. */
static luci_result_t bind_to(const luci_password_memory_t *memory, const luci_password_check_t *check,
                             unsigned char bound[LUCI_SHA256_BYTES], apr_pool_t *scratch)
{
    const luci_key_t *key = check->key;
    const char *text = "none", *hash;

    if (key) {
        hash = key->stored_hash ? apr_pstrcat(scratch, "=", key->stored_hash, NULL) : "";
        text = apr_psprintf(scratch, "%s\n%d%d\n%s", key->user.id,
                            luci_user_is_disabled(&key->user, check->now), check->is_locked != 0, hash);
    }
    return luci_secret_hmac(memory->secret, text, strlen(text), bound);
}

/* ---- What is known; the table is held ---- */

/* Extends the record of a wrong password that is used again. */
static void stay(const luci_password_memory_t *memory, const unsigned char *key, known_t known, luci_ms_t now)
{
    luci_shared_value_t value = { &known, sizeof known, now + LUCI_PASSWORD_WAS_WRONG_FOR, 0 };

    known.until = now + memory->wrong_for;
    luci_shared_table_put(memory->table, key, &value, now);
}

static int look_at(const luci_password_memory_t *memory, const unsigned char *key, const unsigned char *bound,
                   luci_ms_t now, known_t *known)
{
    const luci_shared_record_t *record = luci_shared_table_find(memory->table, key, now);

    if (!record || record->length != sizeof *known)
        return 0;
    memcpy(known, record->bytes, sizeof *known);
    return luci_secret_equal(known->bound, bound, LUCI_SHA256_BYTES);
}

static int look(const luci_password_memory_t *memory, luci_password_check_t *check,
                const unsigned char *bound, luci_ms_t now, known_t *known)
{
    unsigned char key[LUCI_SHA256_BYTES];

    key_of(check, PART_RIGHT, key);
    if (look_at(memory, key, bound, now, known))
        return 1;
    key_of(check, PART_WRONG, key);
    check->was_wrong = look_at(memory, key, bound, now, known);
    if (!check->was_wrong || known->until <= now)
        return 0;
    stay(memory, key, *known, now);
    return 1;
}

static int is_gone(pid_t process)
{
    return kill(process, 0) != 0 && errno == ESRCH;
}

/* 1: this thread verifies the password. 0: another one does so already. */
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
        return 1; /* verifies without a claim */
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
        return; /* the claim has expired */
}

/* ---- Waiting ---- */

static void pause_briefly(void)
{
    struct timespec time = { 0, POLL_MS * 1000000L };

    (void)nanosleep(&time, NULL); /* an interrupted pause is harmless */
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

/* After the maximum wait the thread verifies the password itself; the hasher limits concurrent verifications.
 */
static state_t wait_for_others(const luci_password_memory_t *memory, luci_password_check_t *check,
                               const unsigned char *bound, known_t *known)
{
    luci_ms_t max = memory->wait;
    state_t state = THEIRS;

    if (apr_atomic_inc32(memory->waiting) >= memory->waiting_max && max > WAIT_OF_MANY)
        max = WAIT_OF_MANY;
    for (luci_ms_t waited = 0; state == THEIRS && waited < max; waited += POLL_MS) {
        pause_briefly();
        state = state_of(memory, check, bound, check->now + waited, known);
    }
    apr_atomic_dec32(memory->waiting);
    return state;
}

luci_result_t luci_password_recall(const luci_password_memory_t *memory, luci_password_check_t *check,
                                   luci_reason_t *reason, apr_pool_t *scratch)
{
    unsigned char bound[LUCI_SHA256_BYTES];
    known_t known;
    state_t state;
    luci_result_t result = digest_of(memory, check, check->digest, scratch);

    check->claim = 0;
    check->was_wrong = 0;
    if (result == LUCI_OK)
        result = bind_to(memory, check, bound, scratch);
    if (result != LUCI_OK)
        return result;
    state = state_of(memory, check, bound, check->now, &known);
    if (state == THEIRS)
        state = wait_for_others(memory, check, bound, &known);
    if (state != KNOWN)
        return LUCI_EXPIRED;
    *reason = (luci_reason_t)known.reason;
    check->until = known.until;
    return (luci_result_t)known.verdict;
}

void luci_password_settle(const luci_password_memory_t *memory, const luci_password_check_t *check,
                          luci_result_t verdict, luci_reason_t reason, apr_pool_t *scratch)
{
    unsigned char key_bytes[LUCI_SHA256_BYTES];
    known_t known = { .verdict = (apr_uint32_t)verdict, .reason = (apr_uint32_t)reason };
    part_t part = verdict == LUCI_OK ? PART_RIGHT : PART_WRONG;
    luci_shared_value_t value = { &known, sizeof known, 0, 0 };
    int is_verdict = verdict == LUCI_OK || verdict == LUCI_DENIED || verdict == LUCI_NOT_FOUND;

    known.until = check->now + (part == PART_RIGHT ? LUCI_PASSWORD_RIGHT_FOR : memory->wrong_for);
    value.until = part == PART_RIGHT ? known.until : check->now + LUCI_PASSWORD_WAS_WRONG_FOR;
    if (is_verdict && bind_to(memory, check, known.bound, scratch) != LUCI_OK)
        is_verdict = 0;
    if (luci_shared_table_hold(memory->table, HOLD_WAIT) != LUCI_OK)
        return; /* the claim expires */
    key_of(check, part, key_bytes);
    if (is_verdict)
        luci_shared_table_put(memory->table, key_bytes, &value, check->now);
    if (check->claim != 0)
        give_up_claim(memory, check, check->now);
    luci_shared_table_release(memory->table);
}
