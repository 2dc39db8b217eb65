/* SPDX-License-Identifier: Apache-2.0 */
/* Where the core says what happened. The sink is injected by whoever uses the core; no message
 * holds a password, a session id, a hash or the values of a statement. */
#ifndef LUCI_LOG_H
#define LUCI_LOG_H

typedef enum { LUCI_LOG_ERROR, LUCI_LOG_WARNING, LUCI_LOG_INFO, LUCI_LOG_DEBUG } luci_log_level_t;

/* id: "LUCI" and four digits, one per message in the whole source. */
typedef void luci_log_write_fn(void *baton, luci_log_level_t level, const char *id, const char *message);

typedef struct {
    luci_log_write_fn *write;
    void *baton;
    luci_log_level_t most; /* messages less urgent than this are not even formatted */
} luci_log_t;

/* log may be NULL: nothing is said. Messages are cut at 511 bytes. */
void luci_log(const luci_log_t *log, luci_log_level_t level, const char *id, const char *format, ...)
    __attribute__((format(printf, 4, 5)));

#endif
