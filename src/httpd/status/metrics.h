/* SPDX-License-Identifier: Apache-2.0 */
/* The counters for monitoring: the handler luciauth-metrics answers GET and HEAD with OpenMetrics
 * text (https://prometheus.io/docs/specs/om/open_metrics_spec/, version 1.0.0). doc/status.md says what each
 * figure means. */
#ifndef LUCI_METRICS_H
#define LUCI_METRICS_H

#include <httpd.h>

/* The handler hook. */
int luci_metrics_handle(request_rec *r);

#endif
