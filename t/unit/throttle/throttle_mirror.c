/* SPDX-License-Identifier: Apache-2.0 */
/* Counting goes on while a store that machines share fails, refuses or loses what it is given; nothing is
 * lost or counted twice when it answers again; and clocks that differ change nothing. S9.4 and S9.39. */
#include "core/throttle/throttle.h"
#include "lib/support.h"
#include "lib/tap.h"

#include <string.h>
#include <sys/mman.h>

#define PERIOD (15 * LUCI_MS_MINUTE)
#define MAX 4
#define BYTES 65536
#define ALICE "username:alice"

/* The store: one record, as the two nodes share only one count. */
static struct {
    unsigned char record[LUCI_THROTTLE_RECORD_MAX];
    size_t length;
    luci_ms_t until; /* by the clock of the store */
} there;
static enum { WORKS, UNREACHABLE, READ_ONLY, FORGETS } state;
static luci_ms_t now = NOW; /* of the store */
static int losses;

typedef struct {
    luci_ms_t ahead; /* what the store is ahead of this node */
    luci_throttle_mirror_t mirror;
    luci_throttle_t throttle;
} node_t;
static node_t one, two;
static apr_pool_t *pool;

static luci_result_t hold(void *baton)
{
    (void)baton;
    return state == UNREACHABLE ? LUCI_UNAVAILABLE : LUCI_OK;
}

static void release(void *baton)
{
    (void)baton;
}

static luci_result_t retrieve(void *baton, const unsigned char *key, unsigned char *record, size_t *length,
                              apr_pool_t *scratch)
{
    (void)baton;
    (void)key;
    (void)scratch;
    if (!there.length || there.until <= now)
        return LUCI_NOT_FOUND;
    memcpy(record, there.record, there.length);
    *length = there.length;
    return LUCI_OK;
}

static luci_result_t store(void *baton, const unsigned char *key, const luci_shared_value_t *value,
                           apr_pool_t *scratch)
{
    (void)baton;
    (void)key;
    (void)scratch;
    if (state == READ_ONLY)
        return LUCI_UNAVAILABLE;
    if (state == FORGETS)
        return LUCI_OK;
    memcpy(there.record, value->bytes, value->length);
    there.length = value->length;
    there.until = value->until;
    return LUCI_OK;
}

static luci_result_t take_out(void *baton, const unsigned char *key, apr_pool_t *scratch)
{
    (void)baton;
    (void)key;
    (void)scratch;
    if (state == READ_ONLY)
        return LUCI_UNAVAILABLE;
    there.length = 0;
    return LUCI_OK;
}

static luci_ms_t ahead(void *baton)
{
    return ((node_t *)baton)->ahead;
}

static void lost(void *baton)
{
    (void)baton;
    losses++;
}

static void make(node_t *node, luci_ms_t store_is_ahead)
{
    void *memory = mmap(NULL, BYTES, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);

    node->ahead = store_is_ahead;
    node->mirror.wait = 100;
    node->mirror.node = node == &one ? 1 : 2;
    node->mirror.table =
        memory == MAP_FAILED ? NULL : luci_shared_table_make(memory, BYTES, LUCI_THROTTLE_COPY_MAX);
    if (!node->mirror.table)
        support_give_up("the mirror", "no memory");
    node->throttle = (luci_throttle_t){ .store = { .hold = hold,
                                                   .release = release,
                                                   .retrieve = retrieve,
                                                   .store = store,
                                                   .remove = take_out,
                                                   .baton = node,
                                                   .mirror = &node->mirror,
                                                   .ahead = ahead,
                                                   .lost = lost },
                                        .limits = { .account = { MAX, PERIOD } } };
}

static void begin_with(luci_ms_t ahead_of_one, luci_ms_t ahead_of_two)
{
    there.length = 0;
    state = WORKS;
    now = NOW;
    losses = 0;
    make(&one, ahead_of_one);
    make(&two, ahead_of_two);
}

static void begin(void)
{
    begin_with(0, 0);
}

static luci_result_t try_with(node_t *node, luci_attempt_outcome_t outcome)
{
    luci_attempt_t attempt = { .now = now - node->ahead };
    luci_result_t result = luci_throttle_sign_in(&node->throttle, &attempt, ALICE, pool);

    if (result == LUCI_OK)
        luci_throttle_end(&node->throttle, &attempt, outcome, pool);
    return result;
}

static luci_result_t wrong(node_t *node)
{
    return try_with(node, LUCI_ATTEMPT_FAILURE);
}

static luci_result_t right(node_t *node)
{
    return try_with(node, LUCI_ATTEMPT_SUCCESS);
}

/* The number of wrong passwords that a node admits. */
static int admits(node_t *node)
{
    int count = 0;

    while (count < 100 && wrong(node) == LUCI_OK)
        count++;
    return count;
}

