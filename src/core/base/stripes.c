/* SPDX-License-Identifier: Apache-2.0 */
#include "core/base/stripes.h"

#define SHARED_STRIPE (LUCI_STRIPES - 1)

static int taken;          /* the number of threads of this process that have a stripe */
static __thread int place; /* the number of this thread's stripe, from 1; 0: it has none yet */

static int own_stripe(void)
{
    if (place == 0) {
        int before = __atomic_load_n(&taken, __ATOMIC_RELAXED);

        if (before < SHARED_STRIPE)
            before = __atomic_fetch_add(&taken, 1, __ATOMIC_RELAXED);
        place = (before < SHARED_STRIPE ? before : SHARED_STRIPE) + 1;
    }
    return place - 1;
}

void luci_stripes_add(luci_stripes_t *stripes, int counter, uint64_t number, int is_shared)
{
    int stripe = own_stripe();
    uint64_t *at = &stripes->of[stripe].counters[counter];

    if (is_shared || stripe == SHARED_STRIPE)
        __atomic_fetch_add(at, number, __ATOMIC_RELAXED);
    else
        __atomic_store_n(at, __atomic_load_n(at, __ATOMIC_RELAXED) + number, __ATOMIC_RELAXED);
}

uint64_t luci_stripes_sum(const luci_stripes_t *stripes, int counter)
{
    uint64_t sum = 0;

    for (int i = 0; i < LUCI_STRIPES; i++)
        sum += __atomic_load_n(&stripes->of[i].counters[counter], __ATOMIC_RELAXED);
    return sum;
}
