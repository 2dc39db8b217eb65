/* SPDX-License-Identifier: Apache-2.0 */
/* The handler luciauth-metrics, which answers GET and HEAD with the counters as OpenMetrics text
 * (https://prometheus.io/docs/specs/om/open_metrics_spec/, version 1.0.0). doc/status.md explains each
 * figure. */
#ifndef LUCI_METRICS_H
#define LUCI_METRICS_H

#include <httpd.h>

/* The handler hook. */
int luci_metrics_handle(request_rec *r);

#endif
