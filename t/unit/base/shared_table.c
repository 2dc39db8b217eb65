/* SPDX-License-Identifier: Apache-2.0 */
/* Records in memory that processes share: found, replaced in their place, and which of them go when it is
 * full; and passwords that are remembered there. S9.45 and S9.50. */
#include "core/auth/password_memory.h"
#include "lib/support.h"
#include "lib/tap.h"

#include <signal.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#define BYTES 65536
#define RECORD_MAX 40

static apr_pool_t *pool;
static luci_shared_table_t *table;

static void *shared_memory(size_t bytes)
{
    void *memory = mmap(NULL, bytes, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);

    if (memory == MAP_FAILED)
        support_give_up("shared memory", "none");
    return memory;
}

/* A key as good as a hash, in one part of the table. */
static const unsigned char *key_of(int number, int part)
{
    static unsigned char key[LUCI_SHA256_BYTES];

    if (luci_secret_sha256(&number, sizeof number, key) != LUCI_OK)
        support_give_up("a key", "no SHA-256");
    key[0] = (unsigned char)((key[0] & ~(LUCI_SHARED_TABLE_PARTS - 1)) | part);
    return key;
}

static void hold(void)
{
    if (luci_shared_table_hold(table, 1000) != LUCI_OK)
        support_give_up("the table", "not held");
}

static void put(int number, int part, luci_ms_t until, apr_int64_t worth)
{
    luci_shared_value_t value = { &number, sizeof number, until, worth };

    luci_shared_table_put(table, key_of(number, part), &value, NOW);
}

static int is_found(int number, int part, luci_ms_t now)
{
    const luci_shared_record_t *record = luci_shared_table_find(table, key_of(number, part), now);

    return record && record->length == sizeof number && memcmp(record->bytes, &number, sizeof number) == 0;
}

static void count(void *baton, const luci_shared_record_t *record)
{
    *(size_t *)baton += record->length == sizeof(int);
}

static size_t records(luci_ms_t now)
{
    size_t number = 0;

    luci_shared_table_each(table, now, count, &number);
    return number;
}

static void check_records(void)
{
    table = luci_shared_table_make(shared_memory(BYTES), BYTES, RECORD_MAX);
    tap_ok(table && luci_shared_table_room(table) > 500, "a shared table is made");
    tap_ok(!luci_shared_table_make(shared_memory(BYTES), luci_shared_table_min(RECORD_MAX) - 1, RECORD_MAX),
           "a table is not made in memory that is too small");
    hold();
    tap_ok(!is_found(1, 0, NOW), "nothing is there");
    tap_is_result(luci_shared_table_remove(table, key_of(1, 0)), LUCI_NOT_FOUND,
                  "a missing record can't be removed");
    put(1, 0, NOW + 10, 0);
    tap_ok(is_found(1, 0, NOW + 9) && !is_found(1, 1, NOW), "stored, in its part");
    tap_ok(!is_found(1, 0, NOW + 10), "until it ends");
    for (int i = 0; i < 1000; i++)
        put(1, 0, NOW + 10 + i, i);
    tap_is_int(records(NOW), 1, "written again it keeps its place");
    tap_is_result(luci_shared_table_remove(table, key_of(1, 0)), LUCI_OK, "a record is removed");
    tap_ok(!is_found(1, 0, NOW) && records(NOW) == 0, "a removed record is gone");
    luci_shared_table_release(table);
}

/* What is worth much survives any number of what is worth little, which comes and goes. */
static void check_eviction(void)
{
    int kept = 0;

    hold();
    for (int i = 0; i < 20; i++)
        put(i, 1, NOW + 1000, 9);
    put(20, 2, NOW + 1000, 0);
    for (int i = 1000; i < 21000; i++)
        put(i, 1, NOW + 2000 + i, i % 9);
    for (int i = 0; i < 20; i++)
        kept += is_found(i, 1, NOW);
    tap_is_int(kept, 20, "S9.45: 20,000 others push out nothing that is worth more");
    tap_ok(is_found(20, 2, NOW), "S9.45: 20,000 others displace nothing of another part");
    tap_ok(is_found(20999, 1, NOW), "S9.45: the last one found its place");
    tap_ok(records(NOW) <= luci_shared_table_room(table) / LUCI_SHARED_TABLE_PARTS + 1,
           "S9.45: no more than fit");
    put(30, 3, NOW + 1, 1000);
    for (int i = 1000; i < 3000; i++)
        luci_shared_table_put(table, key_of(i, 3), &(luci_shared_value_t){ &i, sizeof i, NOW + 5000, 0 },
                              NOW + 1);
    tap_ok(!is_found(30, 3, NOW), "what has ended goes first, whatever it was worth");
    luci_shared_table_release(table);
}

static void check_orphan(void)
{
    pid_t child = fork();

    if (child == 0) {
        hold();
        put(40, 0, NOW + 10, 0);
        kill(getpid(), SIGKILL);
    }
    waitpid(child, NULL, 0);
    tap_is_result(luci_shared_table_hold(table, 100), LUCI_OK, "S9.34: a process that died holds nothing up");
    tap_ok(is_found(40, 0, NOW), "S9.34: what it had written is there");
    luci_shared_table_release(table);
    child = fork();
    if (child == 0) {
        hold();
        pause();
        _exit(0);
    }
    while (luci_shared_table_hold(table, 1) == LUCI_OK)
        luci_shared_table_release(table);
    tap_is_result(luci_shared_table_hold(table, 20), LUCI_BUSY,
                  "a lock that is held too long is not waited for");
    kill(child, SIGKILL);
    waitpid(child, NULL, 0);
    tap_is_result(luci_shared_table_hold(table, 1000), LUCI_OK, "the lock of a dead process is taken over");
    luci_shared_table_release(table);
}

