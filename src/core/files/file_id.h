/* SPDX-License-Identifier: Apache-2.0 */
/* Which file stands at a path: marked once, and looked at again later to see whether another one has
 * taken its place (moved, deleted, restored from a backup). Writing to a file does not change its mark. */
#ifndef LUCI_FILE_ID_H
#define LUCI_FILE_ID_H

#include <apr_file_info.h>

typedef struct {
    apr_dev_t device;
    apr_ino_t inode;
} luci_file_id_t;

/* Marks the file that is at path now. 0 when there is none or it can't be looked at; then *mark stays. */
int luci_file_id_take(luci_file_id_t *mark, const char *path, apr_pool_t *scratch);

/* 1 when the marked file is still the one at path. */
int luci_file_id_fits(const luci_file_id_t *mark, const char *path, apr_pool_t *scratch);

#endif
