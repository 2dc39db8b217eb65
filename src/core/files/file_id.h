/* SPDX-License-Identifier: Apache-2.0 */
/* The identity of the file at a path: taken once and compared later, to see whether another file has taken
 * its place (moved, deleted, restored from a backup). Writing to a file does not change its identity. */
#ifndef LUCI_FILE_ID_H
#define LUCI_FILE_ID_H

#include <apr_file_info.h>

typedef struct {
    apr_dev_t device;
    apr_ino_t inode;
} luci_file_id_t;

/* Reads the identity of the file that is at path now. 0: the file does not exist or cannot be examined; *id
 * is unchanged. */
int luci_file_id_take(luci_file_id_t *id, const char *path, apr_pool_t *scratch);

/* 1 if the file at path is still the one with this identity. */
int luci_file_id_fits(const luci_file_id_t *id, const char *path, apr_pool_t *scratch);

#endif
