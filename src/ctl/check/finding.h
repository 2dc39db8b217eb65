/* SPDX-License-Identifier: Apache-2.0 */
/* What luciactl check finds, each in plain words with how to mend it. */
#ifndef LUCI_FINDING_H
#define LUCI_FINDING_H

#include "ctl/cli/output.h"

#include <apr_tables.h>

typedef struct {
    int is_problem;     /* else it is only advice */
    const char *about;  /* "configuration", "database", ... */
    const char *what;   /* one sentence without a full stop */
    const char *remedy; /* another one; "" where the first says it all */
} luci_finding_t;

typedef struct {
    apr_array_header_t *list; /* luci_finding_t */
    int problems;
    int unreachable; /* a database could not be asked */
    apr_pool_t *pool;
} luci_findings_t;

luci_findings_t *luci_findings_create(apr_pool_t *pool);

/* Both take the remedy first, and then what is wrong as printf does. */
void luci_findings_problem(luci_findings_t *findings, const char *about, const char *remedy,
                           const char *format, ...) __attribute__((format(printf, 4, 5)));
void luci_findings_advice(luci_findings_t *findings, const char *about, const char *remedy,
                          const char *format, ...) __attribute__((format(printf, 4, 5)));

/* The columns of the table that machines get. */
extern const luci_column_t luci_findings_columns[];

/* Writes all of them, or a sentence that there are none. DONE, REFUSED, DATABASE. */
luci_exit_t luci_findings_show(const luci_findings_t *findings, luci_output_t *output, int as_json);

#endif
