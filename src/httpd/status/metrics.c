/* SPDX-License-Identifier: Apache-2.0 */
#include "httpd/status/metrics.h"

#include "httpd/base/counters.h"

#include <http_protocol.h>
#include <http_request.h>

#include <inttypes.h>
#include <string.h>

#define HANDLER "luciauth-metrics"
#define OPENMETRICS "application/openmetrics-text"
#define OPENMETRICS_TYPE OPENMETRICS "; version=1.0.0; charset=utf-8"
#define TEXT "text/plain"
#define TEXT_TYPE TEXT "; version=0.0.4; charset=utf-8"

/* An answer in one of the two formats that Prometheus reads. */
typedef struct {
    request_rec *r;
    int is_text; /* 1: the text format 0.0.4; 0: OpenMetrics 1.0.0 */
} writer_t;

typedef struct {
    const char *name; /* without the prefix "luciauth_" */
    const char *type;
    const char *unit; /* NULL: none */
    const char *help;
} family_t;

/* In the text format a family has the name of its samples, and there is no type "info". */
static void begin_text(request_rec *r, const family_t *family)
{
    const char *suffix = strcmp(family->type, "counter") == 0 ? "_total"
                         : strcmp(family->type, "info") == 0  ? "_info"
                                                              : "";

    ap_rprintf(r, "# HELP luciauth_%s%s %s\n", family->name, suffix, family->help);
    ap_rprintf(r, "# TYPE luciauth_%s%s %s\n", family->name, suffix,
               strcmp(family->type, "info") == 0 ? "gauge" : family->type);
}

static void begin(const writer_t *writer, const family_t *family)
{
    request_rec *r = writer->r;

    if (writer->is_text) {
        begin_text(r, family);
        return;
    }
    ap_rprintf(r, "# TYPE luciauth_%s %s\n", family->name, family->type);
    if (family->unit)
        ap_rprintf(r, "# UNIT luciauth_%s %s\n", family->name, family->unit);
    ap_rprintf(r, "# HELP luciauth_%s %s\n", family->name, family->help);
}

/* Writes microseconds as seconds. */
static void put_seconds(request_rec *r, const char *name, uint64_t microseconds)
{
    ap_rprintf(r, "luciauth_%s %" PRIu64 ".%06" PRIu64 "\n", name, microseconds / 1000000,
               microseconds % 1000000);
}

/* ---- Families of one value ---- */

static const struct {
    family_t family;
    luci_counter_t counter;
} counters[] = {
    { { "hashes_refused", "counter", NULL, "Password hashes refused because no slot was free in time" },
      LUCI_COUNT_HASHES_REFUSED },
    { { "database_loans", "counter", NULL, "Borrowed database handles" }, LUCI_COUNT_LOANS },
    { { "database_waits", "counter", NULL, "Waits for a database handle" }, LUCI_COUNT_LOAN_WAITS },
    { { "database_refusals", "counter", NULL, "Waits for a database handle that timed out" },
      LUCI_COUNT_LOANS_REFUSED },
    { { "database_errors", "counter", NULL, "Failed database operations" }, LUCI_COUNT_DATABASE_ERRORS },
    { { "audit_lost", "counter", NULL, "Audit log lines that could not be written" }, LUCI_COUNT_AUDIT_LOST },
};

static const struct {
    family_t family;
    luci_gauge_t gauge;
} gauges[] = {
    { { "hashes_running", "gauge", NULL, "Password hashes being computed" }, LUCI_GAUGE_HASHES_RUNNING },
    { { "hashes_waiting", "gauge", NULL, "Password hashes waiting for a slot" }, LUCI_GAUGE_HASHES_WAITING },
    { { "database_handles_lent", "gauge", NULL, "Database handles in use" }, LUCI_GAUGE_HANDLES },
};

static void put_single(const writer_t *writer, const luci_totals_t *totals)
{
    request_rec *r = writer->r;

    for (size_t i = 0; i < sizeof counters / sizeof *counters; i++) {
        begin(writer, &counters[i].family);
        ap_rprintf(r, "luciauth_%s_total %" PRIu64 "\n", counters[i].family.name,
                   totals->counters[counters[i].counter]);
    }
    for (size_t i = 0; i < sizeof gauges / sizeof *gauges; i++) {
        int64_t value = totals->gauges[gauges[i].gauge];

        begin(writer, &gauges[i].family);
        ap_rprintf(r, "luciauth_%s %" PRId64 "\n", gauges[i].family.name, value > 0 ? value : 0);
    }
}

/* ---- Families with labels ---- */

static const struct {
    const char *result;
    luci_counter_t counter;
} validations[] = {
    { "valid_cached", LUCI_COUNT_VALID_CACHED }, { "valid", LUCI_COUNT_VALID },
    { "unknown", LUCI_COUNT_UNKNOWN },           { "expired", LUCI_COUNT_EXPIRED },
    { "disabled", LUCI_COUNT_DISABLED },         { "undecided", LUCI_COUNT_UNDECIDED },
};

