/* SPDX-License-Identifier: Apache-2.0 */
/* Floor 5. The core's log sink, writing to httpd's error log. Messages of this module carry ids of their own,
 * "LUCI" and four digits, one per message, never httpd's AH numbers: LUCI02nn core, LUCI03nn database,
 * LUCI05nn configuration, LUCI06nn pages, LUCI07nn gate, LUCI08nn endpoints. No message holds a password, a
 * session id or a hash. */
#ifndef LUCI_HTTPD_LOG_H
#define LUCI_HTTPD_LOG_H

#include "log.h"

#include <httpd.h>

/* A sink for this server, at its log level. */
luci_log_t luci_httpd_log(server_rec *server);

#endif
