/* SPDX-License-Identifier: Apache-2.0 */
/* How far a long work is, on stderr: a bar that is drawn anew on a terminal, nothing elsewhere.
 * Only after a second, so that short work shows none. */
#ifndef LUCI_PROGRESS_H
#define LUCI_PROGRESS_H

#include <apr_time.h>

/* Zeros at first but for what. */
typedef struct {
    const char *what;  /* "rows" */
    apr_int64_t total; /* 0: not known */
    apr_time_t started;
    apr_time_t drawn;
    int is_terminal;
    int visible; /* a bar stands there */
} luci_progress_t;

void luci_progress_begin(luci_progress_t *progress, const char *what, apr_int64_t total);
void luci_progress_show(luci_progress_t *progress, apr_int64_t done);

/* Takes the bar away. Before anything else is written. */
void luci_progress_end(luci_progress_t *progress);

/* From now on SIGINT, SIGTERM and SIGHUP do not end the process, but make luci_progress_interrupted say so:
 * for work that ends between two of its steps. */
void luci_progress_catch_signals(void);
int luci_progress_interrupted(void);

#endif
