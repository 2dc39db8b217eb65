/* SPDX-License-Identifier: Apache-2.0 */
#include "httpd/base/counters.h"

#include "core/base/stripes.h"

#include <apr_shm.h>
#include <http_config.h>
#include <http_log.h>

#include <errno.h>
#include <signal.h>
#include <string.h>
#include <unistd.h>

APLOG_USE_MODULE(luciauth);

/* A restart may load another version of this module: change the number when a counter gets another meaning.
 * More or fewer counters change the size of a row, which is compared. */
#define KEY "luciauth-counters-5"

#define ROWS 512 /* further children share the last row; unused rows use no memory */

/* The row of one child. */
typedef struct {
    pid_t pid; /* 0: the row was never used */
    int64_t gauges[LUCI_GAUGES];
    uint64_t counters[LUCI_COUNTERS - LUCI_STRIPE_COUNTERS]; /* those that are not in stripes */
    luci_stripes_t stripes;                                  /* two rows never share a cache line, either */
} row_t;

_Static_assert(LUCI_COUNT_LOANS == LUCI_STRIPE_COUNTERS - 1, "the stripes have the first counters");

typedef struct {
    row_t *rows;
    size_t row_bytes; /* sizeof(row_t) of the version that created them */
} retained_t;

static row_t nowhere; /* used if there is no shared memory */
static row_t *own = &nowhere;
static int is_shared; /* whether other children may use own, too */
static row_t *all;    /* ROWS rows; NULL: no shared memory */

void luci_counters_create(server_rec *main_server)
{
    retained_t *retained = ap_retained_data_get(KEY);
    apr_shm_t *memory;
    apr_status_t status;

    if (!retained)
        retained = ap_retained_data_create(KEY, sizeof *retained);
    if (!retained->rows || retained->row_bytes != sizeof(row_t)) {
        retained->rows = NULL;
        retained->row_bytes = sizeof(row_t);
        status = apr_shm_create(&memory, ROWS * sizeof(row_t) + LUCI_STRIPE_BYTES, NULL,
                                main_server->process->pool);
        if (status == APR_SUCCESS)
            retained->rows = (row_t *)APR_ALIGN((uintptr_t)apr_shm_baseaddr_get(memory), LUCI_STRIPE_BYTES);
        else
            ap_log_error(
                APLOG_MARK, APLOG_ERR, status, main_server,
                "LUCI0611: there is no shared memory for the counters; mod_status and the metrics show "
                "zeros until a restart with enough memory");
    }
    all = retained->rows;
}

/* ---- Rows ---- */

static int is_alive(pid_t pid)
{
    return pid == getpid() || kill(pid, 0) == 0 || errno != ESRCH;
}

/* Takes a row that is unused or whose child has ended; returns 1 on success. */
static int claim(row_t *row)
{
    pid_t before = __atomic_load_n(&row->pid, __ATOMIC_RELAXED);

    if (before != 0 && is_alive(before))
        return 0;
    if (!__atomic_compare_exchange_n(&row->pid, &before, getpid(), 0, __ATOMIC_ACQ_REL, __ATOMIC_RELAXED))
        return 0;
    for (int i = 0; i < LUCI_GAUGES; i++)
        __atomic_store_n(&row->gauges[i], 0, __ATOMIC_RELAXED);
    return 1;
}

void luci_counters_start(void)
{
    int i = 0;

    if (!all)
        return;
    while (i < ROWS - 1 && !claim(&all[i]))
        i++;
    own = &all[i];
    is_shared = i == ROWS - 1;
}

/* ---- Counting ---- */

void luci_count_by(luci_counter_t counter, uint64_t number)
{
    if (counter < LUCI_STRIPE_COUNTERS)
        luci_stripes_add(&own->stripes, (int)counter, number, is_shared);
    else
        __atomic_fetch_add(&own->counters[counter - LUCI_STRIPE_COUNTERS], number, __ATOMIC_RELAXED);
}

void luci_count(luci_counter_t counter)
{
    luci_count_by(counter, 1);
}

static luci_counter_t event_counter(luci_event_kind_t kind, luci_reason_t reason)
{
    if (kind == LUCI_EVENT_PASSWORD_CHECK && reason == LUCI_REASON_NONE)
        return LUCI_COUNT_PASSWORD_CHECKS;
    return (luci_counter_t)(LUCI_COUNT_EVENT + luci_event_place(kind, reason));
}

void luci_count_event(luci_event_kind_t kind, luci_reason_t reason)
{
    if (kind < LUCI_EVENTS_COUNTED)
        luci_count(event_counter(kind, reason));
}

void luci_count_hash(uint64_t microseconds)
{
    static const uint64_t bounds[] = LUCI_HASH_BOUNDS;
    int bucket = 0;

    while (bucket < LUCI_HASH_BUCKETS - 1 && microseconds > bounds[bucket] * 1000)
        bucket++;
    luci_count((luci_counter_t)(LUCI_COUNT_HASH_BUCKET + bucket));
    luci_count(LUCI_COUNT_HASHES);
    luci_count_by(LUCI_COUNT_HASH_MICROSECONDS, microseconds);
}

void luci_gauge(luci_gauge_t gauge, int by)
{
    __atomic_fetch_add(&own->gauges[gauge], by, __ATOMIC_RELAXED);
}

/* ---- Reading ---- */

static int64_t gauge_of(const row_t *row, luci_gauge_t gauge)
{
    int64_t now = __atomic_load_n(&row->gauges[gauge], __ATOMIC_RELAXED);
    pid_t pid = __atomic_load_n(&row->pid, __ATOMIC_RELAXED);

    return now != 0 && (pid == 0 || is_alive(pid)) ? now : 0;
}

static void add_row(luci_totals_t *totals, const row_t *row)
{
    for (int i = 0; i < LUCI_STRIPE_COUNTERS; i++)
        totals->counters[i] += luci_stripes_sum(&row->stripes, i);
    for (int i = LUCI_STRIPE_COUNTERS; i < LUCI_COUNTERS; i++)
        totals->counters[i] += __atomic_load_n(&row->counters[i - LUCI_STRIPE_COUNTERS], __ATOMIC_RELAXED);
    for (int i = 0; i < LUCI_GAUGES; i++)
        totals->gauges[i] += gauge_of(row, (luci_gauge_t)i);
}

/* Rows are taken in order; children that find none share the last one. */
static int is_used(int i)
{
    return i < ROWS && (all[i].pid != 0 || i == ROWS - 1);
}

int64_t luci_gauge_total(luci_gauge_t gauge)
{
    int64_t total = all ? gauge_of(&all[ROWS - 1], gauge) : gauge_of(own, gauge);

    for (int i = 0; all && i < ROWS - 1 && all[i].pid != 0; i++)
        total += gauge_of(&all[i], gauge);
    return total;
}

void luci_counters_read(luci_totals_t *totals)
{
    memset(totals, 0, sizeof *totals);
    for (int i = 0; all && is_used(i); i++)
        add_row(totals, &all[i]);
}

uint64_t luci_totals_event(const luci_totals_t *totals, luci_event_kind_t kind, luci_reason_t reason)
{
    return totals->counters[event_counter(kind, reason)];
}