static void put_sessions(const writer_t *writer, const luci_totals_t *totals)
{
    request_rec *r = writer->r;
    static const family_t of_validations = { "validations", "counter", NULL,
                                             "Presented session ids by result of their validation" };
    static const family_t of_lookups = { "cache_lookups", "counter", NULL, "Lookups in the session cache" };

    begin(writer, &of_validations);
    for (size_t i = 0; i < sizeof validations / sizeof *validations; i++)
        ap_rprintf(r, "luciauth_validations_total{result=\"%s\"} %" PRIu64 "\n", validations[i].result,
                   totals->counters[validations[i].counter]);
    begin(writer, &of_lookups);
    ap_rprintf(r, "luciauth_cache_lookups_total{result=\"hit\"} %" PRIu64 "\n",
               totals->counters[LUCI_COUNT_VALID_CACHED]);
    ap_rprintf(r, "luciauth_cache_lookups_total{result=\"miss\"} %" PRIu64 "\n",
               totals->counters[LUCI_COUNT_CACHE_MISSES]);
}

static void put_event(request_rec *r, const luci_totals_t *totals, luci_event_kind_t kind,
                      luci_reason_t reason)
{
    uint64_t count = luci_totals_event(totals, kind, reason);

    if (count > 0 || luci_reason_applies(reason, kind))
        ap_rprintf(r, "luciauth_events_total{event=\"%s\",result=\"%s\"} %" PRIu64 "\n",
                   luci_event_name(kind), reason == LUCI_REASON_NONE ? "ok" : luci_reason_name(reason),
                   count);
}

/* Writes zeros, too, so that the first event of a kind is visible as an increase. */
static void put_events(const writer_t *writer, const luci_totals_t *totals)
{
    static const family_t family = { "events", "counter", NULL, "Attempts by event and result" };

    begin(writer, &family);
    for (int kind = 0; kind < LUCI_EVENTS_COUNTED; kind++) {
        for (int reason = 0; reason < LUCI_REASONS; reason++)
            put_event(writer->r, totals, (luci_event_kind_t)kind, (luci_reason_t)reason);
    }
}

/* ---- Times ---- */

static void put_times(const writer_t *writer, const luci_totals_t *totals)
{
    request_rec *r = writer->r;
    static const family_t of_hashes = { "hash_duration_seconds", "histogram", "seconds",
                                        "Time to compute a password hash" };
    static const family_t of_waits = { "hash_wait_seconds", "counter", "seconds",
                                       "Time spent waiting for a slot" };
    static const char *const bounds[] = LUCI_HASH_BOUNDS_IN_SECONDS;
    uint64_t sum = 0;

    begin(writer, &of_hashes);
    for (int i = 0; i < LUCI_HASH_BUCKETS - 1; i++) {
        sum += totals->counters[LUCI_COUNT_HASH_BUCKET + i];
        ap_rprintf(r, "luciauth_hash_duration_seconds_bucket{le=\"%s\"} %" PRIu64 "\n", bounds[i], sum);
    }
    sum += totals->counters[LUCI_COUNT_HASH_BUCKET + LUCI_HASH_BUCKETS - 1];
    ap_rprintf(r, "luciauth_hash_duration_seconds_bucket{le=\"+Inf\"} %" PRIu64 "\n", sum);
    ap_rprintf(r, "luciauth_hash_duration_seconds_count %" PRIu64 "\n", sum);
    put_seconds(r, "hash_duration_seconds_sum", totals->counters[LUCI_COUNT_HASH_MICROSECONDS]);
    begin(writer, &of_waits);
    put_seconds(r, "hash_wait_seconds_total", totals->counters[LUCI_COUNT_HASH_WAIT_MICROSECONDS]);
}

static void put_build(const writer_t *writer)
{
    static const family_t family = { "build", "info", NULL, "Version of mod_luciauth" };

    begin(writer, &family);
    ap_rputs("luciauth_build_info{version=\"" LUCI_VERSION "\"} 1\n", writer->r);
}

/* Only a client that names the text format, and not OpenMetrics, gets it. */
static int wants_text(request_rec *r)
{
    const char *accept = apr_table_get(r->headers_in, "Accept");

    return accept && ap_strcasestr(accept, TEXT) && !ap_strcasestr(accept, OPENMETRICS);
}

int luci_metrics_handle(request_rec *r)
{
    writer_t writer = { .r = r };
    luci_totals_t totals;

    if (!r->handler || strcmp(r->handler, HANDLER) != 0)
        return DECLINED;
    ap_allow_standard_methods(r, REPLACE_ALLOW, M_GET, -1);
    if (r->method_number != M_GET)
        return HTTP_METHOD_NOT_ALLOWED;
    writer.is_text = wants_text(r);
    ap_set_content_type(r, writer.is_text ? TEXT_TYPE : OPENMETRICS_TYPE);
    apr_table_setn(r->headers_out, "Cache-Control", "no-store");
    apr_table_setn(r->headers_out, "X-Content-Type-Options", "nosniff");
    luci_counters_read(&totals);
    put_build(&writer);
    put_sessions(&writer, &totals);
    put_events(&writer, &totals);
    put_times(&writer, &totals);
    put_single(&writer, &totals);
    if (!writer.is_text)
        ap_rputs("# EOF\n", r);
    return OK;
}