/* ---- Passwords ---- */

static volatile apr_uint32_t waiting;
static luci_password_memory_t memory;
static luci_password_check_t check;
static luci_reason_t reason;
static luci_key_t key = { .stored_hash = "a hash", .user = { .id = "someone" } };

static luci_result_t recall(const char *name, const char *password, luci_ms_t now)
{
    check = (luci_password_check_t){ .key_id = name, .password = password, .key = &key, .now = now };
    return luci_password_recall(&memory, &check, &reason, pool);
}

static void settle(luci_result_t verdict, luci_reason_t why, luci_ms_t now)
{
    check.now = now;
    luci_password_settle(&memory, &check, verdict, why, pool);
}

static void learn(const char *password, luci_result_t verdict, luci_reason_t why)
{
    tap_is_result(recall("username:alice", password, NOW), LUCI_EXPIRED, "not known yet: %s", password);
    settle(verdict, why, NOW);
    tap_is_result(recall("username:alice", password, NOW + 1), verdict, "known: %s", password);
    tap_is_int(reason, why, "a remembered password has its reason");
}

static void check_passwords(void)
{
    memory = (luci_password_memory_t){ .wrong_for = LUCI_MS_HOUR, .wait = 30, .waiting = &waiting };
    memory.table = luci_shared_table_make(shared_memory(BYTES), BYTES, LUCI_PASSWORD_RECORD_MAX);
    learn("right", LUCI_OK, LUCI_REASON_NONE);
    learn("wrong", LUCI_DENIED, LUCI_REASON_WRONG_PASSWORD);
    tap_is_result(recall("username:alice", "right", NOW + LUCI_MS_MINUTE - 1), LUCI_OK,
                  "S9.50: a right password is remembered for a minute");
    tap_is_result(recall("username:alice", "right", NOW + LUCI_MS_MINUTE), LUCI_EXPIRED,
                  "S9.50: a correct password is forgotten after a minute");
    settle(LUCI_BUSY, LUCI_REASON_BUSY, NOW);
    tap_is_result(recall("username:alice", "right", NOW + LUCI_MS_MINUTE), LUCI_EXPIRED,
                  "what failed is not known");
    settle(LUCI_OK, LUCI_REASON_NONE, NOW);
    tap_is_result(recall("username:alice", "wrong", NOW + LUCI_MS_HOUR - 1), LUCI_DENIED,
                  "S9.50: a wrong one");
    tap_is_result(recall("username:alice", "wrong", NOW + LUCI_MS_HOUR + 1), LUCI_DENIED,
                  "S9.50: a wrong password that is repeated is remembered longer");
    tap_is_result(recall("username:alice", "wrong", NOW + LUCI_MS_DAY), LUCI_EXPIRED,
                  "a wrong password is verified again after a day");
    tap_is_int(check.was_wrong, 1,
               "S9.50: a program that repeats a wrong password next day uses up no failure");
    settle(LUCI_BUSY, LUCI_REASON_BUSY, NOW + LUCI_MS_DAY);
    tap_is_result(recall("username:alice", "wrong", NOW + 32 * LUCI_MS_DAY), LUCI_EXPIRED,
                  "a wrong password is verified again after a month");
    tap_is_int(check.was_wrong, 0, "after a month it is not known that a password was wrong");
    settle(LUCI_BUSY, LUCI_REASON_BUSY, NOW);
    tap_is_result(recall("username:alic", "ewrong", NOW), LUCI_EXPIRED,
                  "a password with another split from the name is unknown");
    settle(LUCI_THROTTLED, LUCI_REASON_THROTTLED, NOW);
    key.stored_hash = "another hash";
    tap_is_result(recall("username:alice", "right", NOW), LUCI_EXPIRED, "S9.50: another password ends it");
    settle(LUCI_DENIED, LUCI_REASON_WRONG_PASSWORD, NOW);
    key.user.disabled_from = LUCI_USER_DISABLED;
    tap_is_result(recall("username:alice", "right", NOW), LUCI_EXPIRED,
                  "S9.50: disabling the user ends a remembered password");
    settle(LUCI_DENIED, LUCI_REASON_DISABLED, NOW);
    key.user.disabled_from = 0;
    memory.namespace_key[0] = 1;
    tap_is_result(recall("username:alice", "right", NOW), LUCI_EXPIRED,
                  "S9.17: another database's is another one");
}

/* The claim of the one before is not settled yet. */
static void check_claims(void)
{
    luci_password_check_t first = check;
    pid_t child;

    tap_is_result(recall("username:alice", "right", NOW), LUCI_EXPIRED,
                  "a caller that waited in vain verifies by itself");
    tap_ok(first.claim != 0 && check.claim == 0, "a caller that waited in vain has no claim");
    tap_is_int(waiting, 0, "a caller that waited in vain waits no more");
    first.now = NOW;
    luci_password_settle(&memory, &first, LUCI_OK, LUCI_REASON_NONE, pool);
    tap_is_result(recall("username:alice", "right", NOW), LUCI_OK, "the first one's answer counts");
    child = fork();
    if (child == 0)
        _exit(recall("username:alice", "left behind", NOW) == LUCI_EXPIRED ? 0 : 1);
    waitpid(child, NULL, 0);
    tap_is_result(recall("username:alice", "left behind", NOW), LUCI_EXPIRED,
                  "S9.34: the claim of a process that died is given to another one");
    tap_ok(check.claim != 0, "S9.34: nobody waits for it");
}

int main(void)
{
    pool = support_start();
    check_records();
    check_eviction();
    check_orphan();
    check_passwords();
    check_claims();
    return tap_done();
}
