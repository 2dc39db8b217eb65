/* SPDX-License-Identifier: Apache-2.0 */
#include "core/event/log.h"

#include <stdarg.h>
#include <stdio.h>

void luci_log(const luci_log_t *log, luci_log_level_t level, const char *id, const char *format, ...)
{
    char message[512];
    va_list arguments;

    if (!log || level > log->most)
        return;
    va_start(arguments, format);
    vsnprintf(message, sizeof message, format, arguments);
    va_end(arguments);
    log->write(log->baton, level, id, message);
}
