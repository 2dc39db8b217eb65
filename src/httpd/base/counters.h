/* SPDX-License-Identifier: Apache-2.0 */
/* Counters since the start of the server, in memory that all its processes share. The memory lasts as long as
 * the parent process: counts of children that have ended stay, and restarts do not reset them. Each child
 * counts in a row of its own, to avoid contention; readers add up the rows. Counting never fails and never
 * waits. */
#ifndef LUCI_COUNTERS_H
#define LUCI_COUNTERS_H

#include "core/event/event.h"

#include <httpd.h>

#include <stdint.h>

/* Upper bounds of the buckets of hash times, in milliseconds; the last bucket has none. */
/* clang-format off */
#define LUCI_HASH_BOUNDS { 5, 10, 25, 50, 100, 250, 500, 1000, 2500 }
#define LUCI_HASH_BOUNDS_IN_SECONDS { "0.005", "0.01", "0.025", "0.05", "0.1", "0.25", "0.5", "1.0", "2.5" }
/* clang-format on */
#define LUCI_HASH_BUCKETS 10

/* Counters; they only grow. Each thread counts the first LUCI_STRIPE_COUNTERS, which requests at a gate
 * increment, in a line of its own. */
typedef enum {
    LUCI_COUNT_VALID_CACHED, /* presented session ids: valid according to the cache */
    LUCI_COUNT_VALID,        /* valid according to the database */
    LUCI_COUNT_UNKNOWN,
    LUCI_COUNT_EXPIRED,
    LUCI_COUNT_UNDECIDED, /* the database could not be queried */
    LUCI_COUNT_CACHE_MISSES,
    LUCI_COUNT_PASSWORD_CHECKS, /* successful ones, which are therefore not among the events below */
    LUCI_COUNT_LOANS,           /* borrowed database handles */
    LUCI_COUNT_DISABLED,        /* presented session ids whose user is disabled */
    LUCI_COUNT_HASHES,          /* computed hashes */
    LUCI_COUNT_HASH_MICROSECONDS,
    LUCI_COUNT_HASH_WAIT_MICROSECONDS,
    LUCI_COUNT_HASHES_REFUSED,
    LUCI_COUNT_LOAN_WAITS, /* borrowers that had to wait for a handle */
    LUCI_COUNT_LOANS_REFUSED,
    LUCI_COUNT_DATABASE_ERRORS,                                    /* handles that were returned broken */
    LUCI_COUNT_AUDIT_LOST,                                         /* audit lines that could not be written */
    LUCI_COUNT_HASH_BUCKET,                                        /* the first of LUCI_HASH_BUCKETS */
    LUCI_COUNT_EVENT = LUCI_COUNT_HASH_BUCKET + LUCI_HASH_BUCKETS, /* the first of the events, in the order
                                                                      of luci_event_place */
    LUCI_COUNTERS = LUCI_COUNT_EVENT + LUCI_EVENT_PLACES
} luci_counter_t;

/* Gauges: current values. */
typedef enum {
    LUCI_GAUGE_HASHES_RUNNING,
    LUCI_GAUGE_HASHES_WAITING,
    LUCI_GAUGE_HANDLES, /* borrowed database handles */
    LUCI_GAUGES
} luci_gauge_t;

typedef struct {
    uint64_t counters[LUCI_COUNTERS];
    int64_t gauges[LUCI_GAUGES];
} luci_totals_t;

/* Called in the parent process before children start: maps the memory of the last start or new memory. If
 * there is none, an error is logged and nothing is counted. */
void luci_counters_create(server_rec *main_server);

/* Called in a child before its threads start: takes a row. */
void luci_counters_start(void);

/* Add to this child's row. Thread-safe. */
void luci_count(luci_counter_t counter);
void luci_count_by(luci_counter_t counter, uint64_t number);
void luci_count_event(luci_event_kind_t kind, luci_reason_t reason);
void luci_count_hash(uint64_t microseconds);
void luci_gauge(luci_gauge_t gauge, int by);

/* The sum of a gauge over all living children. */
int64_t luci_gauge_total(luci_gauge_t gauge);

/* The sums over all rows; gauges of living children only. Zeros if nothing is counted. */
void luci_counters_read(luci_totals_t *totals);

uint64_t luci_totals_event(const luci_totals_t *totals, luci_event_kind_t kind, luci_reason_t reason);

#endif
