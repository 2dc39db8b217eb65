/* SPDX-License-Identifier: Apache-2.0 */
#include "httpd/lifecycle/start_process.h"

#include <ap_listen.h>
#include <apr_signal.h>
#include <unistd.h>

void luci_start_process_become_independent(int seconds)
{
    static const int signals[] = { SIGTERM, SIGHUP, SIGINT };

    for (size_t i = 0; i < sizeof signals / sizeof *signals; i++)
        apr_signal(signals[i], SIG_DFL);
    ap_close_listeners();
    alarm((unsigned)seconds);
}
