/* SPDX-License-Identifier: Apache-2.0 */
/* The findings of luciactl check, each with its remedy. */
#ifndef LUCI_FINDING_H
#define LUCI_FINDING_H

#include "ctl/cli/output.h"

#include <apr_tables.h>

typedef enum { LUCI_FINDING_ADVICE, LUCI_FINDING_PROBLEM } luci_finding_level_t;

typedef struct {
    luci_finding_level_t level;
    const char *about;  /* "configuration", "database", ... */
    const char *what;   /* one sentence without a full stop */
    const char *remedy; /* one more; "" if what makes it obvious */
} luci_finding_t;

typedef struct {
    apr_array_header_t *list; /* luci_finding_t */
    int problems;
    int unreachable; /* a database could not be queried */
    apr_pool_t *pool;
} luci_findings_t;

luci_findings_t *luci_findings_create(apr_pool_t *pool);

/* Adds a finding, once. The remedy precedes its printf format. */
void luci_findings_add(luci_findings_t *findings, luci_finding_level_t level, const char *about,
                       const char *remedy, const char *format, ...) __attribute__((format(printf, 5, 6)));

/* The columns of the JSON output. */
extern const luci_column_t luci_findings_columns[];

/* Writes all findings, or that there is no problem. Returns DONE without a problem, REFUSED with problems,
 * and DATABASE if a database could not be queried. */
luci_exit_t luci_findings_show(const luci_findings_t *findings, luci_output_t *output, int as_json);

#endif