static void check_sharing(void)
{
    begin();
    for (int i = 0; i < MAX; i++)
        tap_is_result(wrong(i % 2 ? &one : &two), LUCI_OK, "S9.4: two nodes admit %d together", i + 1);
    tap_is_result(wrong(&one), LUCI_THROTTLED, "S9.4: the first node refuses what both counted");
    tap_is_result(wrong(&two), LUCI_THROTTLED, "S9.4: the second node refuses what both counted");
    begin();
    (void)wrong(&one);
    (void)wrong(&one);
    tap_is_result(right(&two), LUCI_OK, "a right password is accepted after two wrong ones elsewhere");
    tap_is_int(admits(&one), MAX, "a success on one node clears the copy of the other one");
    tap_is_int(losses, 0, "no count was lost");
}

static void check_failure(int how, const char *what)
{
    begin();
    (void)wrong(&one);
    (void)wrong(&two);
    (void)wrong(&one);
    state = (typeof(state))how;
    tap_is_int(admits(&one), MAX - 3, "S9.39: %s: a node goes on from what it knew", what);
    tap_is_int(admits(&two), how == READ_ONLY ? MAX - 3 : MAX - 2, "S9.39: %s: so does the other one", what);
    state = WORKS;
    tap_is_int(admits(&one) + admits(&two), 0, "S9.39: %s: a refusal outlasts the failure", what);
    now += PERIOD;
    tap_is_int(admits(&one), MAX, "S9.39: %s: the refusal ends as it would have", what);
    tap_is_int(admits(&two), 0, "S9.39: %s: the nodes count together again", what);
}

static void check_join(void)
{
    begin();
    state = UNREACHABLE;
    (void)wrong(&one);
    (void)wrong(&one);
    (void)wrong(&two);
    (void)wrong(&two);
    state = WORKS;
    tap_is_result(wrong(&one), LUCI_OK, "failures that two nodes counted apart are not added up");
    tap_is_int(admits(&two), MAX - 3, "the greater number counts");
    begin();
    (void)wrong(&one);
    (void)wrong(&two);
    state = UNREACHABLE;
    tap_is_result(right(&two), LUCI_OK, "a right password is accepted without the store");
    state = WORKS;
    tap_is_result(right(&two), LUCI_OK, "a right password is accepted when the store is back");
    tap_is_int(admits(&one), MAX, "the success counts for all nodes then");
}

/* An attempt that ends while the store fails is no longer under way. */
static void check_under_way(int how, const char *what)
{
    luci_attempt_t attempt = { .now = NOW };

    begin();
    tap_is_result(luci_throttle_sign_in(&one.throttle, &attempt, ALICE, pool), LUCI_OK,
                  "%s: an attempt begins before the store fails", what);
    state = (typeof(state))how;
    luci_throttle_end(&one.throttle, &attempt, LUCI_ATTEMPT_CANCEL, pool);
    for (int i = 0; i < MAX - 1; i++)
        tap_is_result(wrong(&one), LUCI_OK, "%s: wrong password %d after a cancelled attempt", what, i + 1);
    tap_is_result(right(&one), LUCI_OK, "%s: a cancelled attempt does not use up the limit", what);
    state = WORKS;
    tap_is_int(admits(&one), MAX, "%s: a cancelled attempt uses up nothing when the store is back", what);
}

static luci_result_t begin_attempt(node_t *node, luci_attempt_t *attempt)
{
    *attempt = (luci_attempt_t){ .now = now - node->ahead };
    return luci_throttle_sign_in(&node->throttle, attempt, ALICE, pool);
}

static void end_attempt(node_t *node, luci_attempt_t *attempt, luci_attempt_outcome_t outcome)
{
    luci_throttle_end(&node->throttle, attempt, outcome, pool);
}

/* A node reads the count, another one changes it, and the first one writes what it knew: so the store has
 * again what it had before. */
static void check_overwritten(void)
{
    typeof(there) before;
    luci_attempt_t attempts[MAX];

    begin();
    for (int i = 0; i < MAX; i++)
        tap_is_result(begin_attempt(&one, &attempts[i]), LUCI_OK, "S9.4: attempt %d of one node begins",
                      i + 1);
    tap_is_result(wrong(&two), LUCI_BUSY,
                  "S9.4: attempts that are under way on one node count on another one");
    before = there;
    for (int i = 0; i < MAX; i++)
        end_attempt(&one, &attempts[i], LUCI_ATTEMPT_CANCEL);
    there = before;
    tap_is_result(right(&one), LUCI_OK,
                  "a node knows that its attempts have ended, though the store does not");
    tap_is_result(right(&two), LUCI_OK,
                  "the store knows that they have ended, once the node has written again");

    begin();
    for (int i = 0; i < MAX; i++)
        tap_is_result(begin_attempt(&one, &attempts[i]), LUCI_OK,
                      "S9.4: attempt %d begins, which the store forgets", i + 1);
    there.length = 0;
    tap_is_result(wrong(&one), LUCI_BUSY,
                  "S9.4: a node counts its attempts, though the store has forgotten them");
    end_attempt(&one, &attempts[0], LUCI_ATTEMPT_CANCEL);
    tap_is_result(begin_attempt(&two, &attempts[0]), LUCI_OK,
                  "S9.4: a node that has written again is counted on another one");
    tap_is_result(wrong(&two), LUCI_BUSY, "S9.4: the attempts of both nodes count together");
    tap_is_result(wrong(&one), LUCI_BUSY, "S9.4: the attempts of both nodes count together on the first one");
}

