/* SPDX-License-Identifier: Apache-2.0 */
/* The files of an httpd configuration as lines: continued lines are one, comments and empty lines
 * are left out, blanks at both ends too. */
#ifndef LUCI_CONF_FILE_H
#define LUCI_CONF_FILE_H

#include "core/base/result.h"

#include <apr_pools.h>
#include <apr_tables.h>

#define LUCI_CONF_BYTES_MAX (16 << 20) /* of a file */

typedef struct {
    const char *path;
    const char *rest; /* what was not read yet; NULL: it can't be read */
    int number;       /* of the line read last, where it begins; the first is 1 */
    int following;    /* of the line after it */
} luci_conf_file_t;

/* Opens it. INVALID: it can't be read, and *problem says why. */
luci_result_t luci_conf_file_open(luci_conf_file_t *file, const char *path, const char **problem,
                                  apr_pool_t *pool) LUCI_MUST_USE;

/* The next line, from pool; NULL at the end. */
const char *luci_conf_file_line(luci_conf_file_t *file, apr_pool_t *pool);

/* The files that an Include's absolute path names (const char *), in httpd's order: wildcards filled in, of a
 * folder everything in and below it. Empty when there is none. */
apr_array_header_t *luci_conf_file_find(const char *path, apr_pool_t *pool);

#endif
