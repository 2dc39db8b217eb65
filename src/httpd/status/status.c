/* SPDX-License-Identifier: Apache-2.0 */
#include "httpd/status/status.h"

#include "httpd/base/counters.h"

#include <apr_optional_hooks.h>
#include <apr_strings.h>
#include <http_protocol.h>
#include <mod_status.h>

#include <inttypes.h>

typedef struct {
    const char *key; /* in ?auto, without the prefix "Lucia" */
    const char *title;
    uint64_t value;
} figure_t;

static uint64_t done(const luci_totals_t *totals, luci_event_kind_t kind)
{
    return luci_totals_event(totals, kind, LUCI_REASON_NONE);
}

/* The failures of all events in which credentials are presented. */
static uint64_t failed(const luci_totals_t *totals, luci_reason_t reason)
{
    uint64_t sum = 0;

    for (int kind = 0; kind < LUCI_EVENTS_COUNTED; kind++) {
        if (luci_event_record((luci_event_kind_t)kind)->is_credential)
            sum += luci_totals_event(totals, (luci_event_kind_t)kind, reason);
    }
    return sum;
}

static uint64_t gauge(const luci_totals_t *totals, luci_gauge_t which)
{
    return totals->gauges[which] > 0 ? (uint64_t)totals->gauges[which] : 0;
}

/* ---- Sections of mod_status ---- */

static void show(request_rec *r, int is_auto, const figure_t *figure)
{
    if (is_auto)
        ap_rprintf(r, "Lucia%s: %" PRIu64 "\n", figure->key, figure->value);
    else
        ap_rprintf(r, "<dt>%s: %" PRIu64 "</dt>\n", figure->title, figure->value);
}

static void show_main(request_rec *r, int is_auto, const luci_totals_t *totals)
{
    const uint64_t *count = totals->counters;
    const figure_t figures[] = {
        { "SessionsValidated", "Sessions validated",
          count[LUCI_COUNT_VALID] + count[LUCI_COUNT_VALID_CACHED] },
        { "CacheHits", "Cache hits", count[LUCI_COUNT_VALID_CACHED] },
        { "CacheMisses", "Cache misses", count[LUCI_COUNT_CACHE_MISSES] },
        { "SessionsUnknown", "Session ids unknown", count[LUCI_COUNT_UNKNOWN] },
        { "SessionsExpired", "Sessions expired", count[LUCI_COUNT_EXPIRED] },
        { "SessionsDisabled", "Sessions of disabled users", count[LUCI_COUNT_DISABLED] },
        { "SessionsUndecided", "Sessions not validated because of errors", count[LUCI_COUNT_UNDECIDED] },
        { "Renewals", "Renewals", done(totals, LUCI_EVENT_RENEWAL) },
        { "SignUps", "Sign-ups", done(totals, LUCI_EVENT_SIGN_UP) },
        { "SignIns", "Sign-ins", done(totals, LUCI_EVENT_SIGN_IN) },
        { "PasswordChecks", "Successful password checks (HTTP Basic)",
          done(totals, LUCI_EVENT_PASSWORD_CHECK) },
        { "SignOuts", "Sign-outs", done(totals, LUCI_EVENT_SIGN_OUT) },
        { "Throttled", "Throttled", failed(totals, LUCI_REASON_THROTTLED) },
        { "HashesRunning", "Hashes running", gauge(totals, LUCI_GAUGE_HASHES_RUNNING) },
        { "HashesWaiting", "Hashes waiting", gauge(totals, LUCI_GAUGE_HASHES_WAITING) },
        { "Hashes", "Hashes computed", count[LUCI_COUNT_HASHES] },
        { "HashMilliseconds", "Milliseconds spent on hashes", count[LUCI_COUNT_HASH_MICROSECONDS] / 1000 },
        { "HashWaitMilliseconds", "Milliseconds spent waiting for slots",
          count[LUCI_COUNT_HASH_WAIT_MICROSECONDS] / 1000 },
        { "HashesRefused", "Hashes refused", count[LUCI_COUNT_HASHES_REFUSED] },
        { "DatabaseHandlesLent", "Database handles in use", gauge(totals, LUCI_GAUGE_HANDLES) },
        { "DatabaseLoans", "Database handles borrowed", count[LUCI_COUNT_LOANS] },
        { "DatabaseWaits", "Waits for a database handle", count[LUCI_COUNT_LOAN_WAITS] },
        { "DatabaseRefusals", "Waits for a database handle that timed out", count[LUCI_COUNT_LOANS_REFUSED] },
        { "DatabaseErrors", "Database errors", count[LUCI_COUNT_DATABASE_ERRORS] },
        { "AuditLost", "Audit lines lost", count[LUCI_COUNT_AUDIT_LOST] },
    };

    for (size_t i = 0; i < sizeof figures / sizeof *figures; i++)
        show(r, is_auto, &figures[i]);
}

/* "wrong_password" as "WrongPassword" or "wrong password". */
static const char *reason_words(luci_reason_t reason, int as_key, apr_pool_t *pool)
{
    char *words = apr_pstrdup(pool, luci_reason_name(reason)), *to = words;
    int begins = as_key;

    for (const char *from = words; *from; from++) {
        if (*from == '_' && as_key) {
            begins = 1;
            continue;
        }
        *to++ = *from == '_' ? ' ' : (char)(begins ? *from - 'a' + 'A' : *from);
        begins = 0;
    }
    *to = '\0';
    return words;
}

static void show_failures(request_rec *r, int is_auto, const luci_totals_t *totals)
{
    for (int reason = LUCI_REASON_NONE + 1; reason < LUCI_REASONS; reason++) {
        const char *words = reason_words((luci_reason_t)reason, is_auto, r->pool);
        figure_t figure;

        if (!luci_reason_applies((luci_reason_t)reason, LUCI_EVENT_SIGN_IN))
            continue;
        figure = (figure_t){ apr_pstrcat(r->pool, "Failures", words, NULL),
                             apr_pstrcat(r->pool, "Failures, ", words, NULL),
                             failed(totals, (luci_reason_t)reason) };

        show(r, is_auto, &figure);
    }
}

static int status_section(request_rec *r, int flags)
{
    int is_auto = flags & AP_STATUS_SHORT;
    luci_totals_t totals;

    luci_counters_read(&totals);
    if (!is_auto)
        ap_rputs("<hr>\n<h2>mod_luciauth</h2>\n<dl>\n", r);
    show_main(r, is_auto, &totals);
    show_failures(r, is_auto, &totals);
    if (!is_auto)
        ap_rputs("</dl>\n", r);
    return OK;
}

void luci_status_register(void)
{
    APR_OPTIONAL_HOOK(ap, status_hook, status_section, NULL, NULL, APR_HOOK_MIDDLE);
}
