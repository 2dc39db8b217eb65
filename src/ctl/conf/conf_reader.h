/* SPDX-License-Identifier: Apache-2.0 */
/* Reads an httpd configuration with all that it includes, as httpd would: variables are filled in,
 * what stands in conditions that do not hold is left out, and the lines that count come one by one. <Macro>
 * is not understood. */
#ifndef LUCI_CONF_READER_H
#define LUCI_CONF_READER_H

#include "core/base/result.h"

#include <apr_pools.h>
#include <apr_tables.h>

typedef enum { LUCI_CONF_DIRECTIVE, LUCI_CONF_OPEN, LUCI_CONF_CLOSE } luci_conf_kind_t;

/* A directive, or where a section begins or ends that is no condition. */
typedef struct {
    luci_conf_kind_t kind;
    const char *file;
    int number;
    const char *name; /* without "<" or "</" */
    const char *args;
    const char *unknown; /* a variable in args that is not known, and so stands as it was written; or NULL */
} luci_conf_line_t;

/* Is called for each line; strings are from the reader's pool. */
typedef struct {
    void (*line)(void *baton, const luci_conf_line_t *line);
    void *baton;
} luci_conf_listener_t;

/* Reads path. problems (const char *) gets what keeps it from being read as a whole, each with its file and
 * line. OK; NOT_FOUND: path itself can't be read, which is among the problems. */
luci_result_t luci_conf_reader_read(const char *path, const luci_conf_listener_t *listener,
                                    apr_array_header_t *problems, apr_pool_t *pool) LUCI_MUST_USE;

/* Adds a problem: "FILE:LINE: WHAT". */
void luci_conf_reader_problem(apr_array_header_t *problems, const char *file, int number, const char *what);

#endif
