/* SPDX-License-Identifier: Apache-2.0 */
/* The progress of long work, as a bar on stderr if that is a terminal. It appears after a second, so that
 * short work shows none. */
#ifndef LUCI_PROGRESS_H
#define LUCI_PROGRESS_H

#include <apr_time.h>

/* A progress bar; luci_progress_begin sets every member. */
typedef struct {
    const char *what;  /* "rows" */
    apr_int64_t total; /* 0: not known */
    apr_time_t started;
    apr_time_t drawn;
    int is_terminal;
    int visible; /* the terminal shows the bar */
} luci_progress_t;

void luci_progress_begin(luci_progress_t *progress, const char *what, apr_int64_t total);
void luci_progress_show(luci_progress_t *progress, apr_int64_t done);

/* Removes the bar; must precede any other output on stderr. */
void luci_progress_end(luci_progress_t *progress);

/* From now on SIGINT, SIGTERM and SIGHUP do not end the process, but make luci_progress_interrupted return 1,
 * so that work can stop between two of its steps. */
void luci_progress_catch_signals(void);
int luci_progress_interrupted(void);

#endif
