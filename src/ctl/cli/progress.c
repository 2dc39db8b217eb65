/* SPDX-License-Identifier: Apache-2.0 */
#include "ctl/cli/progress.h"

#include <apr_signal.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#define FIRST_AFTER apr_time_from_sec(1)
#define EVERY apr_time_from_msec(200)
#define BAR_WIDTH 40 /* columns */

void luci_progress_begin(luci_progress_t *progress, const char *what, apr_int64_t total)
{
    memset(progress, 0, sizeof *progress);
    progress->what = what;
    progress->total = total;
    progress->started = apr_time_now();
    progress->is_terminal = isatty(STDERR_FILENO);
}

static void draw(const luci_progress_t *progress, apr_int64_t done)
{
    apr_int64_t total = progress->total;
    int filled = total > 0 && done < total ? (int)(done * BAR_WIDTH / total) : BAR_WIDTH;

    if (total > 0)
        fprintf(stderr, "\r[%.*s%*s] %3d%% ", filled, "########################################",
                BAR_WIDTH - filled, "", filled * 100 / BAR_WIDTH);
    else
        fputc('\r', stderr);
    fprintf(stderr, "%" APR_INT64_T_FMT " %s\033[K", done, progress->what);
    fflush(stderr);
}

void luci_progress_show(luci_progress_t *progress, apr_int64_t done)
{
    apr_time_t now = apr_time_now();

    if (!progress->is_terminal || now - progress->started < FIRST_AFTER || now - progress->drawn < EVERY)
        return;
    progress->drawn = now;
    progress->visible = 1;
    draw(progress, done);
}

void luci_progress_end(luci_progress_t *progress)
{
    if (progress->visible)
        fputs("\r\033[K", stderr);
    progress->visible = 0;
}

static volatile sig_atomic_t interrupted;

static void note_signal(int number)
{
    (void)number;
    interrupted = 1;
}

void luci_progress_catch_signals(void)
{
    apr_signal(SIGINT, note_signal);
    apr_signal(SIGTERM, note_signal);
    apr_signal(SIGHUP, note_signal);
}

int luci_progress_interrupted(void)
{
    return interrupted;
}