/* A node that dies, and one whose last end the store has lost, have attempts under way in the record. */
static void check_forgotten(void)
{
    luci_attempt_t attempts[MAX];

    begin();
    for (int i = 0; i < MAX; i++)
        tap_is_result(begin_attempt(&one, &attempts[i]), LUCI_OK, "attempt %d of a node that dies begins",
                      i + 1);
    now += LUCI_UNDER_WAY_SPAN;
    tap_is_result(wrong(&two), LUCI_BUSY, "S9.4: attempts of a node that is silent count for a span");
    now += LUCI_UNDER_WAY_SPAN;
    tap_is_result(right(&two), LUCI_OK, "attempts of a node that died are forgotten after two spans");
    tap_is_result(right(&one), LUCI_OK, "attempts of a process that died are forgotten after two spans");

    begin();
    for (int i = 0; i < MAX; i++)
        tap_is_result(begin_attempt(&one, &attempts[i]), LUCI_OK, "attempt %d that lasts long begins", i + 1);
    now += 2 * LUCI_UNDER_WAY_SPAN;
    for (int i = 0; i < MAX; i++)
        end_attempt(&one, &attempts[i], LUCI_ATTEMPT_FAILURE);
    tap_is_result(wrong(&two), LUCI_THROTTLED, "S9.4: attempts that were forgotten count when they fail");
}

static void check_loss(void)
{
    begin();
    (void)wrong(&one);
    (void)wrong(&one);
    there.length = 0;
    tap_is_int(admits(&one), MAX - 2, "S9.39: a record that the store lost is replaced by the copy");
    tap_is_int(losses, 1, "S9.39: the loss is reported");
    tap_is_int(admits(&two), 0, "S9.39: another node reads the replaced record");
    begin();
    state = FORGETS;
    tap_is_int(admits(&one), MAX, "S9.39: a store that loses everything: a node counts for itself");
    tap_is_int(admits(&one), 0, "S9.39: a store that loses everything: the refusal lasts");
    begin();
    (void)wrong(&one);
    now += PERIOD;
    (void)wrong(&one);
    tap_is_int(losses, 0, "a record that expired was not lost");
}

static void check_clocks(void)
{
    static const luci_ms_t offsets[] = { 5 * LUCI_MS_MINUTE, LUCI_MS_HOUR, LUCI_MS_DAY };

    for (size_t i = 0; i < sizeof offsets / sizeof *offsets; i++) {
        begin_with(offsets[i], -offsets[i]);
        for (int j = 0; j < MAX; j++)
            (void)wrong(j % 2 ? &one : &two);
        tap_is_int(admits(&one) + admits(&two), 0, "S9.4: clocks %d minutes apart: the nodes count together",
                   (int)(2 * offsets[i] / LUCI_MS_MINUTE));
        state = UNREACHABLE;
        tap_is_int(admits(&one) + admits(&two), 0,
                   "S9.39: nodes whose clocks differ refuse without the store");
        now += PERIOD;
        tap_is_int(admits(&one), MAX, "S9.4: the refusal ends after a period");
    }
}

static void check_clear(void)
{
    begin();
    (void)admits(&one);
    (void)wrong(&two);
    tap_is_result(luci_throttle_clear(&two.throttle, LUCI_THROTTLE_ACCOUNT, ALICE, now, pool), LUCI_OK,
                  "an administrator clears a shared count");
    tap_is_result(luci_throttle_clear(&two.throttle, LUCI_THROTTLE_ACCOUNT, ALICE, now, pool), LUCI_NOT_FOUND,
                  "a cleared count is gone");
    tap_is_int(admits(&one), MAX, "the copy of another node does not restore it");
}

int main(void)
{
    pool = support_start();
    check_sharing();
    check_failure(UNREACHABLE, "unreachable");
    check_failure(READ_ONLY, "read-only");
    check_join();
    check_under_way(UNREACHABLE, "unreachable");
    check_under_way(READ_ONLY, "read-only");
    check_overwritten();
    check_forgotten();
    check_loss();
    check_clocks();
    check_clear();
    return tap_done();
}
