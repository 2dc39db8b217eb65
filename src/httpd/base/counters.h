/* SPDX-License-Identifier: Apache-2.0 */
/* What happened since the server was started, counted by all its processes in memory that they
 * share. It lasts as long as the parent process: what children counted who are gone stays, and graceful
 * restarts go on. Each child counts in a row of its own, so that they don't get into each other's way; who
 * reads adds them up. Counting never fails and never waits. */
#ifndef LUCI_COUNTERS_H
#define LUCI_COUNTERS_H

#include "core/event/event.h"

#include <httpd.h>

#include <stdint.h>

/* Bounds of the hash times that are counted by themselves, in milliseconds; the last bucket is for what takes
 * longer. */
/* clang-format off */
#define LUCI_HASH_BOUNDS { 5, 10, 25, 50, 100, 250, 500, 1000, 2500 }
#define LUCI_HASH_BOUNDS_IN_SECONDS { "0.005", "0.01", "0.025", "0.05", "0.1", "0.25", "0.5", "1.0", "2.5" }
/* clang-format on */
#define LUCI_HASH_BUCKETS 10

/* Only ever grow. */
typedef enum {
    LUCI_COUNT_VALID_CACHED, /* session ids that were shown: good as the cache says, */
    LUCI_COUNT_VALID,        /* good as the database says, */
    LUCI_COUNT_UNKNOWN,
    LUCI_COUNT_EXPIRED,
    LUCI_COUNT_DISABLED,  /* their users are */
    LUCI_COUNT_UNDECIDED, /* they could not be judged */
    LUCI_COUNT_CACHE_MISSES,
    LUCI_COUNT_HASHES, /* that were computed */
    LUCI_COUNT_HASH_MICROSECONDS,
    LUCI_COUNT_HASH_WAIT_MICROSECONDS,
    LUCI_COUNT_HASHES_REFUSED,
    LUCI_COUNT_LOANS,      /* of database handles */
    LUCI_COUNT_LOAN_WAITS, /* no handle was free at once */
    LUCI_COUNT_LOANS_REFUSED,
    LUCI_COUNT_DATABASE_ERRORS,                                    /* handles that came back broken */
    LUCI_COUNT_AUDIT_LOST,                                         /* lines that could not be written */
    LUCI_COUNT_HASH_BUCKET,                                        /* the first of LUCI_HASH_BUCKETS */
    LUCI_COUNT_EVENT = LUCI_COUNT_HASH_BUCKET + LUCI_HASH_BUCKETS, /* the first of visitors' events, by
                                                                      reason within each kind */
    LUCI_COUNTERS = LUCI_COUNT_EVENT + LUCI_EVENTS_COUNTED * LUCI_REASONS
} luci_counter_t;

/* What is the case now. */
typedef enum {
    LUCI_GAUGE_HASHES_RUNNING,
    LUCI_GAUGE_HASHES_WAITING,
    LUCI_GAUGE_HANDLES, /* that are lent */
    LUCI_GAUGES
} luci_gauge_t;

typedef struct {
    uint64_t counters[LUCI_COUNTERS];
    int64_t gauges[LUCI_GAUGES];
} luci_totals_t;

/* In the parent process before children start: the memory, what the last start left or new. Without any,
 * which is logged, nothing is counted. */
void luci_counters_create(server_rec *main_server);

/* In a child before its threads start. */
void luci_counters_start(void);

/* Adds to this child's row. Any thread may call. */
void luci_count(luci_counter_t counter);
void luci_count_by(luci_counter_t counter, uint64_t number);
void luci_count_event(luci_event_kind_t kind, luci_reason_t reason);
void luci_count_hash(uint64_t microseconds);
void luci_gauge(luci_gauge_t gauge, int by);

/* A gauge of the whole server: of all living children together. */
int64_t luci_gauge_total(luci_gauge_t gauge);

/* The sums of all rows, gauges of living children only. Zeros when nothing is counted. */
void luci_counters_read(luci_totals_t *totals);

uint64_t luci_totals_event(const luci_totals_t *totals, luci_event_kind_t kind, luci_reason_t reason);

#endif
